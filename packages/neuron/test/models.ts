import * as surrogates from '@snn/surrogate'
import * as all from '../src/index.js'
import * as exported from '../src/models.js'
import type { Cell } from '../src/index.js'
import { value } from './run.js'

/** Makes a layer, with inputs [N, 2]; `smooth` gives the surrogate's primitive in place of its spikes. */
export type Make = (options: { readonly smooth?: boolean }) => Cell

/** With parameters under which a few inputs around 1 make it fire, or show what they do. */
const tuned = {
  izhikevich: all.extendNeuron('izhikevich', all.izhikevich, { parameters: { a: 0.1, b: 0.2 } }),
  adaptiveExponential: all.extendNeuron('adaptiveExponential', all.adaptiveExponential, {
    parameters: { a: 0.1, b: 0.2 },
  }),
  currentLif: all.extendNeuron('currentLif', all.currentLif, { parameters: { tauMembrane: 2 } }),
  lsnn: all.extendNeuron('lsnn', all.lsnn, { parameters: { tauMembrane: 2 } }),
}

/** A layer of every neuron of `models.ts`. */
export const models: Readonly<Record<string, Make>> = Object.fromEntries(
  Object.entries({ ...exported, ...tuned }).map(([name, model]) => {
    const make = model as (options?: object) => Cell
    return [
      name,
      ({ smooth = false }) =>
        smooth ? make({ surrogate: smoothly(name), ...(name in delayed && { resetDelay: false }) }) : make(),
    ]
  }),
)

/** A reset that comes a step later has no gradient. */
const delayed: Readonly<Record<string, true>> = { synaptic: true, alphaLif: true }

function smoothly(name: string) {
  return name === 'ilif' ? surrogates.multiLevel({ smooth: true }) : surrogates.sigmoid({ alpha: 2, smooth: true })
}

/** The same of layers that are no `defineNeuron`. */
export const made: Readonly<Record<string, Make>> = {
  slidingPsn: ({ smooth = false }) =>
    all.slidingPsn({
      k: 3,
      surrogate: surrogates.atan({ smooth }),
      weight: value('weight', [0.25, 0.5, 1]),
      bias: value('bias', [-1]),
    }),
  mpbnLif: ({ smooth = false }) => all.mpbnLif(2, { surrogate: surrogates.sigmoid({ smooth }), norm: norm() }),
  interLayerConnection: ({ smooth = false }) =>
    all.interLayerConnection(all.lif({ surrogate: surrogates.sigmoid({ smooth }) }), {
      groups: 1,
      size: 2,
      weight: value('weight', [0.4, -0.2, 0.3, 0.5], [2, 1, 2]),
      bias: value('bias', [0.1, -0.1]),
    }),
  noisy: ({ smooth = false }) =>
    all.noisy(all.lif({ surrogate: surrogates.sigmoid({ smooth }) }), { size: 2, steps: 4 }),
}

const norm = () => ({
  weight: value('weight', [1, 1.5]),
  bias: value('bias', [0.2, 0]),
  mean: value('mean', [0.3, 0.1]),
  variance: value('variance', [0.5, 1.2]),
})
