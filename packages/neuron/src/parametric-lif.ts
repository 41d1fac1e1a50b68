import { learnable } from '@snn/surrogate'
import { defineNeuron } from './define-neuron.js'
import { leakyCharge } from './lif.js'

/**
 * Parametric LIF (Fang et al., ICCV 2021): `lif` whose time constant is learned through `w`, one per layer unless given
 * otherwise; at first tau = initialTau, that is w = -ln(initialTau - 1):
 *
 *   charge  v <- v + (x - (v - rest)) / tau with 1 / tau = sigma(w), or v - (v - rest) / tau + x with decayInput: false
 *   fire, reset  as `lif`
 */
export const parametricLif = defineNeuron('parametricLif', {
  settings: { decayInput: true, initialTau: 2 },
  parameters: { w: ({ initialTau }) => learnable(-Math.log(initialTau - 1)) },
  within: { initialTau: [1, Infinity] },
  state: { v: 0 },
  charge: (x, { v }, { w }, settings) => ({ v: leakyCharge(x, v, w.neg().exp().add(1), settings) }),
})
