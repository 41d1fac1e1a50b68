import { differentialNeuron } from '@snn/neuron'
import type { Code } from './code.js'
import { changeCode, gradedSpikes } from './family.js'
import { gradedOptions } from './graded.js'

/**
 * Graded spikes that carry the change of a mean rate: a level divided by the number of steps (Huang et al., ICML 2025).
 */
export const differential: Code = changeCode({
  ...gradedSpikes,
  name: 'differential',
  summary: 'graded, signed spikes that carry the change of a mean (Huang et al. 2025)',
  digits: 1,
  start: () => 0,
  neuron: (site, { levels, digits }) => differentialNeuron({ levels, digits, ...gradedOptions(site) }),
})
