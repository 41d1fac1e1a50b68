import type { Tensor } from '@snn/tensor'
import { defineNeuron } from './define-neuron.js'
import { restOf, type Reset } from './reset.js'

/**
 * v + (x - (v - rest)) / tau, or without `decayInput` v - (v - rest) / tau + x; the membrane rests where a hard reset
 * sets it.
 */
export function leakyCharge(
  x: Tensor,
  v: Tensor,
  tau: Tensor,
  { decayInput, reset }: { readonly decayInput: boolean; readonly reset: Reset },
): Tensor {
  const rest = restOf(reset)
  const above = rest === 0 ? v : v.sub(rest)
  return decayInput ? v.add(x.sub(above).div(tau)) : v.sub(above.div(tau)).add(x)
}

/**
 * Leaky integrate-and-fire (Gerstner and Kistler, Spiking Neuron Models, 2002), with time constant `tau` > 1 in steps:
 *
 *   charge  v <- v + (x - (v - rest)) / tau, or v - (v - rest) / tau + x with decayInput: false
 *   fire    s  = H(v - threshold)
 *   reset   v <- v - s threshold (soft), or (1 - s) v + s to (hard)
 *
 * where rest is `to` with the hard reset, else 0. A learnable tau is not held above 1 in training; `parametricLif` is.
 */
export const lif = defineNeuron('lif', {
  parameters: { tau: 2 },
  within: { tau: [1, Infinity] },
  state: { v: 0 },
  settings: { decayInput: true },
  charge: (x, { v }, { tau }, settings) => ({ v: leakyCharge(x, v, tau, settings) }),
})
