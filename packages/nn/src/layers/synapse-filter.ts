import { variable, zeros } from '@snn/tensor'
import { checkOptions } from '@snn/tensor/library'
import { check } from '../check.js'
import { defineStatefulLayer, type StatefulLayer } from '../layer.js'

export interface SynapseFilterConfig {
  /** Time constant in steps, where there is no `w`. */
  readonly tau: number
}

/**
 * Low-pass filter of spikes that decays only where none comes in:
 *
 *   out <- out - (1 - x) out / tau + x
 *
 * With the Variable `w` [] the decay is learnt: 1 / tau = sigmoid(w), as in the parametric LIF neuron.
 */
export const synapseFilterLayer = defineStatefulLayer<SynapseFilterConfig, 'synapseFilter'>(
  'synapseFilter',
  ({ tau }, { w }) => ({
    initialState: (shape, dtype) => ({ out: zeros(shape, { dtype }) }),
    step(x, { out }) {
      const rest = x.neg().add(1).mul(out!)
      const after = out!.sub(w ? rest.mul(w.read().sigmoid().cast(x.dtype)) : rest.div(tau)).add(x)
      return { output: after, state: { out: after } }
    },
  }),
)

export interface SynapseFilterOptions {
  /** Time constant in steps, at least 1; above 1 where it is learnable. Default 100. */
  readonly tau?: number
  /** Whether training changes the time constant. Default false. */
  readonly learnable?: boolean
}

/**
 * Low-pass filter of spikes. See `synapseFilterLayer`. Throws `ARGUMENT` for a time constant below 1, or of 1 if
 * learnable.
 */
export function synapseFilter(options: SynapseFilterOptions = {}): StatefulLayer {
  checkOptions('synapseFilter', options, ['tau', 'learnable'])
  const { tau = 100, learnable = false } = options
  check(
    'synapseFilter',
    'tau',
    tau,
    Number.isFinite(tau) && (learnable ? tau > 1 : tau >= 1),
    learnable ? 'a finite number above 1' : 'a finite number of at least 1',
  )
  const w = { data: Float32Array.of(-Math.log(tau - 1)), shape: [] }
  return synapseFilterLayer({ tau }, learnable ? { w: variable(w, { name: 'synapseFilter.w' }) } : {})
}
