import type { Tensor } from '@snn/tensor'
import { rect } from '@snn/surrogate'
import { defineNeuron } from './define-neuron.js'

const activations: Readonly<Record<'relu' | 'identity', (u: Tensor) => Tensor>> = {
  relu: (u) => u.relu(),
  identity: (u) => u,
}

/**
 * Sigma-delta neuron, as in Lava: it adds up the changes it receives, and hands on the change of its activation once
 * that reaches the threshold, as a graded spike:
 *
 *   charge  sigma <- sigma + x                d = activation(sigma + bias) - sent
 *   fire    s  = d where |d| >= threshold, else 0
 *   reset   sent <- sent + s
 *
 * So the sum of what it handed on stays within a threshold of the activation of the sum of what came in.
 */
export const sigmaDelta = defineNeuron('sigmaDelta', {
  parameters: { threshold: 0.1, bias: 0 },
  within: { threshold: [0, Infinity] },
  state: { sigma: 0, sent: 0 },
  settings: { activation: ['relu', 'identity'] },
  defaults: { surrogate: rect() },
  charge: (x, { sigma, sent }) => ({ sigma: sigma.add(x), sent }),
  fire: ({ sigma, sent }, { threshold, bias }, spike, { activation }) => {
    const d = activations[activation](sigma.add(bias)).sub(sent)
    return d.mul(spike(d.abs().sub(threshold)))
  },
  reset: ({ sigma, sent }, s) => ({ sigma, sent: sent.add(s) }),
})
