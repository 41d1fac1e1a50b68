import type { Tensor } from '@snn/tensor'
import { defineNeuron } from '../define-neuron.js'
import { extendNeuron } from '../extend-neuron.js'
import { nearestLevel, smallestLevel } from './levels.js'
import { activations, piecewise } from './piecewise.js'

/** 1 / unit, outside of the time loop. */
function perLevel(threshold: Tensor, levels: number): Tensor {
  return smallestLevel(threshold, levels).pow(-1)
}

/**
 * Neuron of the delta code: it hands on the change of its activation in graded spikes. `received` is all that came in, `sent` all
 * that went out, g the activation (`relu`, `clip` between low and high, `leakyRelu` with slope, `identity`):
 *
 *   charge  received <- received + x
 *   fire    s = the multiple of unit = threshold 2^(1 - levels) that is +-threshold 2^-k and nearest to g(received) - sent, k < levels;
 *               0 below 0.75 units
 *   reset   sent <- sent + s unit
 *   output  s unit
 *
 * Nothing is averaged over time: a constant input comes in once, and `sent` tends to g(received) geometrically, within 0.75 units.
 * Thresholds as in Huang et al. (ICML 2025), without the division by time.
 */
export const deltaNeuron = defineNeuron('deltaNeuron', {
  parameters: { slope: 0, low: 0, high: 1 },
  state: { received: 0, sent: 0 },
  settings: { levels: 8, activation: activations },
  charge: (x, { received, sent }) => ({ received: received.add(x), sent }),
  fire: ({ received, sent }, parameters, _spike, { levels, activation }) => nearestLevel(piecewise(activation, received, parameters).sub(sent).mul(perLevel(parameters.threshold, levels)), levels),
  reset: ({ received, sent }, s, { threshold }, { levels }) => ({ received, sent: sent.add(s.mul(smallestLevel(threshold, levels))) }),
  output: (_state, s, { threshold }, { levels }) => s.mul(smallestLevel(threshold, levels)),
})

/**
 * Differential neuron (Huang et al., ICML 2025): as `deltaNeuron`, but what goes out is divided by the number of steps, t + 1, and the
 * difference it is chosen by is multiplied with it, so that `sent` is a running mean of what a rate code would emit:
 *
 *   charge  received <- received + x    steps <- steps + 1
 *   fire    s = the level nearest to steps (g(received) - sent)
 *   reset   sent <- sent + s unit / steps
 *   output  s unit / steps
 */
export const differentialNeuron = extendNeuron('differentialNeuron', deltaNeuron, {
  state: { steps: 0 },
  charge: (x, { received, sent, steps }) => ({ received: received.add(x), sent, steps: steps.add(1) }),
  fire: ({ received, sent, steps }, parameters, _spike, { levels, activation }) =>
    nearestLevel(piecewise(activation, received, parameters).sub(sent).mul(steps).mul(perLevel(parameters.threshold, levels)), levels),
  reset: (state, s, { threshold }, { levels }) => ({ ...state, sent: state.sent.add(s.mul(smallestLevel(threshold, levels)).div(state.steps)) }),
  output: ({ steps }, s, { threshold }, { levels }) => s.mul(smallestLevel(threshold, levels)).div(steps),
})

/**
 * Multi-threshold neuron of a rate code (Huang et al., ICML 2025, without the differences): a current comes in at every step, and what went
 * out keeps up with the activation of its mean:
 *
 *   charge  received <- received + x    steps <- steps + 1
 *   fire    s = the level nearest to steps g(received / steps) - sent
 *   reset   sent <- sent + s unit
 *   output  s unit
 */
export const multiThresholdNeuron = extendNeuron('multiThresholdNeuron', deltaNeuron, {
  state: { steps: 0 },
  charge: (x, { received, sent, steps }) => ({ received: received.add(x), sent, steps: steps.add(1) }),
  fire: ({ received, sent, steps }, parameters, _spike, { levels, activation }) =>
    nearestLevel(piecewise(activation, received.div(steps), parameters).mul(steps).sub(sent).mul(perLevel(parameters.threshold, levels)), levels),
})
