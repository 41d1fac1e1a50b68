import { signedIntegrateAndFire } from '@snn/neuron'
import { afterWaiting, rateOptions } from './binary.js'
import type { Code } from './code.js'
import { binarySpikes, rateCode } from './family.js'

/** Spikes +1 and -1, whose sum stays at least 0: what was fired too early is taken back (Wang et al. 2022). */
export const signed: Code = rateCode({
  ...binarySpikes,
  name: 'signed',
  summary: 'spikes +1 and -1; their mean is the activation, and a spike too many is taken back (Wang et al. 2022)',
  signed: true,
  levels: undefined,
  absorbs: true,
  start: afterWaiting,
  neuron: (site, { T, wait }) =>
    signedIntegrateAndFire({ ...rateOptions(site), start: (site.depth + 1) * wait, length: wait > 0 ? T : 0, wait }),
})
