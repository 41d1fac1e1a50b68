import type { Tensor } from '@snn/tensor'
import { defineNeuron } from './define-neuron.js'

/** a0 (v - vRest) (v - vCritical), the drift of a quadratic membrane. */
export function quadraticDrift(
  v: Tensor,
  { a0, vRest, vCritical }: Readonly<Record<'a0' | 'vRest' | 'vCritical', Tensor>>,
): Tensor {
  return v.sub(vRest).mul(v.sub(vCritical)).mul(a0)
}

/**
 * Quadratic integrate-and-fire (Gerstner et al., Neuronal Dynamics, 2014, section 5.3):
 *
 *   charge  v <- v + (x + a0 (v - vRest) (v - vCritical)) / tau
 *   fire    s  = H(v - threshold)
 *   reset   v <- (1 - s) v + s to, to = -0.1
 */
export const quadraticIntegrateAndFire = defineNeuron('quadraticIntegrateAndFire', {
  parameters: { tau: 2, vCritical: 0.8, a0: 1, vRest: 0 },
  within: { tau: [1, Infinity], a0: [0, Infinity] },
  state: { v: 0 },
  defaults: { reset: { to: -0.1 } },
  charge: (x, { v }, { tau, ...drift }) => ({ v: v.add(x.add(quadraticDrift(v, drift)).div(tau)) }),
})
