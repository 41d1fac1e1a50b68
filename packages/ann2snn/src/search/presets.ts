import type { Candidate } from '../plan/convert-options.js'
import { binaryCandidates } from './candidates.js'

/** What people want of a conversion. Weights stay as they are in all of them. */
export interface Preset {
  /** In one line, for help texts. */
  readonly what: string
  /** Tried in this order until one is within the budget. */
  readonly candidates: readonly Candidate[]
  /** Points that may be lost. */
  readonly budget: number
  /** Points of what: classes that are the labels', where there are labels, or classes that are the ANN's. */
  readonly measure: 'accuracy' | 'agreement'
}

/** A name of `presets`. */
export type PresetName = 'chip' | 'few-steps' | 'exact' | 'fast'

/**
 * Conversions by what they are for: which candidates are tried, and the loss that is accepted, in points of accuracy or
 * agreement.
 */
export const presets: Readonly<Record<PresetName, Preset>> = {
  chip: {
    what: 'binary spikes, which any neuromorphic chip carries; at most 32 time steps',
    candidates: binaryCandidates,
    budget: 0.5,
    measure: 'accuracy',
  },
  'few-steps': {
    what: 'graded spikes (code delta), 2 to 4 time steps',
    candidates: [{ code: 'delta', steps: [2, 3, 4] }],
    budget: 0.5,
    measure: 'accuracy',
  },
  exact: {
    what: "graded spikes of more levels, the ANN's own class of each sample",
    candidates: [{ code: 'delta', levels: 16, steps: [4, 8, 16] }],
    budget: 0,
    measure: 'agreement',
  },
  fast: {
    what: 'binary spikes in the time of one conversion, thresholds at 99.9 % of the activations',
    candidates: [{ code: 'binary', mode: '99.9%', steps: [16, 32, 64] }],
    budget: 0.5,
    measure: 'accuracy',
  },
}
