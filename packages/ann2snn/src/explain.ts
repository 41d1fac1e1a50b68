import { checkArray, checkMembers } from '@snn/tensor'
import type { ConversionReport, LayerReport } from './report.js'

/** Below this relative error a layer is not to blame. */
const noticeable = 0.05

/** What a report means and what could be changed, as sentences: for `snn convert --explain`. */
export function explain(report: ConversionReport): string[] {
  checkMembers('explain', report, 'report', ['code', 'layers', 'accuracy'], 'the report of a conversion')
  const { code, layers, layersT, accuracy, recommendedT, weights, latency, spikingShare, mode } = report
  const lines = [
    `Spikes are ${code.spikes}${code.signed ? ' and have a sign' : ''}${code.levels === undefined ? '' : `, with ${code.levels} ${code.name === 'phase' ? 'bits' : code.spikes === 'graded' ? 'levels' : 'steps'}`}: ${chipsFor(report)}`,
    `The network is run ${recommendedT} times for each input${latency > 0 ? `, ${latency} of them before the output begins to count` : ''}.`,
    `Weights were ${weights === 'kept' ? 'not changed' : weights}; ${(100 * (1 - spikingShare)).toFixed(1)} % of the multiply-accumulates are not driven by spikes.`,
  ]
  const blamed = layerToBlame(layers)
  if (blamed) {
    lines.push(`After ${layersT} steps layer '${blamed.name}' adds most of the error: ${(100 * blamed.error).toFixed(1)} % of its activation${advice(blamed, report)}`)
  }
  const best = Math.max(...accuracy.map(({ agreement }) => agreement))
  if (best < 0.97) lines.push(`At best ${(100 * best).toFixed(1)} % of the classes are the ANN's. ${code.spikes === 'binary' && mode !== 'sequential' ? "Calibrate for a number of steps (mode 'sequential', T), or use the code 'delta'." : 'Give more calibration samples, more levels or more steps.'}`)
  return lines
}

/** The layer whose error exceeds that of the one before by most; undefined where all are small. */
export function layerToBlame(layers: readonly LayerReport[]): LayerReport | undefined {
  checkArray('layerToBlame', layers, 'layers', 'the layers of a report')
  let worst: LayerReport | undefined
  let most = -Infinity
  for (const [i, layer] of layers.entries()) {
    const added = layer.error - (layers[i - 1]?.error ?? 0)
    if (added > most) [worst, most] = [layer, added]
  }
  return worst && worst.error > noticeable ? worst : undefined
}

function advice({ saturated, silent }: LayerReport, { code }: ConversionReport): string {
  if (saturated > 0.01) return `; ${(100 * saturated).toFixed(1)} % of its activations lie above the threshold: use a higher percentile, or 'max'.`
  if (silent > 0.5) return `; ${(100 * silent).toFixed(0)} % of its neurons never fired: give more calibration samples, or thresholds per channel.`
  if (code.spikes === 'graded') return '; more levels or one step more make it smaller.'
  return "; more steps, thresholds per channel, or mode 'sequential' make it smaller."
}

function chipsFor({ code }: ConversionReport): string {
  if (code.spikes === 'graded') return 'a chip must carry graded spikes (Loihi 2 does, Loihi 1 and TrueNorth do not).'
  if (code.signed) return 'a chip carries them as two lines, one for each sign, or as graded spikes.'
  if (code.name === 'phase') return 'a chip needs weights that halve from step to step, and layers that wait for each other.'
  return code.name === 'burst' ? 'a chip needs weights that grow within a burst.' : 'any neuromorphic chip carries them.'
}
