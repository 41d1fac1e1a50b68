import { multiThresholdNeuron } from '@snn/neuron'
import type { Code } from './code.js'
import { delta } from './delta.js'
import { gradedOptions } from './graded.js'

/** A rate code in graded spikes: what a neuron has emitted keeps up with its activation at every step (Huang et al., ICML 2025). */
export const multiThreshold: Code = {
  ...delta,
  name: 'multiThreshold',
  summary: 'graded, signed spikes whose mean is the activation (Huang et al. 2025)',
  flow: 'sustained',
  functions: false,
  digits: 1,
  neuron: (site, { levels, digits }) => multiThresholdNeuron({ levels, digits, ...gradedOptions(site) }),
}
