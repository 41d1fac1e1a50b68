import { SnnError, formatShape } from '@snn/tensor'
import { checkSizes } from '../check.js'
import { defineLayer, type StatelessLayer } from '../layer.js'

/** Mean over each group of neighbours along the last axis: x [.., classes size] -> [.., classes]. */
export const votingLayer = defineLayer<{ readonly size: number }, 'voting'>('voting', ([x], { size }) => {
  const features = x.shape.at(-1) ?? 0
  if (features === 0 || features % size !== 0) {
    throw new SnnError(
      'SHAPE',
      `[voting] input of shape ${formatShape(x.shape)}, expected groups of ${size} along the last axis. Give the layer before it a multiple of ${size} outputs.`,
      { shapes: [x.shape] },
    )
  }
  return x.reshape([...x.shape.slice(0, -1), features / size, size]).mean(-1)
})

/**
 * Several neurons vote for each class: the mean of `size` neighbours, x [.., classes size] -> [.., classes]. Throws
 * `ARGUMENT` unless size is a positive whole number.
 */
export function voting(size = 10): StatelessLayer {
  checkSizes('voting', { size })
  return votingLayer({ size })
}
