import type { AveragePoolOptions, MaxPoolOptions } from '@snn/tensor'
import { checkOptions, paddingPerAxis, perAxis, type PerAxis } from '@snn/tensor/library'
import { check } from './check.js'
import type { StatelessLayer } from './layer.js'
import { averagePoolLayer, maxPoolLayer, maxUnpoolLayer, type MaxPoolConfig } from './layers/pool.js'
import { adaptiveAveragePoolLayer } from './layers/resample.js'

function maxPoolConfig(axes: number, kernel: PerAxis, options: MaxPoolOptions): MaxPoolConfig {
  checkOptions('maxPool', options, ['stride', 'padding', 'dilation'])
  const { stride = kernel, padding = 0, dilation = 1 } = options
  return {
    kernel: perAxis(kernel, axes, 'kernel'),
    stride: perAxis(stride, axes, 'stride'),
    padding: paddingPerAxis(padding, axes),
    dilation: perAxis(dilation, axes, 'dilation'),
  }
}

/** Maximum of each window of x [.., C, L]; the stride is the kernel unless told. */
export function maxPool1d(kernel: PerAxis, options: MaxPoolOptions = {}): StatelessLayer {
  return maxPoolLayer(maxPoolConfig(1, kernel, options))
}

/** Maximum of each window of x [.., C, H, W]; the stride is the kernel unless told. */
export function maxPool2d(kernel: PerAxis, options: MaxPoolOptions = {}): StatelessLayer {
  return maxPoolLayer(maxPoolConfig(2, kernel, options))
}

/** Maximum of each window of x [.., C, D, H, W]; the stride is the kernel unless told. */
export function maxPool3d(kernel: PerAxis, options: MaxPoolOptions = {}): StatelessLayer {
  return maxPoolLayer(maxPoolConfig(3, kernel, options))
}

function maxUnpool(axes: number, kernel: PerAxis, options: MaxPoolOptions): StatelessLayer {
  const config = maxPoolConfig(axes, kernel, options)
  const apart = config.stride.every((n, i) => n > config.dilation[i]! * (config.kernel[i]! - 1))
  check(`maxUnpool${axes}d`, 'stride', config.stride, apart, 'windows that do not overlap')
  return maxUnpoolLayer(config)
}

/**
 * The reverse of `maxPool1d`, for two inputs: what to spread, and what was pooled. See `maxUnpoolLayer`. Throws
 * `ARGUMENT` for windows that overlap.
 */
export function maxUnpool1d(kernel: PerAxis, options: MaxPoolOptions = {}): StatelessLayer {
  return maxUnpool(1, kernel, options)
}

/**
 * The reverse of `maxPool2d`, for two inputs: what to spread, and what was pooled. See `maxUnpoolLayer`. Throws
 * `ARGUMENT` for windows that overlap.
 */
export function maxUnpool2d(kernel: PerAxis, options: MaxPoolOptions = {}): StatelessLayer {
  return maxUnpool(2, kernel, options)
}

/**
 * The reverse of `maxPool3d`, for two inputs: what to spread, and what was pooled. See `maxUnpoolLayer`. Throws
 * `ARGUMENT` for windows that overlap.
 */
export function maxUnpool3d(kernel: PerAxis, options: MaxPoolOptions = {}): StatelessLayer {
  return maxUnpool(3, kernel, options)
}

function avgPool(axes: number, kernel: PerAxis, options: AveragePoolOptions): StatelessLayer {
  checkOptions('avgPool', options, ['stride', 'padding', 'countIncludePad'])
  const { stride = kernel, padding = 0, countIncludePad = true } = options
  return averagePoolLayer({
    kernel: perAxis(kernel, axes, 'kernel'),
    stride: perAxis(stride, axes, 'stride'),
    padding: paddingPerAxis(padding, axes),
    countIncludePad,
  })
}

/** Mean of each window of x [.., C, L]; the stride is the kernel unless told. */
export function avgPool1d(kernel: PerAxis, options: AveragePoolOptions = {}): StatelessLayer {
  return avgPool(1, kernel, options)
}

/** Mean of each window of x [.., C, H, W]; the stride is the kernel unless told. */
export function avgPool2d(kernel: PerAxis, options: AveragePoolOptions = {}): StatelessLayer {
  return avgPool(2, kernel, options)
}

/** Mean of each window of x [.., C, D, H, W]; the stride is the kernel unless told. */
export function avgPool3d(kernel: PerAxis, options: AveragePoolOptions = {}): StatelessLayer {
  return avgPool(3, kernel, options)
}

/** x [.., C, L] -> [.., C, size], by means over windows. See `adaptiveAveragePoolLayer`. */
export function adaptiveAvgPool1d(size: PerAxis): StatelessLayer {
  return adaptiveAveragePoolLayer({ size: perAxis(size, 1, 'size') })
}

/** x [.., C, H, W] -> [.., C, size, size], by means over windows. See `adaptiveAveragePoolLayer`. */
export function adaptiveAvgPool2d(size: PerAxis): StatelessLayer {
  return adaptiveAveragePoolLayer({ size: perAxis(size, 2, 'size') })
}

/** x [.., C, D, H, W] -> [.., C, size, size, size], by means over windows. See `adaptiveAveragePoolLayer`. */
export function adaptiveAvgPool3d(size: PerAxis): StatelessLayer {
  return adaptiveAveragePoolLayer({ size: perAxis(size, 3, 'size') })
}
