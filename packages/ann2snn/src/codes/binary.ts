import { drivenIntegrateAndFire, integrateAndFire, windowedIntegrateAndFire } from '@snn/neuron'
import { rectifiers, type Code, type Site } from './code.js'
import { rulesAt } from '../target.js'
import { parameter } from './parameter.js'

/** Binary spikes whose rate is the activation: integrate-and-fire with soft reset (Rueckauer et al. 2017). */
export const binary: Code = {
  name: 'binary',
  summary: 'binary spikes; their rate is the activation (Rueckauer et al. 2017; calibrated: Li et al. 2021)',
  flow: 'sustained',
  spikes: 'binary',
  signed: false,
  levels: undefined,
  digits: 1,
  neurons: rectifiers,
  functions: false,
  absorbs: true,
  start: (depth, { wait }) => (depth + 1) * wait,
  neuron(site, { T, wait, target }) {
    if (rulesAt(target, site.depth)?.reset === 'hard') return hardReset(site)
    const { current, ...common } = rateOptions(site)
    const options = { ...common, reset: 'soft', amplitude: 'threshold' } as const
    if (wait > 0) return windowedIntegrateAndFire({ ...options, current, start: (site.depth + 1) * wait, length: T, wait })
    return current === 0 ? integrateAndFire(options) : drivenIntegrateAndFire({ ...options, current })
  },
}

/** For chips: what exceeds the level is lost at the reset. A spike is 1, whatever it stands for. */
function hardReset({ name, shape, level, current }: Site) {
  const options = { threshold: parameter(level, shape, `${name}.threshold`), reset: { to: 0 }, amplitude: 'one' } as const
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
