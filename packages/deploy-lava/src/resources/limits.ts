/** What a chip has for a network. */
export interface ChipLimits {
  readonly name: string
  readonly source: string
  /** Whether the figures are a guess. */
  readonly estimate: boolean
  readonly cores: number
  readonly neuronsPerCore: number
  readonly synapseBitsPerCore: number
  readonly axonsInPerCore: number
  readonly axonsOutPerCore: number
}

/** Davies et al., IEEE Micro 2018; the per-core figures as the constants of nengo-loihi have them. */
export const loihi1: ChipLimits = {
  name: 'Loihi 1',
  source: 'nengo-loihi',
  estimate: false,
  cores: 128,
  neuronsPerCore: 1024,
  synapseBitsPerCore: 2 ** 20,
  axonsInPerCore: 4096,
  axonsOutPerCore: 4096,
}

/** Public pages disagree (120 to 152 cores, about 1 M neurons and 120 M synapses a chip). */
export const loihi2: ChipLimits = {
  name: 'Loihi 2',
  source: 'public pages, which disagree',
  estimate: true,
  cores: 120,
  neuronsPerCore: 8192,
  synapseBitsPerCore: 2 ** 23,
  axonsInPerCore: 4096,
  axonsOutPerCore: 4096,
}
