import type { Tensor } from '@snn/tensor'
import { extendNeuron } from './extend-neuron.js'
import { lif } from './lif.js'

const activations: Readonly<Record<'relu' | 'tanh' | 'sigmoid' | 'identity', (u: Tensor) => Tensor>> = {
  relu: (u) => u.relu(),
  tanh: (u) => u.tanh(),
  sigmoid: (u) => u.sigmoid(),
  identity: (u) => u,
}

/**
 * Leaky integrate and analog fire (Wu et al., arXiv:2011.06176): `lif` that spikes only within, and hands on its
 * membrane by an
 * `activation`:
 *
 *   charge, fire, reset  as `lif`
 *   output  activation(v - threshold), or activation(v) with thresholdRelated: false, of the v before the reset
 */
export const liaf = extendNeuron('liaf', lif, {
  settings: { activation: ['relu', 'tanh', 'sigmoid', 'identity'], thresholdRelated: true },
  output: ({ v }, _s, { threshold }, { activation, thresholdRelated }) =>
    activations[activation](thresholdRelated ? v.sub(threshold) : v),
})
