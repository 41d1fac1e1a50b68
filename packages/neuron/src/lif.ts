import type { Tensor } from '@snn/tensor'
import { defineNeuron } from './define-neuron.js'
import { learnable } from './parameter.js'
import { restOf, type Reset } from './reset.js'

/** v + (x - (v - rest)) / tau, or without `decayInput` v - (v - rest) / tau + x; the membrane rests where a hard reset sets it. */
export function leakyCharge(x: Tensor, v: Tensor, tau: Tensor, { decayInput, reset }: { readonly decayInput: boolean; readonly reset: Reset }): Tensor {
  const rest = restOf(reset)
  const above = rest === 0 ? v : v.sub(rest)
  return decayInput ? v.add(x.sub(above).div(tau)) : v.sub(above.div(tau)).add(x)
}

/**
 * Leaky integrate-and-fire (Stein 1965; Gerstner and Kistler 2002), with time constant `tau` > 1 in steps:
 *
 *   charge  v <- v + (x - (v - rest)) / tau, or v - (v - rest) / tau + x with decayInput: false
 *   fire    s  = H(v - threshold)
 *   reset   v <- v - s threshold (soft), or (1 - s) v + s to (hard)
 *
 * where rest is `to` with the hard reset, else 0.
 */
export const lif = defineNeuron('lif', {
  parameters: { tau: 2 },
  state: { v: 0 },
  settings: { decayInput: true },
  charge: (x, { v }, { tau }, settings) => ({ v: leakyCharge(x, v, tau, settings) }),
})

/**
 * Parametric LIF (Fang et al., ICCV 2021): `lif` whose time constant is learned through `w`, one per layer unless given otherwise;
 * at first tau = initialTau, that is w = -ln(initialTau - 1):
 *
 *   charge  v <- v + (x - (v - rest)) / tau with 1 / tau = sigma(w), or v - (v - rest) / tau + x with decayInput: false
 *   fire, reset  as `lif`
 */
export const parametricLif = defineNeuron('parametricLif', {
  settings: { decayInput: true, initialTau: 2 },
  parameters: { w: ({ initialTau }) => learnable(-Math.log(initialTau - 1)) },
  state: { v: 0 },
  charge: (x, { v }, { w }, settings) => ({ v: leakyCharge(x, v, w.neg().exp().add(1), settings) }),
})
