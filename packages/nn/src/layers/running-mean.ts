import { scalar, zeros } from '@snn/tensor'
import { defineStatefulLayer } from '../layer.js'

export interface RunningMeanConfig {
  /** The first step that counts, from 0. */
  readonly delay: number
}

/**
 * The running mean of what comes in from step `delay` on: the read-out of a rate-coded network,
 *
 *   y[t] = sum over s in delay .. t of x[s] / (t + 1 - delay)
 */
export const runningMeanLayer = defineStatefulLayer<RunningMeanConfig, 'runningMean'>('runningMean', ({ delay }) => ({
  initialState: (shape, dtype) => ({ sum: zeros(shape, { dtype }), steps: scalar(-delay, dtype) }),
  step(x, { sum, steps }) {
    const count = steps!.add(1)
    const after = delay === 0 ? sum!.add(x) : sum!.add(x.mul(count.gt(0).cast(x.dtype)))
    return { output: after.div(count.maximum(1)), state: { sum: after, steps: count } }
  },
}))
