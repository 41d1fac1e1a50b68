import { multiThresholdNeuron } from '@snn/neuron'
import type { Code } from './code.js'
import { gradedSpikes, rateCode } from './family.js'
import { gradedOptions } from './graded.js'

/**
 * A rate code in graded spikes: what a neuron has emitted keeps up with its activation at every step (Huang et al.,
 * ICML 2025).
 */
export const multiThreshold: Code = rateCode({
  ...gradedSpikes,
  name: 'multiThreshold',
  summary: 'graded, signed spikes whose mean is the activation (Huang et al. 2025)',
  digits: 1,
  absorbs: false,
  start: () => 0,
  neuron: (site, { levels, digits }) => multiThresholdNeuron({ levels, digits, ...gradedOptions(site) }),
})
