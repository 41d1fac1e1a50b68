import { inspectNetwork, searchConversion, type Batches, type Candidate, type Conversion, type SearchOptions, type SearchResult, type SearchRow } from '@snn/ann2snn'
import { take, type ImageDataset } from '@snn/datasets'
import type { Network } from '@snn/nn'
import { isSnnError } from '@snn/tensor'
import { presets, type Preset, type PresetName } from './presets.js'

/** What a search tried, best first. */
export interface SearchSummary extends Pick<SearchResult, 'annAccuracy' | 'samples' | 'rows'> {
  readonly budget: number
}

export interface Choice {
  readonly conversion: Conversion
  readonly search: SearchSummary
  /** Preset chip: what the preset few-steps would give, where its code carries the network. */
  readonly alternative?: SearchRow
}

export interface ChoiceOptions extends Omit<SearchOptions, 'budget' | 'candidates' | 'first'> {
  readonly network: Network
  /** The data set that calibration samples come from, and their number. */
  readonly dataset: ImageDataset
  readonly samples: number
  /** What accuracy is measured on. Default: other samples of the data set; where those are few, a fifth of the calibration samples. */
  readonly validation?: ImageDataset | undefined
  /** Batches of a data set as the network takes them. */
  readonly batches: (dataset: ImageDataset) => Batches
}

/** Multiply-accumulates that one candidate's calibration in the loop, and its measurement, may cost: a default has to be quick. */
const workLimit = { calibration: 1e11, measurement: 4e11 }

/** Searches for the cheapest conversion that loses at most `budget` points, among all that there is. */
export async function searchWithin(budget: number, options: ChoiceOptions): Promise<Choice> {
  return choiceOf(await search({ budget }, options, Infinity), budget)
}

/** The conversion of a preset, on as many samples as cost little; for chips also what the preset few-steps would give. */
export async function choosePreset(name: PresetName, options: ChoiceOptions): Promise<Choice> {
  const { macs } = await inspectNetwork(options.network)
  const within = (limit: number, T: number, least: number, most: number): number => Math.max(least, Math.min(most, Math.floor(limit / macs / T)))
  const measured = within(workLimit.measurement, 32, 32, 1000)
  const affordable = (candidate: Candidate): Candidate => (candidate.mode === 'sequential' ? { ...candidate, samples: within(workLimit.calibration, candidate.T!, 16, 256) } : candidate)
  const run = ({ budget, candidates, measure }: Preset): Promise<SearchResult> => search({ budget, candidates: candidates.map(affordable), first: true }, { ...options, ...(measure === 'agreement' && { batches: (dataset) => unlabelled(options.batches(dataset)) }) }, measured)
  const preset = presets[name]
  const found = await run(preset)
  const other = name === 'chip' ? await run(presets['few-steps']).catch(refusedByCode) : undefined
  return { ...choiceOf(found, preset.budget), ...(other && { alternative: other.best.row }) }
}

function search(wanted: Pick<SearchOptions, 'budget' | 'candidates' | 'first'>, { network, dataset, samples, validation, batches, ...options }: ChoiceOptions, most: number): Promise<SearchResult> {
  const parts = partsOf(dataset, samples, validation, most)
  return searchConversion(network, batches(parts.calibration), batches(parts.validation), { ...options, ...wanted })
}

function choiceOf({ best, ...summary }: SearchResult, budget: number): Choice {
  return { conversion: best, search: { ...summary, budget } }
}

function refusedByCode(error: unknown): undefined {
  if (!isSnnError(error, 'CONVERT_UNSUPPORTED')) throw error
}

function partsOf(dataset: ImageDataset, samples: number, validation: ImageDataset | undefined, most: number): { readonly calibration: ImageDataset; readonly validation: ImageDataset } {
  const calibration = take(dataset, samples, { shuffle: true })
  if (validation) return { calibration, validation }
  const others = take(dataset, Math.min(samples, most), { shuffle: true, skip: samples })
  if (others.length >= Math.min(samples, most) / 5) return { calibration, validation: others }
  const count = Math.max(1, Math.floor(calibration.length * 0.8))
  return { calibration: take(calibration, count), validation: take(calibration, Math.min(most, calibration.length - count), { skip: count }) }
}

/** The inputs alone. */
function unlabelled(data: Batches): Batches {
  return {
    async *[Symbol.asyncIterator]() {
      for await (const batch of data) yield Array.isArray(batch) ? batch[0] : batch
    },
  }
}
