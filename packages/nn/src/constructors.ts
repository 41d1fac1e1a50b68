import { paddingPerAxis, perAxis, variable, zerosVariable, type AveragePoolOptions, type MaxPoolOptions, type PerAxis } from '@snn/tensor'
import type { StatelessLayer } from './layer.js'
import { reluLayer } from './layers/activation.js'
import { batchNormLayer } from './layers/norm.js'
import { averagePoolLayer, maxPoolLayer } from './layers/pool.js'
import { flattenLayer } from './layers/shape.js'

export interface BatchNormOptions {
  /** Default 1e-5. */
  readonly epsilon?: number
  /** Weight of the new statistics in the running ones. Default 0.1. */
  readonly momentum?: number
}

function batchNorm(channels: number, { epsilon = 1e-5, momentum = 0.1 }: BatchNormOptions): StatelessLayer {
  const ones = (name: string) => variable({ data: new Float32Array(channels).fill(1), shape: [channels] }, { name: `batchNorm.${name}` })
  const zeros = (name: string) => zerosVariable([channels], { name: `batchNorm.${name}` })
  return batchNormLayer({ epsilon, momentum }, { weight: ones('weight'), bias: zeros('bias'), mean: zeros('mean'), variance: ones('variance') })
}

/** Batch normalisation (Ioffe and Szegedy 2015) of x [.., channels] or [.., channels, L]. See `batchNormLayer`. */
export function batchNorm1d(channels: number, options: BatchNormOptions = {}): StatelessLayer {
  return batchNorm(channels, options)
}

/** Batch normalisation (Ioffe and Szegedy 2015) of x [.., channels, H, W]. See `batchNormLayer`. */
export function batchNorm2d(channels: number, options: BatchNormOptions = {}): StatelessLayer {
  return batchNorm(channels, options)
}

function maxPool(axes: number, kernel: PerAxis, { stride = kernel, padding = 0, dilation = 1 }: MaxPoolOptions): StatelessLayer {
  return maxPoolLayer({
    kernel: perAxis(kernel, axes, 'kernel'),
    stride: perAxis(stride, axes, 'stride'),
    padding: paddingPerAxis(padding, axes),
    dilation: perAxis(dilation, axes, 'dilation'),
  })
}

/** Maximum of each window of x [.., C, L]; the stride is the kernel unless told. */
export function maxPool1d(kernel: PerAxis, options: MaxPoolOptions = {}): StatelessLayer {
  return maxPool(1, kernel, options)
}

/** Maximum of each window of x [.., C, H, W]; the stride is the kernel unless told. */
export function maxPool2d(kernel: PerAxis, options: MaxPoolOptions = {}): StatelessLayer {
  return maxPool(2, kernel, options)
}

function avgPool(axes: number, kernel: PerAxis, { stride = kernel, padding = 0, countIncludePad = true }: AveragePoolOptions): StatelessLayer {
  return averagePoolLayer({ kernel: perAxis(kernel, axes, 'kernel'), stride: perAxis(stride, axes, 'stride'), padding: paddingPerAxis(padding, axes), countIncludePad })
}

/** Mean of each window of x [.., C, L]; the stride is the kernel unless told. */
export function avgPool1d(kernel: PerAxis, options: AveragePoolOptions = {}): StatelessLayer {
  return avgPool(1, kernel, options)
}

/** Mean of each window of x [.., C, H, W]; the stride is the kernel unless told. */
export function avgPool2d(kernel: PerAxis, options: AveragePoolOptions = {}): StatelessLayer {
  return avgPool(2, kernel, options)
}

/** Merges all axes of a sample: [.., C, H, W] -> [.., C H W]. */
export function flatten(): StatelessLayer {
  return flattenLayer({})
}

/** max(x, 0) */
export function relu(): StatelessLayer {
  return reluLayer({})
}
