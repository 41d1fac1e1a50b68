import { defineNeuron } from './define-neuron.js'

/**
 * Integrate-and-fire (Lapicque 1907):
 *
 *   charge  v <- v + x
 *   fire    s  = H(v - threshold)
 *   reset   v <- v - s threshold (soft), or (1 - s) v + s to (hard)
 */
export const integrateAndFire = defineNeuron('integrateAndFire', {
  parameters: {},
  state: { v: 0 },
  charge: (x, { v }) => ({ v: v.add(x) }),
})
