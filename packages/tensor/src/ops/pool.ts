import { build } from '../build.js'
import { checkArray, checkObject, checkTensor } from '../check.js'
import type { Tensor } from '../tensor.js'
import { hoist } from './hoist.js'
import { paddingPerAxis, perAxis, type PaddingOption, type PerAxis } from './linear.js'

/** Options of `maxPool`. Default: no padding, dilation 1. */
export interface MaxPoolOptions {
  /** Default: the kernel. */
  readonly stride?: PerAxis
  readonly padding?: PaddingOption
  readonly dilation?: PerAxis
}

/** Options of `averagePool`. Default: no padding. */
export interface AveragePoolOptions {
  /** Default: the kernel. */
  readonly stride?: PerAxis
  readonly padding?: PaddingOption
  /** Whether padded zeros count in the divisor; default true, as in PyTorch. */
  readonly countIncludePad?: boolean
}

function maxPoolAttributes(kernel: readonly number[], options: MaxPoolOptions) {
  const axes = kernel.length
  return {
    kernel: perAxis(kernel, axes, 'kernel'),
    stride: perAxis(options.stride ?? kernel, axes, 'stride'),
    padding: paddingPerAxis(options.padding ?? 0, axes),
    dilation: perAxis(options.dilation ?? 1, axes, 'dilation'),
  }
}

/** Maximum of each window over the last `kernel.length` axes; any leading axes. Padding never wins. */
export function maxPool(x: Tensor, kernel: readonly number[], options: MaxPoolOptions = {}): Tensor {
  checkTensor('maxPool', x, 'x')
  checkArray('maxPool', kernel, 'kernel')
  checkObject('maxPool', options)
  const attributes = maxPoolAttributes(kernel, options)
  return hoist(x, x.shape.length - kernel.length - 1, (inner) => build('maxPool', [inner], attributes))
}

/** Where the maximum of each window lies: int32 index into the flattened spatial plane. */
export function argmaxPool(x: Tensor, kernel: readonly number[], options: MaxPoolOptions = {}): Tensor {
  checkTensor('argmaxPool', x, 'x')
  checkArray('argmaxPool', kernel, 'kernel')
  checkObject('argmaxPool', options)
  return build('argmaxPool', [x], maxPoolAttributes(kernel, options))
}

/** Mean of each window over the last `kernel.length` axes; any leading axes. */
export function averagePool(x: Tensor, kernel: readonly number[], options: AveragePoolOptions = {}): Tensor {
  checkTensor('averagePool', x, 'x')
  checkArray('averagePool', kernel, 'kernel')
  checkObject('averagePool', options)
  const axes = kernel.length
  const attributes = {
    kernel: perAxis(kernel, axes, 'kernel'),
    stride: perAxis(options.stride ?? kernel, axes, 'stride'),
    padding: paddingPerAxis(options.padding ?? 0, axes),
    countIncludePad: options.countIncludePad ?? true,
  }
  return hoist(x, x.shape.length - axes - 1, (inner) => build('averagePool', [inner], attributes))
}
