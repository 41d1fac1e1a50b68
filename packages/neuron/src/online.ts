import { extendNeuron } from './extend-neuron.js'
import { leakyCharge, lif } from './lif.js'
import { resetMembrane } from './reset.js'

/**
 * LIF for spatial learning through time (Meng et al., ICCV 2023): no gradient flows from step to step.
 *
 *   charge  v <- stopGradient(v), then as `lif`
 *   fire, reset  as `lif`
 */
export const slttLif = extendNeuron('slttLif', lif, {
  defaults: { detachReset: true },
  charge: (x, { v }, { tau }, settings) => ({ v: leakyCharge(x, v.stopGradient(), tau, settings) }),
})

/**
 * LIF for online training through time (Xiao et al., NeurIPS 2022): no gradient flows from step to step; instead `trace` follows the
 * spikes, for the gradients of the weights that they meet.
 *
 *   charge  v <- stopGradient(v), then as `lif` with soft reset and decayInput: false
 *   fire    as `lif`
 *   reset   as `lif`     trace <- (1 - 1 / tau) trace + s, without gradient
 */
export const otttLif = extendNeuron('otttLif', slttLif, {
  state: { trace: 0 },
  settings: { decayInput: false },
  defaults: { reset: 'soft' },
  reset: ({ v, trace }, s, parameters, { reset }) => ({
    v: resetMembrane(v, s, parameters.threshold, reset),
    trace: trace.sub(trace.div(parameters.tau)).add(s).stopGradient(),
  }),
})
