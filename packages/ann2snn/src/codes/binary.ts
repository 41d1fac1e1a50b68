import { drivenIntegrateAndFire, integrateAndFire, windowedIntegrateAndFire } from '@snn/neuron'
import type { Code, CodeSettings, Site } from './code.js'
import { binarySpikes, rateCode } from './family.js'
import { parameter } from './parameter.js'
import { rulesAt } from '../plan/target.js'

/** Binary spikes whose rate is the activation: integrate-and-fire with soft reset (Rueckauer et al. 2017). */
export const binary: Code = rateCode({
  ...binarySpikes,
  name: 'binary',
  summary: 'binary spikes; their rate is the activation (Rueckauer et al. 2017; calibrated: Li et al. 2021)',
  signed: false,
  levels: undefined,
  absorbs: true,
  start: afterWaiting,
  neuron(site, { T, wait, target }) {
    if (rulesAt(target, site.depth)?.reset === 'hard') return hardReset(site)
    const { current, ...common } = rateOptions(site)
    const options = { ...common, reset: 'soft', amplitude: 'threshold' } as const
    if (wait > 0)
      return windowedIntegrateAndFire({ ...options, current, start: (site.depth + 1) * wait, length: T, wait })
    return current === 0 ? integrateAndFire(options) : drivenIntegrateAndFire({ ...options, current })
  },
})

/** Each layer integrates for `wait` steps before it fires. */
export function afterWaiting(depth: number, { wait }: CodeSettings): number {
  return (depth + 1) * wait
}

/** For chips: what exceeds the level is lost at the reset. A spike is 1, whatever it stands for. */
function hardReset({ name, shape, level, current }: Site) {
  const options = {
    threshold: parameter(level, shape, `${name}.threshold`),
    reset: { to: 0 },
    amplitude: 'one',
  } as const
  const drive = parameter(current, shape, `${name}.current`)
  return drive === 0 ? integrateAndFire(options) : drivenIntegrateAndFire({ ...options, current: drive })
}

/** Threshold, initial potential and current of a site as options of a neuron. */
export function rateOptions({ name, shape, threshold, initial, current }: Site) {
  return {
    threshold: parameter(threshold, shape, `${name}.threshold`),
    initial: { v: parameter(initial, shape, `${name}.initial.v`) },
    current: parameter(current, shape, `${name}.current`),
  }
}
