import { multiLevel } from '@snn/surrogate'
import { defineNeuron } from './define-neuron.js'
import { leakyCharge } from './lif.js'

/**
 * Integer LIF (Luo et al., Integer-Valued Training and Spike-Driven Inference Spiking Neural Network, ECCV 2024), which
 * counts several spikes a step, 0 .. 4 with the surrogate `multiLevel()`:
 *
 *   charge  v <- v - v / tau + x, or v + (x - v) / tau with decayInput
 *   fire    s  = round(min(max(v / threshold, 0), levels))
 *   reset   v <- v - s threshold
 */
export const ilif = defineNeuron('ilif', {
  parameters: { tau: 4 / 3 },
  within: { tau: [1, Infinity] },
  state: { v: 0 },
  settings: { decayInput: false },
  resets: ['soft'],
  defaults: { surrogate: multiLevel() },
  charge: (x, { v }, { tau }, { decayInput }) => ({ v: leakyCharge(x, v, tau, { decayInput, reset: 'soft' }) }),
  fire: ({ v }, { threshold }, spike) => spike(v.div(threshold)),
  reset: ({ v }, s, { threshold }) => ({ v: v.sub(s.mul(threshold)) }),
})
