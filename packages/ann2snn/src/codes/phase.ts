import { phaseNeuron } from '@snn/neuron'
import type { Code } from './code.js'
import { binarySpikes, changeCode } from './family.js'
import { parameter } from './parameter.js'

/**
 * Binary spikes weighted by their place in time, the bits of the quantised activation, layer after layer (Kim et al.
 * 2018): every layer takes `levels` steps.
 */
export const phase: Code = changeCode({
  ...binarySpikes,
  name: 'phase',
  summary: 'binary spikes that are the bits of the activation, layer after layer (Kim et al. 2018)',
  signed: false,
  levels: { default: 4, least: 1, most: 12 },
  // nothing beyond the threshold is sent later, and a finer last bit is worth more than the rare largest activations
  mode: '99.9%',
  start: (depth, { levels }) => depth * levels,
  neuron({ name, shape, threshold, depth }, { levels: bits }) {
    // all bits set make the largest activation; half of the last bit rounds
    const whole = threshold.map((x) => (x * 2 ** bits) / (2 ** bits - 1))
    return phaseNeuron({
      threshold: parameter(whole, shape, `${name}.threshold`),
      initial: {
        v: parameter(
          whole.map((x) => x * 2 ** -(bits + 1)),
          shape,
          `${name}.initial.v`,
        ),
      },
      start: depth * bits,
      bits,
    })
  },
})
