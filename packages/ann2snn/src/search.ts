import type { Network } from '@snn/nn'
import { checkObject, SnnError } from '@snn/tensor'
import { convert, type Conversion, type ConvertOptions } from './convert.js'
import { eachBatch, type Batches } from './data.js'
import { evaluate, evaluateAnn } from './evaluate.js'
import { hashOf } from './hash.js'
import type { CodeName } from './codes/code.js'
import { checkSource } from './check.js'

/** What distinguishes a conversion that the search tries. */
export type Candidate = Pick<ConvertOptions, 'code' | 'levels' | 'digits' | 'mode' | 'per' | 'T' | 'wait' | 'weights'>

export interface SearchOptions extends Omit<ConvertOptions, keyof Candidate> {
  /** Points of accuracy, in percent, that may be lost. */
  readonly budget: number
  /** Default: `defaultCandidates`. */
  readonly candidates?: readonly Candidate[]
  /** What candidates with mode 'sequential' that do not say so themselves may change beside thresholds. Default 'keep'. */
  readonly weights?: ConvertOptions['weights']
  /** Allows thresholds to be chosen on the very images that are tested, which makes the accuracies look better than they are. */
  readonly sameData?: boolean
}

export interface SearchRow {
  readonly candidate: Candidate
  readonly code: CodeName
  readonly spikes: 'binary' | 'graded'
  /** Passes really run, latency included. */
  readonly T: number
  readonly latency: number
  readonly weights: 'kept' | 'biases corrected' | 'calibrated'
  readonly accuracy: number
  /** Points below the ANN's accuracy. */
  readonly lost: number
  /** Synaptic operations over the ANN's multiply-accumulates. */
  readonly operations: number
  readonly withinBudget: boolean
}

export interface SearchResult {
  readonly annAccuracy: number
  /** Those within the budget first, cheapest first. */
  readonly rows: readonly SearchRow[]
  /** The cheapest conversion within the budget and its row; where there is none, that which loses least. */
  readonly best: Conversion & { readonly row: SearchRow }
}

/** Codes and calibrations that leave weights as they are. */
export const defaultCandidates: readonly Candidate[] = [
  { code: 'delta' },
  { code: 'delta', levels: 6, mode: '99.9%' },
  { code: 'phase', levels: 4 },
  { code: 'phase', levels: 5 },
  { code: 'stBif' },
  { code: 'binary', mode: '99.9%', per: 'channel' },
  { code: 'binary', mode: 'sequential', T: 8 },
  { code: 'binary', mode: 'sequential', T: 16 },
  { code: 'signed', mode: 'sequential', T: 16 },
]

/**
 * Tries codes, calibrations and numbers of steps, and finds the cheapest, by synaptic operations, then by steps, whose accuracy on
 * `validation` is at most `budget` points below the ANN's. Candidates whose code cannot carry the network are left out.
 *
 * @throws `CALIBRATION` when calibration and validation share images, and what `convert` throws when no candidate can carry the network
 */
export async function searchConversion(source: Network | Uint8Array, calibration: Batches, validation: Batches, options: SearchOptions): Promise<SearchResult> {
  checkSource('searchConversion', source)
  checkObject('searchConversion', options)
  const { budget, candidates = defaultCandidates, weights, sameData = false, onProgress, ...common } = options
  if (!(budget >= 0 && budget <= 100)) throw new SnnError('ARGUMENT', `[search] budget ${budget}, expected points of accuracy from 0 to 100.`, { name: 'budget', value: budget })
  if (candidates.length === 0) throw new SnnError('ARGUMENT', '[search] no candidates, expected at least one.', { name: 'candidates', value: [] })
  if (!sameData) await refuseShared(calibration, validation, common.signal)
  const rows: SearchRow[] = []
  let annAccuracy: number | undefined
  let best: (Conversion & { readonly row: SearchRow }) | undefined
  let refusal: unknown
  for (const [i, candidate] of candidates.entries()) {
    common.signal?.throwIfAborted()
    let conversion: Conversion
    try {
      conversion = await convert(source, calibration, { ...common, ...(weights && candidate.mode === 'sequential' && { weights }), ...candidate })
    } catch (error) {
      if (!(error instanceof Error && (error as { readonly code?: unknown }).code === 'CONVERT_UNSUPPORTED')) throw error
      refusal = error
      continue
    }
    const { report, snn, ann } = conversion
    annAccuracy ??= (await evaluateAnn(ann, validation, common)).accuracy
    const { results } = await evaluate(snn, validation, { ...common, steps: report.synapticOperations.map(({ T }) => T) })
    for (const [step, { T, accuracy }] of results.entries()) {
      const lost = 100 * (annAccuracy - accuracy)
      const row: SearchRow = {
        candidate,
        code: report.code.name,
        spikes: report.code.spikes,
        T,
        latency: report.latency,
        weights: report.weights,
        accuracy,
        lost,
        operations: report.synapticOperations[step]!.ratio,
        withinBudget: lost <= budget + 1e-9,
      }
      rows.push(row)
      if (!best || compareRows(row, best.row) < 0) best = { ...conversion, row }
    }
    onProgress?.({ stage: 'search', done: i + 1, total: candidates.length })
  }
  if (!best) throw refusal
  return { annAccuracy: annAccuracy!, rows: rows.sort(compareRows), best }
}

/** Within the budget: the cheaper first. Beyond: what loses less. */
function compareRows(a: SearchRow, b: SearchRow): number {
  if (a.withinBudget !== b.withinBudget) return a.withinBudget ? -1 : 1
  return a.withinBudget ? a.operations - b.operations || a.T - b.T : a.lost - b.lost || a.operations - b.operations
}

/** Throws `CALIBRATION` when any sample is in both. */
async function refuseShared(calibration: Batches, validation: Batches, signal: AbortSignal | undefined): Promise<void> {
  const seen = new Set<string>()
  for await (const key of keysOf(calibration, signal)) seen.add(key)
  let shared = 0
  for await (const key of keysOf(validation, signal)) if (seen.has(key)) shared++
  if (shared > 0) {
    throw new SnnError(
      'CALIBRATION',
      `[search] ${shared} of the samples that accuracy is measured on are calibration samples too, expected others: thresholds must not see them. Give other data, or allow it with sameData: true (--same-data).`,
      { reason: 'tested' },
    )
  }
}

/** A key for the values of each sample. */
async function* keysOf(data: Batches, signal: AbortSignal | undefined): AsyncGenerator<string> {
  for await (const { x, size } of eachBatch(data, 'search', signal)) {
    const count = x.data.length / size
    for (let n = 0; n < size; n++) yield hashOf('', [x.data.subarray(n * count, (n + 1) * count)])
  }
}
