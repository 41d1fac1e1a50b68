import { fastSigmoid } from '@snn/surrogate'
import { defineNeuron } from './define-neuron.js'
import { resetMembrane } from './reset.js'

/**
 * Norse's `LSNN` cell without its recurrent weights (after Bellec et al., NeurIPS 2018): a LIF with an exponential
 * synaptic current `i` and an adaptive threshold `b`, which rests at `threshold`; time constants in steps:
 *
 *   charge  v <- v + (vRest - v + i) / tauMembrane
 *           i <- i - i / tauSynapse + x
 *           b <- b + (threshold - b) / tauAdaptation
 *   fire    s  = H(v - b)
 *   reset   v <- (1 - s) v + s to (hard), or v - s b (soft)
 *           b <- b + beta s
 */
export const lsnn = defineNeuron('lsnn', {
  parameters: { tauMembrane: 10, tauSynapse: 5, tauAdaptation: 800, beta: 1.8, vRest: 0 },
  within: { tauMembrane: [0, Infinity], tauSynapse: [0, Infinity], tauAdaptation: [0, Infinity] },
  state: { v: 0, i: 0, b: ({ threshold }) => threshold },
  resets: ['to', 'soft', 'none'],
  defaults: { surrogate: fastSigmoid({ slope: 100 }) },
  charge: (x, { v, i, b }, { tauMembrane, tauSynapse, tauAdaptation, vRest, threshold }) => ({
    v: v.add(vRest.sub(v).add(i).div(tauMembrane)),
    i: i.sub(i.div(tauSynapse)).add(x),
    b: b.add(threshold.sub(b).div(tauAdaptation)),
  }),
  fire: ({ v, b }, _parameters, spike) => spike(v.sub(b)),
  reset: ({ v, i, b }, s, { beta }, { reset }) => ({ v: resetMembrane(v, s, b, reset), i, b: b.add(s.mul(beta)) }),
})
