import { zeros, type Tensor } from '@snn/tensor'
import { defineStatefulLayer, type StatefulLayer, type StatelessLayer } from '../layer.js'
import { globalMaxPoolLayer, maxPoolLayer, type MaxPoolConfig } from './pool.js'

/**
 * Maximum pooling of spikes: the change of the maximum of all that has come in,
 *
 *   sum <- sum + x;  y = maxpool(sum) - maxpool(sum before)
 *
 * so that the outputs add up to the maximum of the accumulated inputs, as an ANN's pooling takes the maximum of rates.
 */
export const spikingMaxPoolLayer = defineStatefulLayer<MaxPoolConfig, 'spikingMaxPool'>('spikingMaxPool', (config) =>
  changeOfMaximum(maxPoolLayer(config)),
)

/** The same over all spatial axes: [.., C, spatial] -> [.., C, 1..]. */
export const spikingGlobalMaxPoolLayer = defineStatefulLayer<object, 'spikingGlobalMaxPool'>(
  'spikingGlobalMaxPool',
  () => changeOfMaximum(globalMaxPoolLayer({})),
)

function changeOfMaximum(pool: StatelessLayer): Pick<StatefulLayer, 'initialState' | 'step'> {
  const pooled = (x: Tensor): Tensor => pool.apply([x], { training: false, lead: 1 })
  return {
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
