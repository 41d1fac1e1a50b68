import { scalar } from '@snn/tensor'
import { defineSurrogate } from './define-surrogate.js'

// Each call draws anew, counted by a Variable, so these work inside of a trace only; the same `seed` gives the same
// spikes.

/**
 * Random spikes of probability x in [0, 1], straight through (Bengio et al. 2013):
 *
 *   forward     1 with probability x, else 0
 *   primitive   x
 *   derivative  1
 */
export const poissonPass = defineSurrogate('poissonPass', {
  parameters: {},
  settings: { seed: 0 },
  probability: (x) => x,
  primitive: (x) => x,
  derivative: (x) => scalar(1, x.dtype),
})

/**
 * Random spikes of logistic probability, as Norse's `logistic`, of slope `k`, 1 by default:
 *
 *   forward     1 with probability (1 + tanh(k x)) / 2, else 0
 *   primitive   tanh(k x) / k
 *   derivative  1 - tanh(k x)^2
 */
export const logistic = defineSurrogate('logistic', {
  parameters: { k: 1 },
  within: { k: [0, Infinity] },
  settings: { seed: 0 },
  probability: (x, { k }) => x.mul(k).tanh().add(1).mul(0.5),
  primitive: (x, { k }) => x.mul(k).tanh().div(k),
  derivative: (x, { k }) => x.mul(k).tanh().square().neg().add(1),
})

/**
 * Random spikes whose probability is the circle function, as Norse's `circ_dist`, of width `alpha`, 1 by default:
 *
 *   forward     1 with probability (1 + x / sqrt(x^2 + alpha^2)) / 2, else 0
 *   primitive   alpha x / sqrt(x^2 + alpha^2)
 *   derivative  alpha^3 / (x^2 + alpha^2)^(3/2)
 */
export const circleDistribution = defineSurrogate('circleDistribution', {
  parameters: { alpha: 1 },
  within: { alpha: [0, Infinity] },
  settings: { seed: 0 },
  probability: (x, { alpha }) => x.div(x.square().add(alpha.square()).sqrt()).add(1).mul(0.5),
  primitive: (x, { alpha }) => x.mul(alpha).div(x.square().add(alpha.square()).sqrt()),
  derivative: (x, { alpha }) => alpha.div(x.square().add(alpha.square()).sqrt()).pow(3),
})
