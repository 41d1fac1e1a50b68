import { oneHot, tensor, uniform, where, type Tensor } from '@snn/tensor'
import { checkTensor, checkObject } from '@snn/tensor/library'
import { drawOf, type RandomOptions } from './bernoulli.js'
import { checkChoice, checkNumber, checkWhole } from './check.js'
import { fromStep } from './spike-time.js'

/** Spikes at equal distances, at random times (some of which may coincide), or at random at each step. */
export type FiringPattern = 'regular' | 'uniform' | 'poisson'

interface Firing extends RandomOptions {
  /** Number of steps. */
  readonly T: number
  /** No spike before this step. Default 0. */
  readonly firstSpikeTime?: number
  /** Default 'regular'. */
  readonly pattern?: FiringPattern
}

export interface RateCodeOptions extends Firing {
  /** Spikes per step, in [0, 1]. Default 1. */
  readonly rate?: number
}

/**
 * One spike train of a given rate: [T], 0 or 1. With 'regular' there are spikes at floor(firstSpikeTime + i / rate), i
 * = 0, 1, ..; with 'uniform' as many times are drawn from [firstSpikeTime, T); with 'poisson' every step is drawn with
 * probability `rate`.
 *
 * @throws `ARGUMENT` for an option outside its domain
 */
export function rateCode(options: RateCodeOptions): Tensor {
  checkObject('rateCode', options)
  return train('rateCode', options, options.rate ?? 1, drawOf('rateCode', options.counter), 0)
}

function train(
  operation: string,
  { T, firstSpikeTime = 0, pattern = 'regular', seed = 0 }: Firing,
  rate: number,
  offset: Tensor | number,
  stream: number,
): Tensor {
  checkWhole(operation, 'T', T, 1)
  checkWhole(operation, 'firstSpikeTime', firstSpikeTime, 0, T - 1)
  checkChoice(operation, 'pattern', pattern, ['regular', 'uniform', 'poisson'])
  checkNumber(operation, 'rate', rate, 0, 1)
  const span = T - firstSpikeTime
  const count = Math.ceil(span * rate)
  const random = (n: number): Tensor => uniform([n], { seed, stream, offset })
  if (pattern === 'poisson') return fromStep(random(T).lt(rate).cast('float32'), firstSpikeTime)
  if (count === 0) return tensor(Array<number>(T).fill(0))
  const steps =
    pattern === 'regular'
      ? tensor(regularSteps(firstSpikeTime, count, rate), { dtype: 'int32' })
      : random(count).mul(span).floor().cast('int32').add(firstSpikeTime)
  return oneHot(steps, T).max(0)
}

function regularSteps(first: number, count: number, rate: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor(first + i / rate))
}

export interface RateTargetsOptions extends Firing {
  /** Number of classes C. */
  readonly classes: number
  /** Spikes per step of the neuron of the right class. Default 1. */
  readonly correctRate?: number
  /** Spikes per step of all others, at most `correctRate`. Default 0. */
  readonly incorrectRate?: number
}

/**
 * What the output neurons shall do: class numbers [N] -> [T, N, C] of 0 and 1, the train of `correctRate` for the right
 * class and that of `incorrectRate` for all others (a label outside of the classes has no right one). For other values
 * on and off:
 * `spikes.mul(on - off).add(off)`; for ramps as membrane targets: `interpolate`.
 *
 * @throws `ARGUMENT` for an option outside its domain
 */
export function rateTargets(labels: Tensor, options: RateTargetsOptions): Tensor {
  checkTensor('rateTargets', labels, 'labels')
  checkObject('rateTargets', options)
  const { classes, correctRate = 1, incorrectRate = 0 } = options
  checkWhole('rateTargets', 'classes', classes, 1)
  checkNumber('rateTargets', 'correctRate', correctRate, 0, 1)
  checkNumber('rateTargets', 'incorrectRate', incorrectRate, 0, correctRate)
  const draw = drawOf('rateTargets', options.counter)
  const [correct, incorrect] = [correctRate, incorrectRate].map((rate, stream) =>
    train('rateTargets', options, rate, draw, stream).reshape([-1, ...labels.shape.map(() => 1), 1]),
  )
  return where(oneHot(labels, classes).gt(0), correct!, incorrect!)
}
