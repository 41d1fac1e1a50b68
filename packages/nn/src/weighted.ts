import { paddingPerAxis, perAxis, SnnError, type ConvOptions, type PerAxis } from '@snn/tensor'
import { drawnWeights } from './initialize.js'
import type { StatelessLayer } from './layer.js'
import { convLayer } from './layers/conv.js'
import { linearLayer } from './layers/linear.js'

export interface WeightedOptions {
  /** Whether there is a bias. Default true. */
  readonly bias?: boolean
}

export interface ConvLayerOptions extends ConvOptions, WeightedOptions {}

/** Fully connected: x [.., inputs] -> x W^T + b [.., outputs]. Throws `ARGUMENT` for sizes that are not positive whole numbers. */
export function linear(inputs: number, outputs: number, { bias = true }: WeightedOptions = {}): StatelessLayer {
  checkSizes('linear', { inputs, outputs })
  const { variables, initialize } = drawnWeights('linear', { weight: [outputs, inputs], ...(bias && { bias: [outputs] }) }, inputs)
  return { ...linearLayer({}, variables), initialize }
}

/** Convolution over one axis: x [.., inputs, L] -> [.., outputs, L']. Options and errors as `conv2d`. */
export function conv1d(inputs: number, outputs: number, kernel: PerAxis, options: ConvLayerOptions = {}): StatelessLayer {
  return convolution('conv1d', 1, inputs, outputs, kernel, options)
}

/**
 * Convolution over two axes: x [.., inputs, H, W] -> [.., outputs, H', W'], H' = floor((H + padding - dilation (kernel - 1) - 1)
 * / stride) + 1. Throws `ARGUMENT` for sizes that are not positive whole numbers, or that `groups` does not divide.
 */
export function conv2d(inputs: number, outputs: number, kernel: PerAxis, options: ConvLayerOptions = {}): StatelessLayer {
  return convolution('conv2d', 2, inputs, outputs, kernel, options)
}

function convolution(operation: string, axes: number, inputs: number, outputs: number, kernel: PerAxis, options: ConvLayerOptions): StatelessLayer {
  const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true } = options
  checkSizes(operation, { inputs, outputs, groups })
  if (inputs % groups !== 0 || outputs % groups !== 0) {
    throw new SnnError('ARGUMENT', `[${operation}] ${inputs} inputs and ${outputs} outputs in ${groups} groups, expected multiples of the groups. Change one of them.`, { name: 'groups', value: groups })
  }
  const window = perAxis(kernel, axes, 'kernel')
  const fanIn = (inputs / groups) * window.reduce((a, b) => a * b, 1)
  const { variables, initialize } = drawnWeights('conv', { weight: [outputs, inputs / groups, ...window], ...(bias && { bias: [outputs] }) }, fanIn)
  const config = { stride: perAxis(stride, axes, 'stride'), padding: paddingPerAxis(padding, axes), dilation: perAxis(dilation, axes, 'dilation'), groups }
  return { ...convLayer(config, variables), initialize }
}

export function checkSizes(operation: string, sizes: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(sizes)) {
    if (Number.isSafeInteger(value) && value > 0) continue
    throw new SnnError('ARGUMENT', `[${operation}] ${name} ${value}, expected a positive whole number. Correct it.`, { name, value })
  }
}
