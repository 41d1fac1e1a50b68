import type { Connections } from './connections.js'

/** What a layer of weights needs, with the neurons that take its sums. */
export interface LayerResources extends Connections {
  readonly layer: string
  readonly neurons: number
}

/** What does not fit, and what to change. */
export interface ChipProblem {
  /** '' for the whole network. */
  readonly layer: string
  readonly what: string
  readonly fix: string
}

/** Whether a network fits on a chip, and where. */
export interface ChipResources {
  readonly chip: string
  /** Where the limits are from. */
  readonly source: string
  /** Whether the limits are a guess. */
  readonly estimate: boolean
  readonly fits: boolean
  /** Loihi: of each layer and altogether. */
  readonly cores?: { readonly perLayer: readonly number[]; readonly total: number; readonly available: number }
  /** Speck: the core of each layer; -1 for one that has none. */
  readonly places?: readonly number[]
  readonly problems: readonly ChipProblem[]
}

/** What a network takes, and whether it fits on chips. */
export interface Resources {
  readonly layers: readonly LayerResources[]
  readonly neurons: number
  readonly synapses: number
  readonly chips: readonly ChipResources[]
}
