import { checkOptions, type PerAxis } from '@snn/tensor/library'
import { check } from './check.js'
import type { StatelessLayer } from './layer.js'
import { reluLayer } from './layers/activation.js'
import { upsampleLayer, type UpsampleConfig } from './layers/resample.js'
import { flattenLayer } from './layers/shape.js'

/** Merges all axes of a sample: [.., C, H, W] -> [.., C H W]. */
export function flatten(): StatelessLayer {
  return flattenLayer({})
}

/** max(x, 0) */
export function relu(): StatelessLayer {
  return reluLayer({})
}

/** Options of `upsample`. */
export type UpsampleOptions = Partial<Omit<UpsampleConfig, 'scale'>>

/**
 * Stretches the spatial axes of x [.., C, spatial] by `scale`: by repetition, or linearly between neighbours. See
 * `upsampleLayer`.
 *
 * @throws `ARGUMENT` for scales below 1 (pool instead), an unknown mode, and corners to align without mode 'linear'
 */
export function upsample(scale: PerAxis, options: UpsampleOptions = {}): StatelessLayer {
  checkOptions('upsample', options, ['mode', 'alignCorners'])
  const { mode = 'nearest', alignCorners = false } = options
  const scales = typeof scale === 'number' ? [scale] : scale
  check(
    'upsample',
    'scale',
    scale,
    Array.isArray(scales) &&
      scales.length > 0 &&
      scales.length < 4 &&
      scales.every((n) => Number.isFinite(n) && n >= 1),
    'one number of at least 1, or one for each of up to 3 axes',
  )
  check('upsample', 'mode', mode, mode === 'nearest' || mode === 'linear', "'nearest' or 'linear'")
  check('upsample', 'alignCorners', alignCorners, !alignCorners || mode === 'linear', "false with mode 'nearest'")
  return upsampleLayer({ scale: typeof scale === 'number' ? scale : [...scale], mode, alignCorners })
}
