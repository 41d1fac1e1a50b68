import { bipolarIntegrateAndFire } from '@snn/neuron'
import type { Code } from './code.js'
import { binarySpikes, changeCode } from './family.js'
import { parameter } from './parameter.js'

/**
 * Spikes +1 and -1 with a tracer (You et al., ICML 2024): their sum is exactly the activation quantised to `levels`
 * steps, whatever the order of its inputs, after about twice as many time steps.
 */
export const stBif: Code = changeCode({
  ...binarySpikes,
  name: 'stBif',
  summary: 'spikes +1 and -1; their sum is the quantised activation (You et al. 2024)',
  signed: true,
  levels: { default: 15, least: 1, most: 255 },
  start: () => 0,
  neuron: ({ name, shape, threshold }, { levels }) =>
    bipolarIntegrateAndFire({
      threshold: parameter(
        threshold.map((x) => x / levels),
        shape,
        `${name}.threshold`,
      ),
      level: levels + 1,
      symmetric: false,
    }),
})
