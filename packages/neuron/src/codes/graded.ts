import type { Tensor } from '@snn/tensor'
import { defineNeuron } from '../define-neuron.js'
import { extendNeuron } from '../extend-neuron.js'
import { nearestLevel, unitOf } from './levels.js'
import { activations, piecewise } from './piecewise.js'

interface GradedSettings {
  readonly levels: number
  readonly digits: number
}

/** 1 / unit, outside of the time loop. */
function perUnit(threshold: Tensor, { levels, digits }: GradedSettings): Tensor {
  return unitOf(threshold, levels, digits).pow(-1)
}

/**
 * Neuron of the delta code: it hands on the change of its activation in graded spikes. `received` is all that came in,
 * `sent` all that went out, g the activation (`relu`, `clip` between low and high, `leakyRelu` with slope, `identity`):
 *
 *   charge  received <- received + x
 *   fire    s unit = the level nearest to g(received) - sent, of size m threshold 2^-k <= threshold, k < levels;
 *               0 below 0.75 of the smallest
 *   reset   sent <- sent + s unit
 *   output  s unit
 *
 * m is 1, or with two `digits` 1 or 1.5, or in general of 1 <= m < 2 with so many binary digits; s is whole, with unit
 * = threshold 2^(2 - levels - digits). Nothing is averaged over time: a constant input comes in once, and `sent` tends
 * to g(received) geometrically, to within 0.75 of the smallest level: a spike leaves at most 1/3 of what is owed, with
 * two digits 1/5. Levels as in Huang et al. (ICML 2025), without the division by time; digits as in Li et al. (ICLR
 * 2020).
 */
export const deltaNeuron = defineNeuron('deltaNeuron', {
  parameters: { slope: 0, low: 0, high: 1 },
  state: { received: 0, sent: 0 },
  settings: { levels: 8, digits: 1, activation: activations },
  charge: (x, { received, sent }) => ({ received: received.add(x), sent }),
  fire: ({ received, sent }, parameters, _spike, { activation, ...settings }) =>
    nearestLevel(
      piecewise(activation, received, parameters).sub(sent).mul(perUnit(parameters.threshold, settings)),
      settings.levels,
      settings.digits,
    ),
  reset: ({ received, sent }, s, { threshold }, { levels, digits }) => ({
    received,
    sent: sent.add(s.mul(unitOf(threshold, levels, digits))),
  }),
  output: (_state, s, { threshold }, { levels, digits }) => s.mul(unitOf(threshold, levels, digits)),
})

/**
 * Differential neuron (Huang et al., ICML 2025): as `deltaNeuron`, but what goes out is divided by the number of steps,
 * t + 1, and the difference it is chosen by is multiplied with it, so that `sent` is a running mean of what a rate code
 * would emit:
 *
 *   charge  received <- received + x    steps <- steps + 1
 *   fire    s = the level nearest to steps (g(received) - sent)
 *   reset   sent <- sent + s unit / steps
 *   output  s unit / steps
 */
export const differentialNeuron = extendNeuron('differentialNeuron', deltaNeuron, {
  state: { steps: 0 },
  charge: (x, { received, sent, steps }) => ({ received: received.add(x), sent, steps: steps.add(1) }),
  fire: ({ received, sent, steps }, parameters, _spike, { activation, ...settings }) =>
    nearestLevel(
      piecewise(activation, received, parameters).sub(sent).mul(steps).mul(perUnit(parameters.threshold, settings)),
      settings.levels,
      settings.digits,
    ),
  reset: (state, s, { threshold }, { levels, digits }) => ({
    ...state,
    sent: state.sent.add(s.mul(unitOf(threshold, levels, digits)).div(state.steps)),
  }),
  output: ({ steps }, s, { threshold }, { levels, digits }) => s.mul(unitOf(threshold, levels, digits)).div(steps),
})

/**
 * Multi-threshold neuron of a rate code (Huang et al., ICML 2025, without the differences): a current comes in at every
 * step, and what went out keeps up with the activation of its mean:
 *
 *   charge  received <- received + x    steps <- steps + 1
 *   fire    s = the level nearest to steps g(received / steps) - sent
 *   reset   sent <- sent + s unit
 *   output  s unit
 */
export const multiThresholdNeuron = extendNeuron('multiThresholdNeuron', deltaNeuron, {
  state: { steps: 0 },
  charge: (x, { received, sent, steps }) => ({ received: received.add(x), sent, steps: steps.add(1) }),
  fire: ({ received, sent, steps }, parameters, _spike, { activation, ...settings }) =>
    nearestLevel(
      piecewise(activation, received.div(steps), parameters)
        .mul(steps)
        .sub(sent)
        .mul(perUnit(parameters.threshold, settings)),
      settings.levels,
      settings.digits,
    ),
})
