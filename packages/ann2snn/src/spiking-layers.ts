import { scalar, zeros, type Tensor, type Variable } from '@snn/tensor'
import { globalMaxPoolLayer, maxPoolLayer, type Config, type MaxPoolConfig, type StatefulLayer, type StatelessLayer } from '@snn/nn'

/**
 * Maximum pooling of spikes: the change of the maximum of all that has come in,
 *
 *   sum <- sum + x;  y = maxpool(sum) - maxpool(sum before)
 *
 * so that the outputs add up to the maximum of the accumulated inputs, as the ANN's pooling takes the maximum of rates.
 */
export function spikingMaxPool(kind: 'spikingMaxPool' | 'spikingGlobalMaxPool', config: Config): StatefulLayer {
  const pool: StatelessLayer = kind === 'spikingMaxPool' ? maxPoolLayer(config as unknown as MaxPoolConfig) : globalMaxPoolLayer({})
  const pooled = (x: Tensor): Tensor => pool.apply([x], { training: false, lead: 1 })
  return {
    contract: 1,
    kind,
    config,
    variables: {},
    initialState(shape, dtype) {
      const sum = zeros(shape, { dtype })
      return { sum, pooled: zeros(pooled(sum).shape, { dtype }) }
    },
    step(x, { sum, pooled: before }) {
      const after = sum!.add(x)
      const now = pooled(after)
      return { output: now.sub(before!), state: { sum: after, pooled: now } }
    },
  }
}

/**
 * The running mean of what comes in from step `delay` on: the readout of a rate-coded network,
 *
 *   y[t] = sum over s in delay .. t of x[s] / (t + 1 - delay)
 */
export function runningMean(config: { readonly delay: number }): StatefulLayer {
  return {
    contract: 1,
    kind: 'runningMean',
    config,
    variables: {},
    initialState: (shape, dtype) => ({ sum: zeros(shape, { dtype }), steps: scalar(-config.delay, dtype) }),
    step(x, { sum, steps }) {
      const count = steps!.add(1)
      const after = config.delay === 0 ? sum!.add(x) : sum!.add(x.mul(count.gt(0).cast(x.dtype)))
      return { output: after.div(count.maximum(1)), state: { sum: after, steps: count } }
    },
  }
}

/** The sum of all that came in: y[t] = x[0] + .. + x[t]. Where changes become values. */
export function accumulate(): StatefulLayer {
  return {
    contract: 1,
    kind: 'accumulate',
    config: {},
    variables: {},
    initialState: (shape, dtype) => ({ sum: zeros(shape, { dtype }) }),
    step(x, { sum }) {
      const after = sum!.add(x)
      return { output: after, state: { sum: after } }
    },
  }
}

/** The change: y[t] = x[t] - x[t - 1], with x[-1] = 0. Where values become changes again. */
export function difference(): StatefulLayer {
  return {
    contract: 1,
    kind: 'difference',
    config: {},
    variables: {},
    initialState: (shape, dtype) => ({ before: zeros(shape, { dtype }) }),
    step: (x, { before }) => ({ output: x.sub(before!), state: { before: x } }),
  }
}

/** Steps from `start` on, `length` of them. `trailing`: axes that the bias has behind its own, one for each place of a channel. */
export interface GateConfig {
  readonly start: number
  readonly length: number
  readonly trailing?: number
}

/**
 * Lets a constant in for some steps only: y = x in the steps start .. start + length - 1, else 0; or, with a `bias`, which broadcasts
 * over a sample, y = x + bias in those steps, else x.
 */
export function gate(config: GateConfig, variables: { readonly bias?: Variable } = {}): StatefulLayer {
  return {
    contract: 1,
    kind: 'gate',
    config: { ...config },
    variables: { ...variables },
    initialState: (_, dtype) => ({ steps: scalar(0, dtype) }),
    step(x, { steps }) {
      const now = steps!
      const open = now.ge(config.start).and(now.lt(config.start + config.length)).cast(x.dtype)
      const { bias } = variables
      const broadcast = bias && (config.trailing ? bias.read().reshape([-1, ...Array<number>(config.trailing).fill(1)]) : bias.read())
      const output = broadcast ? x.add(broadcast.mul(open)) : x.mul(open)
      return { output, state: { steps: now.add(1) } }
    },
  }
}
