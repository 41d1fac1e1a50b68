import { checkArray, checkMembers, checkObject } from '@snn/tensor/library'
import { suggestionsFor, writeSuggestions, type Wording } from './advice.js'
import type { LayerReport } from './layer-report.js'
import type { ConversionReport, ConversionWarning } from './report.js'

/** Below this relative error a layer is not to blame. */
const noticeable = 0.05

/** What a report means and what could be changed, as sentences: for `snn convert --explain`. */
export function explain(report: ConversionReport, wording: Wording = {}): string[] {
  checkReport('explain', report, wording)
  const { code, layers, layersT, recommendedT, weights, latency, spikingShare } = report
  const lines = [
    `Spikes are ${code.spikes}${code.signed ? ' and have a sign' : ''}${code.levels === undefined ? '' : `, with ${code.levels} ${code.name === 'phase' ? 'bits' : 'levels'}`}: ${chipsFor(report)}`,
    `The network is run for ${recommendedT} time steps for each input${latency > 0 ? `, ${latency} of them before the output begins to count` : ''}.`,
    `Weights were ${weights === 'kept' ? 'not changed' : weights}; ${percent(1 - spikingShare)} of the multiply-accumulates are not driven by spikes.`,
  ]
  const blamed = layerToBlame(layers)
  if (blamed)
    lines.push(
      `After ${layersT} time steps layer '${blamed.name}' adds most of the error: ${percent(blamed.error)} of its activation on ${blamed.samples} samples${reasonOf(blamed, report, wording)}.`,
    )
  return [
    ...lines,
    ...report.warnings
      .filter(({ code }) => code === 'disagreement')
      .map((warning) => describe(warning, report, wording)),
  ]
}

/** The warnings of a report in words, with what to change: options that it was not made with. */
export function describeWarnings(report: ConversionReport, wording: Wording = {}): string[] {
  checkReport('describeWarnings', report, wording)
  return report.warnings.map((warning) => describe(warning, report, wording))
}

function checkReport(operation: string, report: ConversionReport, wording: Wording): void {
  checkMembers(operation, report, 'report', ['code', 'layers', 'accuracy', 'warnings'], 'the report of a conversion')
  checkObject(operation, wording, 'wording')
}

function describe(
  { code, layer, share = 0, T, samples, message = '' }: ConversionWarning,
  report: ConversionReport,
  wording: Wording,
): string {
  if (code === 'labels' || code === 'preprocess') return message
  if (code === 'inactive')
    return `Layer '${layer}' never fires: all its activations are 0 in the ANN, too, on ${samples} samples. No calibration changes that; check its weights and biases.`
  const suggestions = writeSuggestions(suggestionsFor(code, report, wording), wording)
  const advice = suggestions === '' ? '' : ` Try ${suggestions}.`
  if (code === 'silent')
    return `Layer '${layer}': ${percent(share)} of its neurons fired for none of ${samples} samples.${advice}`
  if (code === 'saturated')
    return `Layer '${layer}': ${percent(share)} of its activations on ${samples} samples lie above the threshold.${advice}`
  return `At best ${percent(share)} of the classes are the ANN's, after ${T} time steps, on ${samples} samples.${advice}`
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}

/** The layer whose error exceeds that of the one before by most; undefined where all are small. */
export function layerToBlame(layers: readonly LayerReport[]): LayerReport | undefined {
  checkArray('layerToBlame', layers, 'layers', 'the layers of a report')
  for (const layer of layers) checkMembers('layerToBlame', layer, 'a layer', ['name', 'error'], 'a layer of a report')
  let worst: LayerReport | undefined
  let most = -Infinity
  for (const [i, layer] of layers.entries()) {
    const added = layer.error - (layers[i - 1]?.error ?? 0)
    if (added > most) [worst, most] = [layer, added]
  }
  return worst && worst.error > noticeable ? worst : undefined
}

/** Why a layer is wrong, and what might help. */
function reasonOf({ saturated, silent }: LayerReport, report: ConversionReport, wording: Wording): string {
  const [reason, what] =
    saturated > 0.01
      ? (['saturated', `${percent(saturated)} of its activations lie above the threshold`] as const)
      : silent > 0.5
        ? (['silent', `${percent(silent)} of its neurons never fired`] as const)
        : (['error', undefined] as const)
  const suggestions = writeSuggestions(suggestionsFor(reason, report, wording), wording)
  return [...(what === undefined ? [] : [what]), ...(suggestions === '' ? [] : [`try ${suggestions}`])]
    .map((part) => `; ${part}`)
    .join('')
}

function chipsFor({ code }: ConversionReport): string {
  if (code.spikes === 'graded') return 'a chip must carry graded spikes (Loihi 2 does, Loihi 1 and TrueNorth do not).'
  if (code.signed) return 'a chip carries them as two lines, one for each sign, or as graded spikes.'
  if (code.name === 'phase')
    return 'a chip needs weights that halve from step to step, and layers that wait for each other.'
  return code.name === 'burst'
    ? 'a chip needs weights that grow within a burst.'
    : 'any neuromorphic chip carries them.'
}
