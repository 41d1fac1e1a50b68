import { conv, type Padding } from '@snn/tensor'
import { checkSampleRank } from '../axes.js'
import { defineLayer } from '../layer.js'

export interface ConvConfig {
  readonly stride: readonly number[]
  /** [low, high] of each spatial axis. */
  readonly padding: readonly Padding[]
  readonly dilation: readonly number[]
  readonly groups: number
}

/**
 * Convolution, 1-D or 2-D by the rank of its weight: x [.., C, spatial] -> [.., O, spatial'], with `weight`
 * [O, C / groups, kernel] and optional `bias` [O].
 */
export const convLayer = defineLayer<ConvConfig>('conv', ([x], config, { weight, bias }, context) => {
  const w = weight!.read()
  checkSampleRank('conv', x, w.shape.length - 1, context)
  const y = conv(x, w, config)
  return bias ? y.add(bias.read().reshape([-1, ...w.shape.slice(2).map(() => 1)])) : y
})
