import { zeros } from '@snn/tensor'
import { checkOptions } from '@snn/tensor/library'
import { checkSampleRank, checkSize } from '../axes.js'
import { check, checkSizes } from '../check.js'
import { drawnWeights } from '../initialize.js'
import { defineStatefulLayer, type StatefulLayer } from '../layer.js'

export interface NeuNormConfig {
  /** How much of the trace stays from step to step, in [0, 1). */
  readonly decay: number
}

/**
 * NeuNorm (Wu et al., AAAI 2019): each place is held down by what all its channels have fired,
 *
 *   trace <- decay trace + (1 - decay) / C^2 sum over c of x[c]
 *   y[c]   = x[c] - weight[c] trace
 *
 * for x [.., C, H, W], with `weight` [C, H, W] or [1, H, W].
 */
export const neuNormLayer = defineStatefulLayer<NeuNormConfig, 'neuNorm'>('neuNorm', ({ decay }, { weight }) => ({
  initialState: ([N, , ...spatial], dtype) => ({ trace: zeros([N!, 1, ...spatial], { dtype }) }),
  step(x, { trace }, context) {
    checkSampleRank('neuNorm', x, weight!.shape.length, context)
    weight!.shape.slice(1).forEach((size, i) => checkSize('neuNorm', x, i + 2, size))
    if (weight!.shape[0] !== 1) checkSize('neuNorm', x, 1, weight!.shape[0]!)
    const C = x.shape[1]!
    const after = trace!.mul(decay).add(x.sum(1, { keepDims: true }).mul((1 - decay) / C ** 2))
    return { output: x.sub(weight!.read().mul(after)), state: { trace: after } }
  },
}))

export interface NeuNormOptions {
  /** How much of the trace stays from step to step, in [0, 1). Default 0.9. */
  readonly decay?: number
  /** One weight for each place, the same for all channels. Default false. */
  readonly shared?: boolean
}

/**
 * NeuNorm (Wu et al., AAAI 2019) of x [.., channels, height, width]. See `neuNormLayer`.
 *
 * @throws `ARGUMENT` for sizes that are not positive whole numbers, and a decay outside of [0, 1)
 */
export function neuNorm(channels: number, height: number, width: number, options: NeuNormOptions = {}): StatefulLayer {
  checkOptions('neuNorm', options, ['decay', 'shared'])
  const { decay = 0.9, shared = false } = options
  checkSizes('neuNorm', { channels, height, width })
  check('neuNorm', 'decay', decay, decay >= 0 && decay < 1, 'a number of at least 0 and below 1')
  const { variables, initialize } = drawnWeights(
    'neuNorm',
    { weight: [shared ? 1 : channels, height, width] },
    height * width,
  )
  return { ...neuNormLayer({ decay }, variables), initialize }
}
