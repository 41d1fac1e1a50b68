import { scalar, zeros, type Tensor } from '@snn/tensor'
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
