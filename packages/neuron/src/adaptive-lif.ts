import { extendNeuron } from './extend-neuron.js'
import { lif } from './lif.js'
import { resetMembrane } from './reset.js'

/**
 * Adaptive LIF (Bellec et al., NeurIPS 2018): each spike raises the threshold by `beta`, for about `tauAdaptation`
 * steps.
 *
 *   charge  v as `lif`                                             a <- a - a / tauAdaptation
 *   fire    s  = H(v - (threshold + beta a))
 *   reset   v <- v - s threshold (soft), or (1 - s) v + s to       a <- a + s
 */
export const adaptiveLif = extendNeuron('adaptiveLif', lif, {
  parameters: { beta: 0.2, tauAdaptation: 100 },
  within: { tauAdaptation: [1, Infinity] },
  state: { a: 0 },
  resets: ['to', 'soft', 'none'],
  charge: (x, { v, a }, parameters, settings) => ({
    ...lif.spec.charge(x, { v }, parameters, settings),
    a: a.sub(a.div(parameters.tauAdaptation)),
  }),
  fire: ({ v, a }, { threshold, beta }, spike) => spike(v.sub(threshold.add(a.mul(beta)))),
  reset: ({ v, a }, s, { threshold }, { reset }) => ({ v: resetMembrane(v, s, threshold, reset), a: a.add(s) }),
})
