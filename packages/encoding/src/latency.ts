import { where, type Tensor } from '@snn/tensor'
import { checkTensor, checkObject } from '@snn/tensor/library'
import { checkChoice, checkFloat, checkNumber, checkPositive, checkWhole, wrong } from './check.js'
import { spikesAt } from './spike-time.js'

export interface LatencyOptions {
  /** Number of steps. */
  readonly T: number
  /** How a value becomes a time. Default 'linear'. */
  readonly code?: 'linear' | 'log' | 'lif'
  /** The step at which the strongest input spikes. Default 0. */
  readonly firstSpikeTime?: number
  /** Time constant in steps, of 'linear' (default: T - 1 - firstSpikeTime) and 'lif' (default: 1). */
  readonly tau?: number
  /** Smaller values count as this one. Default: 0, or 0.01 with 'lif', where it must be in (0, 1). */
  readonly threshold?: number
  /** With 'lif': stretches time so that the last spike of the whole batch comes at T - 1. Default false. */
  readonly normalize?: boolean
  /** No spike for values below the threshold. Default false. */
  readonly clip?: boolean
}

const epsilon = 1e-7

/**
 * The time of the spike in steps, not rounded: x [N, ..] in [0, 1] -> [N, ..] (values outside count as the nearest
 * within):
 *
 *   'linear'  t = tau (1 - x)
 *   'log'     t = span - ln(alpha x + 1), alpha = e^span - 1, span = T - 1 - firstSpikeTime
 *   'lif'     t = tau ln(x / (x - threshold)): when a leaky membrane driven by x reaches the threshold
 *
 * plus `firstSpikeTime`; -1 for no spike.
 *
 * @throws `DTYPE` unless x is of a floating-point type, `ARGUMENT` for an option outside its domain or not of this code
 */
export function latencyTime(x: Tensor, options: LatencyOptions): Tensor {
  checkTensor('latencyTime', x, 'x')
  checkObject('latencyTime', options)
  const { T, code = 'linear', firstSpikeTime = 0, normalize = false, clip = false } = options
  checkFloat('latency', x)
  checkWhole('latency', 'T', T, 1)
  checkChoice('latency', 'code', code, ['linear', 'log', 'lif'])
  checkWhole('latency', 'firstSpikeTime', firstSpikeTime, 0, T - 1)
  if (options.tau !== undefined) checkPositive('latency', 'tau', options.tau)
  if (options.tau !== undefined && code === 'log')
    throw wrong('latency', 'tau', options.tau, "none with code 'log', which fills T steps")
  if (normalize && code !== 'lif') throw wrong('latency', 'normalize', 'true', `none with code '${code}'`)
  const threshold = options.threshold ?? (code === 'lif' ? 0.01 : 0)
  if (code === 'lif') checkNumber('latency', 'threshold', threshold, epsilon, 1 - epsilon)
  else checkNumber('latency', 'threshold', threshold, 0, 1)

  const span = T - 1 - firstSpikeTime
  const delay = delayOf(x.clip(threshold, 1), {
    code,
    span,
    tau: options.tau ?? (code === 'lif' ? 1 : span),
    threshold,
    normalize,
  })
  const time = delay.add(firstSpikeTime)
  return clip ? where(x.lt(threshold), -1, time) : time
}

interface Delay {
  readonly code: 'linear' | 'log' | 'lif'
  readonly span: number
  readonly tau: number
  readonly threshold: number
  readonly normalize: boolean
}

function delayOf(x: Tensor, { code, span, tau, threshold, normalize }: Delay): Tensor {
  switch (code) {
    case 'linear':
      return x.neg().add(1).mul(tau)
    case 'log':
      // alpha x + 1 = e^span (x + (1 - x) e^-span), which overflows nowhere
      return x
        .add(x.neg().add(1).mul(Math.exp(-span)))
        .log()
        .neg()
        .minimum(span)
    case 'lif': {
      const above = x.maximum(threshold + epsilon)
      const delay = above.div(above.sub(threshold)).log().mul(tau)
      return normalize ? delay.mul(span).div(delay.max()) : delay
    }
  }
}

/**
 * Latency code, one spike per value, the earlier the larger it is: x [N, ..] in [0, 1] -> [T, N, ..], 1 at the time of
 * `latencyTime`, rounded with ties to even, else 0. A spike that would come after T - 1 does not come.
 *
 * @throws as `latencyTime`
 */
export function latency(x: Tensor, options: LatencyOptions): Tensor {
  checkTensor('latency', x, 'x')
  checkObject('latency', options)
  return spikesAt(latencyTime(x, options), options)
}
