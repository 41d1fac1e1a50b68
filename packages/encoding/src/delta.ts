import { concat, where, zeros, type Tensor } from '@snn/tensor'
import { checkTensor, checkOptions } from '@snn/tensor/library'
import { checkFloat, checkNumber, checkRank } from './check.js'

export interface DeltaOptions {
  /** The smallest change that gives a spike. Default 0.1. */
  readonly threshold?: number
  /**
   * What comes before the first step: the first value again (no spike there, unless the threshold is 0), instead of 0.
   * Default false.
   */
  readonly padding?: boolean
  /** Spikes of -1 for falls. Default false. */
  readonly offSpike?: boolean
}

/**
 * Delta modulation, as in an event camera: x [T, N, ..] -> [T, N, ..],
 *
 *   s[t] = 1 where x[t] - x[t - 1] >= threshold, and with offSpike -1 where x[t] - x[t - 1] <= -threshold
 *
 * @throws `DTYPE` unless x is of a floating-point type, `SHAPE` when there is no axis of time, `ARGUMENT` for a
 * negative threshold
 */
export function delta(x: Tensor, options: DeltaOptions = {}): Tensor {
  checkTensor('delta', x, 'x')
  checkOptions('delta', options, ['threshold', 'padding', 'offSpike'])
  const { threshold = 0.1, padding = false, offSpike = false } = options
  checkFloat('delta', x)
  checkRank('delta', x, 1, '[T, N, ..]')
  checkNumber('delta', 'threshold', threshold, 0)
  const first = padding ? x.slice(0, 0, 1) : zeros([1, ...x.shape.slice(1)], { dtype: x.dtype })
  const change = x.sub(concat([first, x.slice(0, 0, x.shape[0]! - 1)], 0))
  const on = change.ge(threshold).cast(x.dtype)
  return offSpike ? where(change.le(-threshold), on.sub(1), on) : on
}
