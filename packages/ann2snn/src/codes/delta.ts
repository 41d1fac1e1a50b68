import { deltaNeuron } from '@snn/neuron'
import type { Code } from './code.js'
import { changeCode, gradedSpikes } from './family.js'
import { gradedOptions } from './graded.js'

/**
 * Changes in graded spikes: input and biases enter once, a neuron hands on the level nearest to what it still owes, and
 * the activity dies out by itself. Other functions emit f(all received) - f(before), exactly.
 */
export const delta: Code = changeCode({
  ...gradedSpikes,
  name: 'delta',
  summary: 'graded, signed spikes that carry changes; activity dies out (levels of Huang et al. 2025, no averaging)',
  // a spike of one digit owes 1/3 of the change at worst, with two 1/5
  digits: 2,
  start: () => 0,
  neuron: (site, { levels, digits }) => deltaNeuron({ levels, digits, ...gradedOptions(site) }),
})
