import type { Network } from '@snn/nn'
import { isSnnError, SnnError, checkObject } from '@snn/tensor'
import { convert, type Conversion, type ConvertOptions } from './convert.js'
import { eachBatch, type Batches } from './data.js'
import { hashOf } from './hash.js'
import type { CodeName } from './codes/code.js'
import type { ConversionReport } from './report.js'
import { checkSource } from './check.js'

/** What distinguishes a conversion that the search tries. */
export type Candidate = Pick<ConvertOptions, 'code' | 'levels' | 'digits' | 'mode' | 'per' | 'T' | 'wait' | 'weights' | 'steps' | 'samples'>

export interface SearchOptions extends Omit<ConvertOptions, keyof Candidate | 'validation'> {
  /** Points of accuracy, in percent, that may be lost; where there are no labels, points of agreement with the ANN. */
  readonly budget: number
  /** Ends with the first candidate that is within the budget. Default false: all are tried. */
  readonly first?: boolean
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
  /** Share of samples with the ANN's class. */
  readonly agreement: number
  /** Share of samples with the label's class, where there are labels. */
  readonly accuracy?: number
  /** Points below the ANN's accuracy; where there are no labels, points of disagreement with it. */
  readonly lost: number
  /** Standard error of `lost`, in points, from the share of samples whose class is not the ANN's. */
  readonly error: number
  /** Synaptic operations over the ANN's multiply-accumulates. */
  readonly operations: number
  /** Whether `lost + error` is at most the budget. */
  readonly withinBudget: boolean
}

export interface SearchResult {
  /** Where there are labels. */
  readonly annAccuracy?: number
  /** Samples that accuracy was measured on. */
  readonly samples: number
  /** Those within the budget first, cheapest first. */
  readonly rows: readonly SearchRow[]
  /** The cheapest conversion within the budget and its row, whose T its report recommends; where there is none, that which loses least, standard error added. */
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

/** Binary spikes, weights as they are, at most 32 steps. What costs least to try comes first. */
export const binaryCandidates: readonly Candidate[] = [
  { code: 'binary', mode: '99.9%', steps: [4, 8, 16, 32] },
  { code: 'binary', mode: 'sequential', T: 32, steps: [8, 16, 24, 32] },
]

/**
 * Tries codes, calibrations and numbers of steps, and finds the cheapest, by synaptic operations, then by steps, whose accuracy on
 * `validation` is at most `budget` points below the ANN's, by one standard error of that. Candidates whose code cannot carry the network are left out.
 *
 * @throws `CALIBRATION` when calibration and validation share images, and what `convert` throws when no candidate can carry the network
 */
export async function searchConversion(source: Network | Uint8Array, calibration: Batches, validation: Batches, options: SearchOptions): Promise<SearchResult> {
  checkSource('searchConversion', source)
  checkObject('searchConversion', options)
  const { budget, candidates = defaultCandidates, weights, first = false, sameData = false, onProgress, ...common } = options
  if (!(budget >= 0 && budget <= 100)) throw new SnnError('ARGUMENT', `[search] budget ${budget}, expected points of accuracy from 0 to 100.`, { name: 'budget', value: budget })
  if (candidates.length === 0) throw new SnnError('ARGUMENT', '[search] no candidates, expected at least one.', { name: 'candidates', value: [] })
  if (!sameData) await refuseShared(calibration, validation, common.signal)
  const rows: SearchRow[] = []
  let best: (Conversion & { readonly row: SearchRow }) | undefined
  let refusal: unknown
  for (const [i, candidate] of candidates.entries()) {
    common.signal?.throwIfAborted()
    try {
      const conversion = await convert(source, calibration, { ...common, ...(weights && candidate.mode === 'sequential' && { weights }), ...candidate, validation })
      for (const row of rowsOf(candidate, conversion.report, budget)) {
        rows.push(row)
        if (!best || compareRows(row, best.row) < 0) best = { ...conversion, row }
      }
    } catch (error) {
      if (!isSnnError(error, 'CONVERT_UNSUPPORTED')) throw error
      refusal = error
    }
    onProgress?.({ stage: 'search', done: i + 1, total: candidates.length })
    if (first && best?.row.withinBudget) break
  }
  if (!best) throw refusal
  const { report, row } = best
  return {
    ...(report.ann.accuracy === undefined ? {} : { annAccuracy: report.ann.accuracy }),
    samples: report.samples.report,
    rows: rows.sort(compareRows),
    best: { ...best, report: { ...report, recommendedT: row.T } },
  }
}

/** One conversion after each number of steps. */
function rowsOf(candidate: Candidate, { code, latency, weights, ann, accuracy, synapticOperations, samples: { report: samples } }: ConversionReport, budget: number): SearchRow[] {
  return accuracy.map((measured, i) => {
    const lost = 100 * (ann.accuracy === undefined || measured.accuracy === undefined ? 1 - measured.agreement : ann.accuracy - measured.accuracy)
    const error = 100 * Math.sqrt((1 - measured.agreement) / samples)
    return { candidate, code: code.name, spikes: code.spikes, latency, weights, ...measured, lost, error, operations: synapticOperations[i]!.ratio, withinBudget: lost + error <= budget + 1e-9 }
  })
}

/** Within the budget: the cheaper first. Beyond: what loses less. */
function compareRows(a: SearchRow, b: SearchRow): number {
  if (a.withinBudget !== b.withinBudget) return a.withinBudget ? -1 : 1
  return a.withinBudget ? a.operations - b.operations || a.T - b.T : a.lost + a.error - b.lost - b.error || a.operations - b.operations
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
