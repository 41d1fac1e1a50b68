import { learnable } from '@snn/surrogate'
import { extendNeuron } from './extend-neuron.js'
import { leakyCharge, lif } from './lif.js'
import { resetMembrane } from './reset.js'

/**
 * KLIF (Jiang and Zhang, arXiv:2302.09238): `lif` with a learned gain `k`, one per layer unless given otherwise, and no
 * negative membrane:
 *
 *   charge  v <- max(0, k (v + (x - (v - rest)) / tau)), or with decayInput: false as `lif`
 *   fire    s  = H(v - threshold)
 *   reset   as `lif`; with scaleReset of v / k, with the threshold / k
 */
export const klif = extendNeuron('klif', lif, {
  parameters: { k: learnable(1) },
  settings: { scaleReset: false },
  resets: ['to', 'soft', 'none'],
  charge: (x, { v }, { tau, k }, settings) => ({ v: leakyCharge(x, v, tau, settings).mul(k).relu() }),
  reset: ({ v }, s, { threshold, k }, { reset, scaleReset }) => ({
    v: scaleReset ? resetMembrane(v.div(k), s, threshold.div(k), reset) : resetMembrane(v, s, threshold, reset),
  }),
})
