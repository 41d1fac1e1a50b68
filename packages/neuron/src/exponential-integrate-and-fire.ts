import type { Tensor } from '@snn/tensor'
import { defineNeuron } from './define-neuron.js'

/** vRest - v + deltaT exp((v - thetaRh) / deltaT), the drift of an exponential membrane. */
export function exponentialDrift(
  v: Tensor,
  { vRest, deltaT, thetaRh }: Readonly<Record<'vRest' | 'deltaT' | 'thetaRh', Tensor>>,
): Tensor {
  return vRest.sub(v).add(v.sub(thetaRh).div(deltaT).exp().mul(deltaT))
}

/**
 * Exponential integrate-and-fire (Gerstner et al., Neuronal Dynamics, 2014, section 5.2), of sharpness `deltaT` and
 * rheobase threshold
 * `thetaRh`:
 *
 *   charge  v <- v + (x + vRest - v + deltaT exp((v - thetaRh) / deltaT)) / tau
 *   fire    s  = H(v - threshold)
 *   reset   v <- (1 - s) v + s to, to = -0.1
 */
export const exponentialIntegrateAndFire = defineNeuron('exponentialIntegrateAndFire', {
  parameters: { tau: 2, deltaT: 1, thetaRh: 0.8, vRest: 0 },
  within: { tau: [1, Infinity], deltaT: [0, Infinity] },
  state: { v: 0 },
  defaults: { reset: { to: -0.1 } },
  charge: (x, { v }, { tau, ...drift }) => ({ v: v.add(x.add(exponentialDrift(v, drift)).div(tau)) }),
})
