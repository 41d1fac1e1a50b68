import { sizeOf, type ConvOptions, type ConvTransposeOptions } from '@snn/tensor'
import { checkObject, checkOptions, paddingPerAxis, perAxis, type PerAxis } from '@snn/tensor/library'
import { checkGroups, checkSizes } from './check.js'
import { drawnWeights, type Weights } from './initialize.js'
import type { Initializer } from './initializers.js'
import type { StatelessLayer } from './layer.js'
import { convLayer, convTransposeLayer } from './layers/conv.js'
import { linearLayer } from './layers/linear.js'

export interface WeightedOptions {
  /** Whether there is a bias. Default true. */
  readonly bias?: boolean
  /** How the weight is drawn. Default `fanInUniform`, as in PyTorch. */
  readonly weightInit?: Initializer
  /** How the bias is drawn. Default `fanInUniform`, as in PyTorch. */
  readonly biasInit?: Initializer
}

const weightedOptions = ['bias', 'weightInit', 'biasInit']
const convOptions = ['stride', 'padding', 'dilation', 'groups', ...weightedOptions]

/** Options of convolutions. */
export interface ConvLayerOptions extends ConvOptions, WeightedOptions {}
/** Options of transposed convolutions. */
export interface ConvTransposeLayerOptions extends ConvTransposeOptions, WeightedOptions {}

/**
 * Fully connected: x [.., inputs] -> x W^T + b [.., outputs]. Throws `ARGUMENT` for sizes that are not positive whole
 * numbers.
 */
export function linear(inputs: number, outputs: number, options: WeightedOptions = {}): StatelessLayer {
  checkOptions('linear', options, weightedOptions)
  const { variables, initialize } = linearWeights('linear', inputs, outputs, options)
  return { ...linearLayer({}, variables), initialize }
}

/**
 * Weight [outputs, inputs] and bias [outputs], drawn. Throws `ARGUMENT` for sizes that are not positive whole numbers.
 */
export function linearWeights(kind: string, inputs: number, outputs: number, options: WeightedOptions): Weights {
  checkObject(kind, options)
  const { bias = true, weightInit: weight, biasInit } = options
  checkSizes(kind, { inputs, outputs })
  return drawnWeights(kind, { weight: [outputs, inputs], ...(bias && { bias: [outputs] }) }, inputs, {
    fanOut: outputs,
    initializers: { weight, bias: biasInit },
  })
}

/** Convolution over one axis: x [.., inputs, L] -> [.., outputs, L']. Options and errors as `conv2d`. */
export function conv1d(
  inputs: number,
  outputs: number,
  kernel: PerAxis,
  options: ConvLayerOptions = {},
): StatelessLayer {
  return convolution('conv1d', 1, inputs, outputs, kernel, options)
}

/**
 * Convolution over two axes: x [.., inputs, H, W] -> [.., outputs, H', W'],
 *
 *   H' = floor((H + padding - dilation (kernel - 1) - 1) / stride) + 1
 *
 * Throws `ARGUMENT` for sizes that are not positive whole numbers, or that `groups` does not divide.
 */
export function conv2d(
  inputs: number,
  outputs: number,
  kernel: PerAxis,
  options: ConvLayerOptions = {},
): StatelessLayer {
  return convolution('conv2d', 2, inputs, outputs, kernel, options)
}

/**
 * Convolution over three axes: x [.., inputs, D, H, W] -> [.., outputs, D', H', W']. Options and errors as `conv2d`.
 */
export function conv3d(
  inputs: number,
  outputs: number,
  kernel: PerAxis,
  options: ConvLayerOptions = {},
): StatelessLayer {
  return convolution('conv3d', 3, inputs, outputs, kernel, options)
}

function convolution(
  operation: string,
  axes: number,
  inputs: number,
  outputs: number,
  kernel: PerAxis,
  options: ConvLayerOptions,
): StatelessLayer {
  checkOptions(operation, options, convOptions)
  const { variables, initialize } = convWeights(operation, 'conv', axes, inputs, outputs, kernel, options)
  return { ...convLayer(convConfig(axes, options), variables), initialize }
}

/** Weight [outputs, inputs / groups, kernel] and bias [outputs], drawn. Throws `ARGUMENT` as `conv2d`. */
export function convWeights(
  operation: string,
  kind: string,
  axes: number,
  inputs: number,
  outputs: number,
  kernel: PerAxis,
  options: ConvLayerOptions,
): Weights {
  checkObject(operation, options)
  const { groups = 1, bias = true, weightInit: weight, biasInit } = options
  checkGroups(operation, groups, { inputs, outputs })
  const window = perAxis(kernel, axes, 'kernel')
  const shapes = { weight: [outputs, inputs / groups, ...window], ...(bias && { bias: [outputs] }) }
  return drawnWeights(kind, shapes, (inputs / groups) * sizeOf(window), {
    fanOut: outputs * sizeOf(window),
    initializers: { weight, bias: biasInit },
  })
}

/** Options of a convolution with one entry for each spatial axis. */
export function convConfig(axes: number, { stride = 1, padding = 0, dilation = 1, groups = 1 }: ConvOptions) {
  return {
    stride: perAxis(stride, axes, 'stride'),
    padding: paddingPerAxis(padding, axes),
    dilation: perAxis(dilation, axes, 'dilation'),
    groups,
  }
}

/**
 * Transposed convolution over one axis: x [.., inputs, L] -> [.., outputs, L']. Options and errors as
 * `convTranspose2d`.
 */
export function convTranspose1d(
  inputs: number,
  outputs: number,
  kernel: PerAxis,
  options: ConvTransposeLayerOptions = {},
): StatelessLayer {
  return transposed('convTranspose1d', 1, inputs, outputs, kernel, options)
}

/**
 * Transposed convolution over two axes: x [.., inputs, H, W] -> [.., outputs, H', W'], H' = (H - 1) stride - padding +
 * dilation (kernel - 1) + 1 + outputPadding. Throws `ARGUMENT` for sizes that are not positive whole numbers, or that
 * `groups` does not divide.
 */
export function convTranspose2d(
  inputs: number,
  outputs: number,
  kernel: PerAxis,
  options: ConvTransposeLayerOptions = {},
): StatelessLayer {
  return transposed('convTranspose2d', 2, inputs, outputs, kernel, options)
}

/**
 * Transposed convolution over three axes: x [.., inputs, D, H, W] -> [.., outputs, D', H', W']. As `convTranspose2d`.
 */
export function convTranspose3d(
  inputs: number,
  outputs: number,
  kernel: PerAxis,
  options: ConvTransposeLayerOptions = {},
): StatelessLayer {
  return transposed('convTranspose3d', 3, inputs, outputs, kernel, options)
}

function transposed(
  operation: string,
  axes: number,
  inputs: number,
  outputs: number,
  kernel: PerAxis,
  options: ConvTransposeLayerOptions,
): StatelessLayer {
  checkOptions(operation, options, [...convOptions, 'outputPadding'])
  const { groups = 1, bias = true, outputPadding = 0, weightInit: weight, biasInit } = options
  checkGroups(operation, groups, { inputs, outputs })
  const window = perAxis(kernel, axes, 'kernel')
  const shapes = { weight: [inputs, outputs / groups, ...window], ...(bias && { bias: [outputs] }) }
  // PyTorch counts both by the axes of the weight, as if it were that of a convolution
  const fanIn = (outputs / groups) * sizeOf(window)
  const { variables, initialize } = drawnWeights('convTranspose', shapes, fanIn, {
    fanOut: inputs * sizeOf(window),
    initializers: { weight, bias: biasInit },
  })
  const extra = typeof outputPadding === 'number' ? Array<number>(axes).fill(outputPadding) : [...outputPadding]
  return { ...convTransposeLayer({ ...convConfig(axes, options), outputPadding: extra }, variables), initialize }
}
