import { conv, convTranspose, type Padding, type Tensor } from '@snn/tensor'
import { checkSampleRank } from '../axes.js'
import { defineLayer, type Context } from '../layer.js'

/** Settings of a convolution, one number for each spatial axis. */
export interface ConvConfig {
  readonly stride: readonly number[]
  /** [low, high] of each spatial axis. */
  readonly padding: readonly Padding[]
  readonly dilation: readonly number[]
  readonly groups: number
}

/** y + bias [C] along the channel of y [.., C, spatial] with that many spatial axes. */
function withBias(y: Tensor, bias: Tensor | undefined, spatial: number): Tensor {
  return bias ? y.add(bias.reshape([-1, ...Array<number>(spatial).fill(1)])) : y
}

/** Convolution of x [.., C, spatial] with a weight [O, C / groups, kernel] and a bias [O]. */
export function convolve(
  kind: string,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  config: ConvConfig,
  context: Context,
): Tensor {
  checkSampleRank(kind, x, weight.shape.length - 1, context)
  return withBias(conv(x, weight, config), bias, weight.shape.length - 2)
}

/**
 * Convolution over one to three axes, by the rank of its weight: x [.., C, spatial] -> [.., O, spatial'], with `weight`
 * [O, C / groups, kernel] and optional `bias` [O].
 */
export const convLayer = defineLayer<ConvConfig, 'conv'>('conv', ([x], config, { weight, bias }, context) =>
  convolve('conv', x, weight!.read(), bias?.read(), config, context),
)

/** Settings of a transposed convolution. */
export interface ConvTransposeConfig extends ConvConfig {
  /** Values added behind each spatial axis, below the stride. */
  readonly outputPadding: readonly number[]
}

/**
 * Transposed convolution, by the rank of its weight: x [.., C, spatial] -> [.., O, spatial'], with `weight`
 * [C, O / groups, kernel] and optional `bias` [O].
 */
export const convTransposeLayer = defineLayer<ConvTransposeConfig, 'convTranspose'>(
  'convTranspose',
  ([x], config, { weight, bias }, context) => {
    const w = weight!.read()
    checkSampleRank('convTranspose', x, w.shape.length - 1, context)
    return withBias(convTranspose(x, w, config), bias?.read(), w.shape.length - 2)
  },
)
