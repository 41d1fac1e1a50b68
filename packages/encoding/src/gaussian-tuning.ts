import { iota, where, type Operand, type Tensor } from '@snn/tensor'
import { checkTensor, checkOptions } from '@snn/tensor/library'
import { checkFloat, checkRange, checkWhole } from './check.js'
import { gaussian } from './population.js'

export interface GaussianTuningOptions {
  /** Number of steps. */
  readonly T: number
  /** Number of neurons per value, at least 3. */
  readonly m: number
  /** Smallest and largest value; tensors that broadcast to x for ranges per feature. */
  readonly range: readonly [low: Operand, high: Operand]
}

/**
 * Spike times of a population with Gaussian tuning curves (Bohte et al., Neurocomputing 2002): x [..] -> times [.., m]
 * in steps,
 * -1 for no spike,
 *
 *   mu[j] = low + (2 j - 3) / 2 (high - low) / (m - 2),  j = 1 .. m,   sigma = (high - low) / (1.5 (m - 2))
 *   t     = round(T (1 - exp(-((x - mu) / sigma)^2 / 2))), ties to even; none from T on
 *
 * `spikesAt` makes spikes of the times.
 *
 * @throws `DTYPE` unless x is of a floating-point type, `ARGUMENT` for an option outside its domain
 */
export function gaussianTuning(x: Tensor, options: GaussianTuningOptions): Tensor {
  checkTensor('gaussianTuning', x, 'x')
  checkOptions('gaussianTuning', options, ['T', 'm', 'range'])
  const { T, m, range } = options
  checkFloat('gaussianTuning', x)
  checkWhole('gaussianTuning', 'T', T, 1)
  checkWhole('gaussianTuning', 'm', m, 3)
  const [low, high] = range
  if (typeof low === 'number' && typeof high === 'number') checkRange('gaussianTuning', [low, high])
  const span = typeof high === 'number' ? (typeof low === 'number' ? high - low : low.neg().add(high)) : high.sub(low)
  // (x - mu) / sigma in units of the distance between centres
  const position = x
    .sub(low)
    .div(span)
    .mul(m - 2)
    .expandDims(-1)
  const z = position.sub(iota([m], 0).cast(x.dtype).sub(0.5)).mul(1.5)
  const time = gaussian(z).neg().add(1).mul(T).round()
  return where(time.ge(T), -1, time)
}
