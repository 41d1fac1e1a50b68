import { adapt, resetAdaptive } from './adaptation.js'
import { defineNeuron } from './define-neuron.js'
import { quadraticDrift } from './quadratic-integrate-and-fire.js'

/**
 * Adaptive quadratic integrate-and-fire (Izhikevich, IEEE Transactions on Neural Networks 2003), with the adaptation
 * `w`:
 *
 *   charge  v <- v + (x + a0 (v - vRest) (v - vCritical) - w) / tau     w <- w + (a (v - vRest) - w) / tauW
 *   fire    s  = H(v - threshold)
 *   reset   v <- v - s threshold (soft), or (1 - s) v + s to (hard)     w <- w + b s
 */
export const izhikevich = defineNeuron('izhikevich', {
  parameters: { tau: 2, vCritical: 0.8, a0: 1, vRest: -0.1, wRest: 0, tauW: 2, a: 0, b: 0 },
  within: { tau: [1, Infinity], a0: [0, Infinity], tauW: [0, Infinity] },
  state: { v: 0, w: ({ wRest }) => wRest },
  resets: ['to', 'soft', 'none'],
  charge: (x, { v, w }, parameters) => {
    const h = v.add(x.add(quadraticDrift(v, parameters)).sub(w).div(parameters.tau))
    return { v: h, w: adapt(w, h, parameters) }
  },
  reset: resetAdaptive,
})
