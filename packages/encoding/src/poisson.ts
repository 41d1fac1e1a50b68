import { repeat, where, type Tensor } from '@snn/tensor'
import { checkTensor, checkObject } from '@snn/tensor/library'
import { bernoulli, type RandomOptions } from './bernoulli.js'
import { checkFloat, checkNumber, checkWhole } from './check.js'
import { fromStep } from './spike-time.js'

export interface SignedPoissonOptions extends RandomOptions {
  /** Number of steps. */
  readonly T: number
  /** Default 1. In Hertz and seconds: the highest rate times the length of a step. */
  readonly gain?: number
}

export interface PoissonOptions extends SignedPoissonOptions {
  /** Added to gain x. Default 0. */
  readonly offset?: number
  /** No spike before this step. Default 0. */
  readonly firstSpikeTime?: number
}

/**
 * Rate code (Poisson, strictly Bernoulli, spike trains): x [N, ..] -> [T, N, ..], independent at each step, from
 * `firstSpikeTime` on:
 *
 *   s[t] = 1 with probability gain x + offset, else 0
 *
 * Probabilities below 0 count as 0, above 1 as 1. For x that changes in time, [T, N, ..], use `bernoulli`.
 *
 * @throws `DTYPE` unless x is of a floating-point type, `ARGUMENT` for an option outside its domain
 */
export function poisson(x: Tensor, options: PoissonOptions): Tensor {
  checkTensor('poisson', x, 'x')
  checkObject('poisson', options)
  const { T, gain = 1, offset = 0, firstSpikeTime = 0 } = options
  checkFloat('poisson', x)
  checkWhole('poisson', 'T', T, 1)
  checkNumber('poisson', 'gain', gain)
  checkNumber('poisson', 'offset', offset)
  checkWhole('poisson', 'firstSpikeTime', firstSpikeTime, 0, T - 1)
  return fromStep(bernoulli(repeat(x.mul(gain).add(offset), T), options), firstSpikeTime)
}

/**
 * Rate code of signed values: x [N, ..] -> [T, N, ..] of -1, 0 and 1, independent at each step:
 *
 *   s[t] = sign(x) with probability gain |x|, else 0
 *
 * @throws `DTYPE` unless x is of a floating-point type, `ARGUMENT` for an option outside its domain
 */
export function signedPoisson(x: Tensor, options: SignedPoissonOptions): Tensor {
  checkTensor('signedPoisson', x, 'x')
  checkObject('signedPoisson', options)
  const { T, gain = 1 } = options
  checkFloat('signedPoisson', x)
  checkWhole('signedPoisson', 'T', T, 1)
  checkNumber('signedPoisson', 'gain', gain, 0)
  const spikes = bernoulli(repeat(x.abs().mul(gain), T), options)
  return where(x.lt(0), spikes.neg(), spikes)
}
