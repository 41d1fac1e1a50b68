import { extendNeuron } from './extend-neuron.js'
import { resetMembrane } from './reset.js'
import { slttLif } from './sltt-lif.js'

/**
 * LIF for online training through time (Xiao et al., arXiv:2210.04195): no gradient flows from step to step; instead
 * `trace` follows the spikes, for the gradients of the weights that they meet.
 *
 *   charge  v <- stopGradient(v), then as `lif` with soft reset and decayInput: false
 *   fire    as `lif`
 *   reset   as `lif`     trace <- (1 - 1 / tau) trace + s, without gradient
 */
export const otttLif = extendNeuron('otttLif', slttLif, {
  state: { trace: 0 },
  settings: { decayInput: false },
  resets: ['soft', 'to', 'none'],
  defaults: { reset: 'soft' },
  reset: ({ v, trace }, s, parameters, { reset }) => ({
    v: resetMembrane(v, s, parameters.threshold, reset),
    trace: trace.sub(trace.div(parameters.tau)).add(s).stopGradient(),
  }),
})
