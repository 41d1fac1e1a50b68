import { defineNeuron } from './define-neuron.js'
import { extendNeuron } from './extend-neuron.js'

/**
 * An integrator, as the last layer of a regression: no spikes, no reset. See `decodeMembrane`.
 *
 *   charge  v <- v + x
 *   output  v
 */
export const nonSpikingIntegrateAndFire = defineNeuron('nonSpikingIntegrateAndFire', {
  parameters: {},
  state: { v: 0 },
  resets: ['none'],
  charge: (x, { v }) => ({ v: v.add(x) }),
  fire: ({ v }) => v.mul(0).stopGradient(),
  reset: (state) => state,
  output: ({ v }) => v,
})

/**
 * A leaky integrator: no spikes, no reset.
 *
 *   charge  v <- v + (x - v) / tau
 *   output  v
 */
export const nonSpikingLif = extendNeuron('nonSpikingLif', nonSpikingIntegrateAndFire, {
  parameters: { tau: 2 },
  within: { tau: [0, Infinity] },
  charge: (x, { v }, { tau }) => ({ v: v.add(x.sub(v).div(tau)) }),
})
