import { burstNeuron } from '@snn/neuron'
import { upperBound, type Code } from './code.js'
import { binarySpikes, rateCode } from './family.js'
import { parameter } from './parameter.js'

/**
 * Binary spikes that carry more the longer a burst lasts: 1, 2, 4 .. times the smallest, up to twice the largest
 * activation, or the bound of a Clip (Park et al., DAC 2019).
 */
export const burst: Code = rateCode({
  ...binarySpikes,
  name: 'burst',
  summary: 'binary spikes that weigh twice as much as the one a step before (Park et al. 2019)',
  signed: false,
  levels: { default: 5, least: 1, most: 16 },
  absorbs: false,
  start: () => 0,
  neuron({ name, layer, shape, threshold }, { levels }) {
    const largest = 2 ** (levels - 1)
    // twice the activation, so that what the beginning of a burst owes can be made up for; at the bound of a Clip no
    // more than that
    const smallest = threshold.map((x) => Math.min(2 * x, upperBound(layer)) / largest)
    return burstNeuron({
      threshold: parameter(smallest, shape, `${name}.threshold`),
      initial: {
        v: parameter(
          smallest.map((x) => x / 2),
          shape,
          `${name}.initial.v`,
        ),
      },
      largest,
      reset: 'soft',
    })
  },
})
