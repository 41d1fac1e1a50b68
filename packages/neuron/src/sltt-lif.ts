import { extendNeuron } from './extend-neuron.js'
import { leakyCharge, lif } from './lif.js'

/**
 * LIF for spatial learning through time (Meng et al., arXiv:2302.14311): no gradient flows from step to step.
 *
 *   charge  v <- stopGradient(v), then as `lif`
 *   fire, reset  as `lif`
 */
export const slttLif = extendNeuron('slttLif', lif, {
  defaults: { detachReset: true },
  charge: (x, { v }, { tau }, settings) => ({ v: leakyCharge(x, v.stopGradient(), tau, settings) }),
})
