import { multiLevel, rect } from '@snn/surrogate'
import type { Tensor } from '@snn/tensor'
import { defineNeuron } from './define-neuron.js'
import { extendNeuron } from './extend-neuron.js'
import { leakyCharge, lif } from './lif.js'
import { learnable } from './parameter.js'
import { resetMembrane } from './reset.js'

/**
 * KLIF (Jiang and Zhang 2023): `lif` with a learned gain `k`, one per layer unless given otherwise, and no negative membrane:
 *
 *   charge  v <- max(0, k (v + (x - (v - rest)) / tau)), or with decayInput: false as `lif`
 *   fire    s  = H(v - threshold)
 *   reset   as `lif`; with scaleReset of v / k, with the threshold / k
 */
export const klif = extendNeuron('klif', lif, {
  parameters: { k: learnable(1) },
  settings: { scaleReset: false },
  charge: (x, { v }, { tau, k }, settings) => ({ v: leakyCharge(x, v, tau, settings).mul(k).relu() }),
  reset: ({ v }, s, { threshold, k }, { reset, scaleReset }) => ({ v: scaleReset ? resetMembrane(v.div(k), s, threshold.div(k), reset) : resetMembrane(v, s, threshold, reset) }),
})

/**
 * LIF with a synaptic current `i` (Davies et al., IEEE Micro 2018):
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

const activations: Readonly<Record<'relu' | 'tanh' | 'sigmoid' | 'identity', (u: Tensor) => Tensor>> = {
  relu: (u) => u.relu(),
  tanh: (u) => u.tanh(),
  sigmoid: (u) => u.sigmoid(),
  identity: (u) => u,
}

/**
 * Leaky integrate and analog fire (Wu et al., IEEE Transactions on Neural Networks and Learning Systems 2021): `lif` that spikes
 * only within, and hands on its membrane by an `activation`:
 *
 *   charge, fire, reset  as `lif`
 *   output  activation(v - threshold), or activation(v) with thresholdRelated: false, of the v before the reset
 */
export const liaf = extendNeuron('liaf', lif, {
  settings: { activation: ['relu', 'tanh', 'sigmoid', 'identity'], thresholdRelated: true },
  output: ({ v }, _s, { threshold }, { activation, thresholdRelated }) => activations[activation](thresholdRelated ? v.sub(threshold) : v),
})

/**
 * Integer LIF (Luo et al., ECCV 2024), which counts several spikes a step, 0 .. 4 with the surrogate `multiLevel()`:
 *
 *   charge  v <- v - v / tau + x, or v + (x - v) / tau with decayInput
 *   fire    s  = round(min(max(v / threshold, 0), levels))
 *   reset   v <- v - s threshold
 */
export const ilif = defineNeuron('ilif', {
  parameters: { tau: 4 / 3 },
  state: { v: 0 },
  settings: { decayInput: false },
  defaults: { reset: 'soft', surrogate: multiLevel() },
  charge: (x, { v }, { tau }, { decayInput }) => ({ v: leakyCharge(x, v, tau, { decayInput, reset: 'soft' }) }),
  fire: ({ v }, { threshold }, spike) => spike(v.div(threshold)),
  reset: ({ v }, s, { threshold }) => ({ v: v.sub(s.mul(threshold)) }),
})
