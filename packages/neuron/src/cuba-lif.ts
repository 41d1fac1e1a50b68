import { rect } from '@snn/surrogate'
import { defineNeuron } from './define-neuron.js'

/**
 * LIF with a synaptic current `i`, as on Loihi (Davies et al., IEEE Micro 2018):
 *
 *   charge  i <- currentDecay i + x     v <- voltageDecay v + i
 *   fire    s  = H(v - threshold)
 *   reset   v <- v - s threshold (soft), or (1 - s) v + s to (hard)
 */
export const cubaLif = defineNeuron('cubaLif', {
  parameters: { currentDecay: 0.5, voltageDecay: 0.75, threshold: 0.5 },
  state: { i: 0, v: 0 },
  defaults: { surrogate: rect() },
  charge: (x, { i, v }, { currentDecay, voltageDecay }) => {
    const current = i.mul(currentDecay).add(x)
    return { i: current, v: v.mul(voltageDecay).add(current) }
  },
})
