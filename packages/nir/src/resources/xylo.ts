import type { ChipProblem, ChipResources } from './chip-resources.js'

/**
 * Sizes of Xylo: hidden and output neurons from Rockpool's mapper, which refuses more; input channels from its overview
 * of the family.
 */
const xyloLimits = {
  inputs: 16,
  hidden: 1000,
  outputs: 8,
  source:
    'https://github.com/synsense/rockpool rockpool/devices/xylo/syns61201/xylo_mapper.py mapper; docs/devices/xylo-overview.ipynb',
} as const

/** Inputs, hidden and output neurons against those of Xylo. */
export function onXylo(sizes: {
  readonly inputs: number
  readonly hidden: number
  readonly outputs: number
}): ChipResources {
  const names = { inputs: 'input channels', hidden: 'hidden neurons', outputs: 'output neurons' } as const
  const fixes = {
    inputs: 'Use fewer inputs: it is made for the channels of a microphone or a motion sensor.',
    hidden: 'Use fewer or smaller layers.',
    outputs: 'Use fewer classes.',
  } as const
  const problems = (['inputs', 'hidden', 'outputs'] as const).flatMap((what): ChipProblem[] =>
    sizes[what] > xyloLimits[what]
      ? [{ layer: '', what: `${sizes[what]} ${names[what]}, and Xylo has ${xyloLimits[what]}`, fix: fixes[what] }]
      : [],
  )
  return { chip: 'Xylo Audio 2', source: xyloLimits.source, estimate: false, fits: problems.length === 0, problems }
}
