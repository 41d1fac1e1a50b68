import { fastSigmoid } from '@snn/surrogate'
import { defineNeuron } from './define-neuron.js'

/**
 * Norse's `LIF`, with an exponential synaptic current `i`; time constants in steps (Norse's are seconds, of 1 ms a
 * step):
 *
 *   charge  j <- i + x     v <- v + (vRest - v + j) / tauMembrane     i <- j - j / tauSynapse
 *   fire    s  = H(v - threshold)
 *   reset   v <- (1 - s) v + s to (hard), or v - s threshold (soft)
 */
export const currentLif = defineNeuron('currentLif', {
  parameters: { tauMembrane: 10, tauSynapse: 5, vRest: 0 },
  within: { tauMembrane: [0, Infinity], tauSynapse: [0, Infinity] },
  state: { v: 0, i: 0 },
  defaults: { surrogate: fastSigmoid({ slope: 100 }) },
  charge: (x, { v, i }, { tauMembrane, tauSynapse, vRest }) => {
    const j = i.add(x)
    return { v: v.add(vRest.sub(v).add(j).div(tauMembrane)), i: j.sub(j.div(tauSynapse)) }
  },
})
