import { sizeOf, variable, type Tensor } from '@snn/tensor'
import { checkObject, type PerAxis } from '@snn/tensor/library'
import { check, checkPositive } from '../check.js'
import type { Weights } from '../initialize.js'
import { defineLayer, type StatelessLayer } from '../layer.js'
import { convConfig, convWeights, linearWeights, type ConvLayerOptions, type WeightedOptions } from '../weighted.js'
import { convolve, type ConvConfig } from './conv.js'
import { affine } from './linear.js'

/**
 * Weight standardisation (Qiao et al. 2019; scaled, with a gain, as in Brock et al., ICLR 2021), over the f values of
 * each output:
 *
 *   w <- gain (w - mean) / sqrt(f var + epsilon), var unbiased
 */
function standardized(weight: Tensor, gain: Tensor | undefined, epsilon: number): Tensor {
  const axes = [...weight.shape.keys()].slice(1)
  const f = sizeOf(weight.shape.slice(1))
  const perOutput = [-1, ...axes.map(() => 1)]
  const centred = weight.sub(weight.mean(axes).reshape(perOutput))
  const scale = centred
    .square()
    .sum(axes)
    .mul(f / (f - 1))
    .add(epsilon)
    .sqrt()
  return centred.mul((gain ? gain.div(scale) : scale.pow(-1)).reshape(perOutput))
}

/** Convolution with a standardised weight: `weight` [O, C / groups, kernel], optional `gain` [O] and `bias` [O]. */
export const wsConvLayer = defineLayer<ConvConfig & { readonly epsilon: number }, 'wsConv'>(
  'wsConv',
  ([x], config, { weight, gain, bias }, context) =>
    convolve('wsConv', x, standardized(weight!.read(), gain?.read(), config.epsilon), bias?.read(), config, context),
)

/** Fully connected with a standardised weight: `weight` [out, in], optional `gain` [out] and `bias` [out]. */
export const wsLinearLayer = defineLayer<{ readonly epsilon: number }, 'wsLinear'>(
  'wsLinear',
  ([x], { epsilon }, { weight, gain, bias }) =>
    affine('wsLinear', x, standardized(weight!.read(), gain?.read(), epsilon), bias?.read()),
)

export interface StandardizedOptions {
  /** Whether each output has a learnable factor, 1 at first. Default true. */
  readonly gain?: boolean
  /** Added under the root. Default 1e-4. */
  readonly epsilon?: number
}

/**
 * The same weights and a gain of ones. Throws `ARGUMENT` for outputs of a single value, which have no variance, and a
 * wrong epsilon.
 */
function withGain(
  operation: string,
  { variables, initialize }: Weights,
  { gain = true, epsilon = 1e-4 }: StandardizedOptions,
): Weights & { readonly epsilon: number } {
  const [outputs, ...values] = variables['weight']!.shape as [number, ...number[]]
  checkPositive(operation, { epsilon })
  check(
    operation,
    'weight',
    [outputs, ...values],
    sizeOf(values) > 1,
    'at least 2 values for each output, to have a variance',
  )
  const ones = { data: new Float32Array(outputs).fill(1), shape: [outputs] }
  return {
    variables: gain ? { ...variables, gain: variable(ones, { name: `${operation}.gain` }) } : variables,
    initialize,
    epsilon,
  }
}

/**
 * Fully connected with a standardised weight: x [.., inputs] -> [.., outputs]. See `wsLinearLayer`.
 *
 * @throws `ARGUMENT` for sizes that are not positive whole numbers, fewer than 2 inputs, and an epsilon that is not
 * above 0
 */
export function wsLinear(
  inputs: number,
  outputs: number,
  options: WeightedOptions & StandardizedOptions = {},
): StatelessLayer {
  checkObject('wsLinear', options)
  const { variables, initialize, epsilon } = withGain(
    'wsLinear',
    linearWeights('wsLinear', inputs, outputs, options),
    options,
  )
  return { ...wsLinearLayer({ epsilon }, variables), initialize }
}

/**
 * Convolution with a standardised weight: x [.., inputs, H, W] -> [.., outputs, H', W']. See `wsConvLayer`; sizes as
 * `conv2d`.
 *
 * @throws `ARGUMENT` as `conv2d`, for kernels of one value, and an epsilon that is not above 0
 */
export function wsConv2d(
  inputs: number,
  outputs: number,
  kernel: PerAxis,
  options: ConvLayerOptions & StandardizedOptions = {},
): StatelessLayer {
  checkObject('wsConv2d', options)
  const { variables, initialize, epsilon } = withGain(
    'wsConv2d',
    convWeights('wsConv2d', 'wsConv', 2, inputs, outputs, kernel, options),
    options,
  )
  return { ...wsConvLayer({ ...convConfig(2, options), epsilon }, variables), initialize }
}
