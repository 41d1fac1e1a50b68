import { sampleShapes, type Network } from '@snn/nn'
import { isSnnError, SnnError, type TensorLike } from '@snn/tensor'
import { checkByRules, optionRule, type OptionRules } from '@snn/tensor/library'
import { noData } from '../calibrate/activations.js'
import { build, prepareAnn, type Built, type PreparedAnn } from '../build/build.js'
import { defaultCandidates } from './candidates.js'
import { checkSource } from '../check.js'
import type { CodeName } from '../codes/code.js'
import { classJudge, compareWithAnn, type ClassJudge, type Judged } from '../report/comparison.js'
import type { Conversion } from '../convert.js'
import { checkReiterable, eachBatch, firstRows, firstSamples, type Batches } from '../data.js'
import { hashOf } from '../calibrate/hash.js'
import { labelScores } from '../report/label-scores.js'
import { keptBatches, type KeptBatches } from '../kept-batches.js'
import { latencyOf, stepsToReport } from '../plan/latency.js'
import { measureLayers } from '../report/layer-report.js'
import { reportedSamples, type Findings } from '../report/measure.js'
import { samplesWithin, type SampleLimit } from '../report/sample-limit.js'
import { candidateRules, commonRules, type Candidate, type ConvertOptions } from '../plan/convert-options.js'
import { planConversion, totalMacs } from '../plan/plan.js'
import { presets, type Preset, type PresetName } from './presets.js'
import { isWithin, lossOf, race } from './race.js'
import { reportOf, type ConversionReport } from '../report/report.js'
import { settle, weightsText } from '../plan/settle.js'

/** Options of `searchConversion`. */
export interface SearchOptions extends Omit<ConvertOptions, keyof Candidate | 'validation'> {
  /**
   * What the conversion is for, in place of budget and candidates: see `presets`. Takes as few samples as tell, so that
   * it costs little more than one conversion.
   */
  readonly preset?: PresetName
  /** Points of accuracy, in percent, that may be lost; where there are no labels, points of agreement with the ANN. */
  readonly budget?: number
  /**
   * Ends with the first candidate that is within the budget, and measures no more than tells. Default false: all are
   * tried, on all of `validation`.
   */
  readonly first?: boolean
  /** Default: `defaultCandidates`. */
  readonly candidates?: readonly Candidate[]
  /**
   * What candidates with mode 'sequential' that do not say so themselves may change beside thresholds. Default 'keep'.
   */
  readonly weights?: ConvertOptions['weights']
  /**
   * Allows thresholds to be chosen on the very images that are tested, which makes the accuracies look better than they
   * are.
   */
  readonly sameData?: boolean
}

export const searchRules: OptionRules<SearchOptions> = {
  ...commonRules,
  weights: candidateRules.weights,
  preset: optionRule.text,
  budget: optionRule.number,
  first: optionRule.flag,
  candidates: { takes: Array.isArray, expected: 'an array of options of conversions' },
  sameData: optionRule.flag,
}

/** One conversion that a search tried, measured at T steps. */
export interface SearchRow {
  readonly candidate: Candidate
  readonly code: CodeName
  readonly spikes: 'binary' | 'graded'
  /** Time steps, latency included. */
  readonly T: number
  readonly latency: number
  readonly weights: ConversionReport['weights']
  /** Samples that it was measured on. */
  readonly samples: number
  /** Share of samples with the ANN's class. */
  readonly agreement: number
  /** Share of samples with the label's class, where there are labels. */
  readonly accuracy?: number
  /** Points below the ANN's accuracy; by `measure` of the result, points of disagreement with its classes. */
  readonly lost: number
  /** Standard error of `lost`, in points, from the share of samples whose class is not the ANN's. */
  readonly error: number
  /** Synaptic operations over the ANN's multiply-accumulates. */
  readonly operations: number
  /** Whether `lost + error` is at most the budget. */
  readonly withinBudget: boolean
}

export interface SearchResult {
  /** Points that may be lost. */
  readonly budget: number
  /**
   * Of what: of agreement with the ANN for the preset exact, where there are no labels, and where the ANN is hardly
   * better than guessing on them.
   */
  readonly measure: Preset['measure']
  /** Where there are labels. */
  readonly annAccuracy?: number
  /** Samples that the best was measured on. */
  readonly samples: number
  /** Those within the budget first, cheapest first. */
  readonly rows: readonly SearchRow[]
  /**
   * The cheapest conversion within the budget and its row, whose T its report recommends; where there is none, that
   * which has the ANN's class most often.
   */
  readonly best: Conversion & { readonly row: SearchRow }
  /** Preset chip: what few-steps would give. */
  readonly alternative?: SearchRow
}

/**
 * What the search of a preset may cost: it has to be quick. Calibration in the loop costs most: it looks at every
 * neuron at every step.
 */
const limits: Readonly<Record<'pilot' | 'measured' | 'calibration' | 'layers', SampleLimit>> = {
  pilot: { steps: 128 * 32, macs: 1e11, least: 16, most: 128 },
  measured: { steps: 384 * 32, macs: 3e11, least: 16, most: 1000 },
  calibration: { steps: 256 * 32, macs: 1e11, least: 16, most: 256 },
  layers: { steps: 128 * 32, macs: 1e11, least: 16, most: 128 },
}

/** Candidates to try, and how. */
interface Wanted extends Omit<Preset, 'what'> {
  readonly first: boolean
  /** Whether calibration in the loop takes fewer samples of large networks. */
  readonly quick: boolean
}

/** What all attempts have in common. */
interface Setting {
  readonly ann: PreparedAnn
  /** Multiply-accumulates of the ANN. */
  readonly macs: number
  readonly data: KeptBatches
  readonly judged: AsyncIterable<Judged>
  readonly common: ConvertOptions
}

interface Attempt {
  readonly built: Built
  /** Calibration samples, where these are not all. */
  readonly samples: number | undefined
  readonly findings: Omit<Findings, 'recommendedT' | 'layers'>
}

/**
 * Tries codes, calibrations and numbers of steps, and finds the cheapest, by synaptic operations, then by steps, whose
 * accuracy on
 * `validation` is at most `budget` points below the ANN's, by one standard error of that. Candidates whose code cannot
 * carry the network are left out.
 *
 * @throws `CALIBRATION` when calibration and validation share images, and what `convert` throws when no candidate can
 * carry the network
 */
export async function searchConversion(
  source: Network | Uint8Array,
  calibration: Batches,
  validation: Batches,
  options: SearchOptions,
): Promise<SearchResult> {
  const given = checkSource('searchConversion', source)
  checkByRules('searchConversion', options, searchRules)
  for (const candidate of options.candidates ?? []) checkByRules('searchConversion', candidate, candidateRules)
  const { preset, weights, sameData = false, onProgress, ...common } = options
  const wanted = preset === undefined ? wantedBy(options) : presetNamed(preset)
  for (const candidate of wanted.candidates) settle({ ...common, ...candidate })
  for (const batches of [calibration, validation]) checkReiterable(batches, 'search')
  const [data, tested] = [keptBatches(calibration), keptBatches(validation)]
  if (!sameData) await refuseShared(data, tested, common.signal)
  const ann = await prepareAnn(given, data, common)
  await using judge = classJudge(ann.network, common)
  const judged = judgedBatches(tested, judge, common.signal)
  const setting: Setting = { ann, macs: totalMacs(planConversion(ann.network, 'keep')), data, judged, common }
  const measure = wanted.measure === 'accuracy' && (await knowsLabels(ann, judged, common)) ? 'accuracy' : 'agreement'
  const tasks = wanted.candidates.length + (preset === 'chip' ? 1 : 0)
  let tried = 0
  const searched = async (what: Wanted): Promise<Searched> => {
    const rows: SearchRow[] = []
    let best: (Attempt & { readonly row: SearchRow }) | undefined
    let refusal: unknown
    for (const candidate of what.candidates) {
      common.signal?.throwIfAborted()
      try {
        const { attempt, rows: own } = await attemptOf(
          setting,
          { ...(weights && candidate.mode === 'sequential' && { weights }), ...candidate },
          what,
        )
        for (const row of own) {
          rows.push(row)
          if (!best || compareRows(row, best.row) < 0) best = { ...attempt, row }
        }
      } catch (error) {
        if (!isSnnError(error, 'CONVERT_UNSUPPORTED')) throw error
        refusal = error
      }
      onProgress?.({ stage: 'search', done: ++tried, total: tasks })
      if (what.first && best?.row.withinBudget) break
    }
    if (!best) throw refusal
    return { rows: rows.sort(compareRows), best }
  }
  const { rows, best } = await searched({ ...wanted, measure })
  const other =
    preset === 'chip' ? await searched({ ...outlookOn('few-steps'), measure }).catch(refusedByCode) : undefined
  const report = await reportOfBest(setting, best, tested, wanted.quick)
  const { snn } = best.built
  snn.metadata = { ...snn.metadata, T: report.recommendedT }
  return {
    budget: wanted.budget,
    measure,
    ...(report.ann.accuracy === undefined ? {} : { annAccuracy: report.ann.accuracy }),
    samples: best.row.samples,
    rows,
    best: { snn, ann: ann.network, report, row: best.row },
    ...(other && { alternative: other.best.row }),
  }
}

interface Searched {
  readonly rows: SearchRow[]
  readonly best: Attempt & { readonly row: SearchRow }
}

function wantedBy({ budget, candidates = defaultCandidates, first = false }: SearchOptions): Wanted {
  if (!(budget !== undefined && budget >= 0 && budget <= 100))
    throw new SnnError(
      'ARGUMENT',
      `[search] budget ${budget}, expected points of accuracy from 0 to 100, or a preset.`,
      { name: 'budget', value: budget },
    )
  if (candidates.length === 0)
    throw new SnnError('ARGUMENT', '[search] no candidates, expected at least one.', { name: 'candidates', value: [] })
  return { budget, candidates, measure: 'accuracy', first, quick: false }
}

function presetNamed(name: PresetName): Wanted {
  if (Object.hasOwn(presets, name)) return { ...presets[name], first: true, quick: true }
  throw new SnnError('ARGUMENT', `[search] preset '${name}', expected one of ${Object.keys(presets).join(', ')}.`, {
    name: 'preset',
    value: name,
  })
}

/** What another preset would give, on few samples. */
function outlookOn(name: PresetName): Wanted {
  const wanted = presetNamed(name)
  return { ...wanted, candidates: wanted.candidates.map((candidate) => ({ ...candidate, samples: 256 })) }
}

/** Builds one candidate and measures it. */
async function attemptOf(
  { ann, macs, data, judged, common }: Setting,
  candidate: Candidate,
  { budget, measure, first, quick }: Wanted,
): Promise<{ readonly attempt: Attempt; readonly rows: readonly SearchRow[] }> {
  const affordable = (limit: SampleLimit, T: number): number => samplesWithin(limit, macs, T)
  const samples =
    quick && candidate.mode === 'sequential' ? affordable(limits.calibration, candidate.T!) : candidate.samples
  const built = await build(ann, samples === undefined ? data : firstSamples(data, samples), {
    ...common,
    ...candidate,
  })
  const steps = candidate.steps ?? stepsToReport(built.plan, built.settled.settings)
  await using comparison = compareWithAnn(built, steps, common)
  const { tallies } = comparison
  let measured = tallies.length
  if (first)
    measured = await race(comparison, judged, {
      budget,
      measure,
      pilot: quick ? affordable(limits.pilot, steps.at(-1)!) : limits.pilot.most,
      enough: (T) => (quick ? affordable(limits.measured, T) : Infinity),
    })
  else for await (const batch of judged) await comparison.add(batch, 0, measured)
  if (tallies[0]!.samples === 0) throw noData()
  const { annAccuracy, warnings } = comparison
  const { plan, settled } = built
  const rows = tallies
    .slice(0, measured)
    .map((tally) => ({
      candidate,
      code: plan.code.name,
      spikes: plan.code.spikes,
      T: tally.T,
      latency: latencyOf(plan, settled.settings),
      weights: weightsText[settled.weights],
      samples: tally.samples,
      agreement: tally.agree / tally.samples,
      ...(annAccuracy === undefined ? {} : { accuracy: tally.right / tally.labelled }),
      ...lossOf(tally, measure),
      operations: tally.operations / tally.samples / totalMacs(plan),
      withinBudget: isWithin(tally, { budget, measure }),
    }))
  return { attempt: { built, samples, findings: { tallies, annAccuracy, warnings } }, rows }
}

/** The report of the best, with its layers. */
async function reportOfBest(
  { ann, macs, data, common }: Setting,
  { built, samples = Infinity, findings, row }: Attempt & { readonly row: SearchRow },
  tested: Batches,
  quick: boolean,
): Promise<ConversionReport> {
  const kept: { readonly x: TensorLike; readonly size: number }[] = []
  let left = quick ? samplesWithin(limits.layers, macs, row.T) : reportedSamples(built, row.T)
  for await (const { x, size } of eachBatch(tested, 'search', common.signal)) {
    const taken = Math.min(size, left)
    kept.push({ x: firstRows(x, taken), size: taken })
    left -= taken
    if (left === 0) break
  }
  const layers = await measureLayers(built, kept, row.T, common)
  return reportOf(ann, built, { ...findings, recommendedT: row.T, layers }, Math.min(samples, await data.count()))
}

/** The batches with the classes that the ANN gives them, each of which it is asked for once. */
function judgedBatches(data: Batches, judge: ClassJudge, signal: AbortSignal | undefined): AsyncIterable<Judged> {
  const known: Int32Array[] = []
  return {
    async *[Symbol.asyncIterator]() {
      let [index, before] = [0, 0]
      for await (const { x, labels, size } of eachBatch(data, 'search', signal)) {
        const expected = (known[index] ??= await judge.classes(x, size, before))
        yield { x, labels, size, expected }
        index++
        before += size
      }
    },
  }
}

/**
 * Whether the ANN's classes of some samples have to do with their labels: where they have not, what it gets right is
 * chance, and says nothing of an SNN.
 */
async function knowsLabels(
  { network }: PreparedAnn,
  judged: AsyncIterable<Judged>,
  options: ConvertOptions,
): Promise<boolean> {
  const scores = labelScores(sampleShapes(network).get(network.outputs[0]!)!, options)
  let seen = 0
  for await (const { expected, labels, size } of judged) {
    scores.add(expected, labels)
    seen += size
    if (seen >= limits.pilot.most) break
  }
  return scores.annAccuracy !== undefined && scores.warnings.length === 0
}

function refusedByCode(error: unknown): undefined {
  if (!isSnnError(error, 'CONVERT_UNSUPPORTED')) throw error
}

/**
 * Within the budget: the cheaper first. Beyond: what has the ANN's class more often, which a few samples tell better
 * than what is lost.
 */
function compareRows(a: SearchRow, b: SearchRow): number {
  if (a.withinBudget !== b.withinBudget) return a.withinBudget ? -1 : 1
  return a.withinBudget
    ? a.operations - b.operations || a.T - b.T
    : b.agreement - a.agreement || a.operations - b.operations
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
