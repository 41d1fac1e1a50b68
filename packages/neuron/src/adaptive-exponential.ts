import { adapt, resetAdaptive } from './adaptation.js'
import { defineNeuron } from './define-neuron.js'
import { exponentialDrift } from './exponential-integrate-and-fire.js'

/**
 * Adaptive exponential integrate-and-fire (Brette and Gerstner, Journal of Neurophysiology 2005), with the adaptation
 * `w`:
 *
 *   charge  v <- v + (x + vRest - v + deltaT exp((v - thetaRh) / deltaT) - w) / tau
 *           w <- w + (a (v - vRest) - w) / tauW
 *   fire    s  = H(v - threshold)
 *   reset   v <- v - s threshold (soft), or (1 - s) v + s to (hard)
 *           w <- w + b s
 */
export const adaptiveExponential = defineNeuron('adaptiveExponential', {
  parameters: { tau: 2, deltaT: 1, thetaRh: 0.8, vRest: 0, tauW: 2, a: 0, b: 0 },
  within: { tau: [1, Infinity], deltaT: [0, Infinity], tauW: [0, Infinity] },
  state: { v: 0, w: 0 },
  resets: ['to', 'soft', 'none'],
  defaults: { reset: { to: -0.1 } },
  charge: (x, { v, w }, parameters) => {
    const h = v.add(x.add(exponentialDrift(v, parameters)).sub(w).div(parameters.tau))
    return { v: h, w: adapt(w, h, parameters) }
  },
  reset: resetAdaptive,
})
