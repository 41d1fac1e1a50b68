import { noData, type WorkOptions } from '../calibrate/activations.js'
import type { Built } from '../build/build.js'
import type { ClassOptions } from '../run/classes.js'
import { classJudge, compareWithAnn, type Judged, type Tally } from './comparison.js'
import { eachBatch, firstRows, type Batches } from '../data.js'
import { stepsToReport } from '../plan/latency.js'
import { measureLayers, type LayerReport } from './layer-report.js'
import { totalMacs } from '../plan/plan.js'
import { samplesWithin, type SampleLimit } from './sample-limit.js'

/** What a report is made of. */
export interface Findings {
  readonly tallies: readonly Tally[]
  readonly annAccuracy: number | undefined
  /** What is wrong with labels. */
  readonly warnings: readonly string[]
  readonly recommendedT: number
  readonly layers: readonly LayerReport[]
}

export interface MeasureOptions extends WorkOptions, ClassOptions {
  /** What the figures are measured on, all of it. Default: the first of the calibration samples. */
  readonly validation?: Batches | undefined
  /** After how many steps the figures are taken, in ascending order. Default: what suits the code. */
  readonly steps?: readonly number[] | undefined
}

/** What a report may cost; it takes fewer samples of large networks. */
const reportLimit: SampleLimit = { macs: 4e11, least: 8, most: 128 }

/** Agreement may be so much below the best for a number of steps to be recommended. */
const tolerance = 0.005

/** Samples that a report looks at, where nobody says which. */
export function reportedSamples({ plan }: Pick<Built, 'plan'>, steps: number): number {
  return samplesWithin(reportLimit, totalMacs(plan), steps)
}

/** Compares the SNN with the ANN on calibration samples, or on others. */
export async function measure(
  built: Built,
  calibration: Batches,
  { validation, ...options }: MeasureOptions,
): Promise<Findings> {
  const steps = options.steps ?? stepsToReport(built.plan, built.settled.settings)
  const limit = reportedSamples(built, steps.at(-1)!)
  await using judge = classJudge(built.plan.network, options)
  await using comparison = compareWithAnn(built, steps, options)
  const kept: Judged[] = []
  let samples = 0
  for await (const batch of eachBatch(validation ?? calibration, 'convert', options.signal)) {
    const size = validation ? batch.size : Math.min(batch.size, limit - samples)
    const x = firstRows(batch.x, size)
    const judged = { x, size, labels: batch.labels, expected: await judge.classes(x, size, samples) }
    if (samples < limit) kept.push(judged)
    await comparison.add(judged, 0, steps.length)
    samples += size
    options.onProgress?.({ stage: 'report', done: samples, total: limit })
    if (!validation && samples >= limit) break
  }
  if (samples === 0) throw noData()
  const { tallies, annAccuracy, warnings } = comparison
  const best = Math.max(...tallies.map(({ agree }) => agree))
  const recommendedT = tallies.find(({ agree }) => agree >= best - tolerance * samples)!.T
  return {
    tallies,
    annAccuracy,
    warnings,
    recommendedT,
    layers: await measureLayers(built, kept, recommendedT, options),
  }
}
