import { defineNeuron } from './define-neuron.js'
import { resetMembrane } from './reset.js'

/**
 * Quadratic integrate-and-fire (Latham et al., Journal of Neurophysiology 2000):
 *
 *   charge  v <- v + (x + a0 (v - vRest) (v - vCritical)) / tau
 *   fire    s  = H(v - threshold)
 *   reset   v <- (1 - s) v + s to, to = -0.1
 */
export const quadraticIntegrateAndFire = defineNeuron('quadraticIntegrateAndFire', {
  parameters: { tau: 2, vCritical: 0.8, a0: 1, vRest: 0 },
  state: { v: 0 },
  defaults: { reset: { to: -0.1 } },
  charge: (x, { v }, { tau, vCritical, a0, vRest }) => ({ v: v.add(x.add(v.sub(vRest).mul(v.sub(vCritical)).mul(a0)).div(tau)) }),
})

/**
 * Exponential integrate-and-fire (Fourcaud-Trocme et al., Journal of Neuroscience 2003), of sharpness `deltaT` and rheobase
 * threshold `thetaRh`:
 *
 *   charge  v <- v + (x + vRest - v + deltaT exp((v - thetaRh) / deltaT)) / tau
 *   fire    s  = H(v - threshold)
 *   reset   v <- (1 - s) v + s to, to = -0.1
 */
export const exponentialIntegrateAndFire = defineNeuron('exponentialIntegrateAndFire', {
  parameters: { tau: 2, deltaT: 1, thetaRh: 0.8, vRest: 0 },
  state: { v: 0 },
  defaults: { reset: { to: -0.1 } },
  charge: (x, { v }, { tau, deltaT, thetaRh, vRest }) => ({ v: v.add(x.add(vRest).sub(v).add(v.sub(thetaRh).div(deltaT).exp().mul(deltaT)).div(tau)) }),
})

/**
 * Adaptive quadratic integrate-and-fire (Izhikevich, IEEE Transactions on Neural Networks 2003), with the adaptation `w`:
 *
 *   charge  v <- v + (x + a0 (v - vRest) (v - vCritical) - w) / tau     w <- w + (a (v - vRest) - w) / tauW
 *   fire    s  = H(v - threshold)
 *   reset   v <- v - s threshold (soft), or (1 - s) v + s to (hard)     w <- w + b s
 */
export const izhikevich = defineNeuron('izhikevich', {
  parameters: { tau: 2, vCritical: 0.8, a0: 1, vRest: -0.1, wRest: 0, tauW: 2, a: 0, b: 0 },
  state: { v: 0, w: ({ wRest }) => wRest },
  charge: (x, { v, w }, { tau, vCritical, a0, vRest, tauW, a }) => {
    const h = v.add(x.add(v.sub(vRest).mul(v.sub(vCritical)).mul(a0)).sub(w).div(tau))
    return { v: h, w: w.add(h.sub(vRest).mul(a).sub(w).div(tauW)) }
  },
  reset: ({ v, w }, s, { threshold, b }, { reset }) => ({ v: resetMembrane(v, s, threshold, reset), w: w.add(s.mul(b)) }),
})

/**
 * Adaptive exponential integrate-and-fire (Brette and Gerstner, Journal of Neurophysiology 2005), with the adaptation `w`:
 *
 *   charge  v <- v + (x + vRest - v + deltaT exp((v - thetaRh) / deltaT) - w) / tau     w <- w + (a (v - vRest) - w) / tauW
 *   fire    s  = H(v - threshold)
 *   reset   v <- v - s threshold (soft), or (1 - s) v + s to (hard)                     w <- w + b s
 */
export const adaptiveExponential = defineNeuron('adaptiveExponential', {
  parameters: { tau: 2, deltaT: 1, thetaRh: 0.8, vRest: 0, tauW: 2, a: 0, b: 0 },
  state: { v: 0, w: 0 },
  defaults: { reset: { to: -0.1 } },
  charge: (x, { v, w }, { tau, deltaT, thetaRh, vRest, tauW, a }) => {
    const h = v.add(x.add(vRest).sub(v).add(v.sub(thetaRh).div(deltaT).exp().mul(deltaT)).sub(w).div(tau))
    return { v: h, w: w.add(h.sub(vRest).mul(a).sub(w).div(tauW)) }
  },
  reset: ({ v, w }, s, { threshold, b }, { reset }) => ({ v: resetMembrane(v, s, threshold, reset), w: w.add(s.mul(b)) }),
})
