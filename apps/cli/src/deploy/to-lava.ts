import { simulator } from '@snn/ann2snn'
import { toOnnx } from '@snn/snn-file'
import type { ImageDataset } from '@snn/datasets'
import {
  chipNetwork,
  exportNet,
  exportProcesses,
  hasBranches,
  splitEncoder,
  type ExportedNet,
  type ExportedProcesses,
  type ExportNetOptions,
} from '@snn/deploy-lava'
import { loadNetwork } from '@snn/deploy-lava/sim'
import { agreementOf } from './agreement.js'
import type { Deployed, DeploymentRow, DeployModelOptions } from './deploy-model.js'
import { fineTune } from './fine-tune.js'
import { withHardReset } from './hard-reset.js'
import { otherThresholds, roundingLint } from './rounding-lint.js'
import {
  chipReadout,
  measureFixedPoint,
  measureNetworks,
  type Chip,
  type Measured,
  type MeasureOptions,
} from './measure.js'

interface LavaOptions extends Pick<
  DeployModelOptions,
  'weightBits' | 'percentile' | 'approximate' | 'tune' | 'softReset'
> {
  readonly calibration: ImageDataset
}

/** The files of Lava, and the way from the network in floats to the chip's integers. */
export async function toLava(measure: MeasureOptions, options: LavaOptions): Promise<Deployed> {
  const { source, work } = measure
  const { snn, T } = source
  const { weightBits, percentile, approximate, tune = 0, softReset = true, calibration } = options
  const { encoder, chip } = await splitEncoder(snn)
  const settings: ExportNetOptions = {
    steps: T,
    readoutRange: await readoutRange(calibration, measure),
    encoder: 'encoder.onnx',
    ...(weightBits !== undefined && { weightBits }),
    ...(percentile !== undefined && { percentile }),
    ...(approximate !== undefined && { approximate }),
  }
  const branched = await hasBranches(chip, settings)
  const exported = branched ? await exportProcesses(chip, settings) : await exportNet(chip, settings)
  const silent = exported.report.layers.at(-1)!.vThMant === 131071
  const readout = chipReadout(chip, silent)
  const readsAs = readout === 'membrane' ? { by: 'last' as const } : readout
  const names = [chip.inputs[0]!.name, ...exported.report.layers.map(({ neuron }) => neuron)]

  const float = await measureNetworks('float', [snn], snn.metadata.readout!, measure)
  const chipNet = await chipNetwork(chip, settings)
  const rounded = await measureNetworks('quantised', [encoder, chipNet.network], readsAs, measure)
  const run = (own: ExportedNet | ExportedProcesses) =>
    measureFixedPoint(encoder, onChip(own, T), readout, names, measure)
  const rows: DeploymentRow[] = [
    { network: 'float SNN', accuracy: float.accuracy },
    ...(await otherReset(float, softReset, measure)),
    { network: 'quantised SNN', accuracy: rounded.accuracy, agreement: agreementOf(rounded, float) },
  ]
  let final: ExportedNet | ExportedProcesses = exported
  let fixed = await run(exported)
  rows.push({ network: 'fixed-point simulation', accuracy: fixed.accuracy, agreement: agreementOf(fixed, float) })
  if (tune > 0) {
    await fineTune(encoder, chipNet, readsAs, calibration, {
      ...measure,
      passes: tune,
      weightBits: exported.report.weightBits,
    })
    final = await (branched ? chipNet.exportProcesses() : chipNet.export())
    fixed = await run(final)
    rows.push({
      network: 'fixed-point simulation, fine-tuned',
      accuracy: fixed.accuracy,
      agreement: agreementOf(fixed, float),
    })
  }
  const { files, report, resources } = final
  const cut = fixed.membrane !== undefined && fixed.membrane >= 1
  const { preprocess, labelOffset, metadata } = source
  work.signal.throwIfAborted()
  return {
    files: {
      ...files,
      'encoder.onnx': await toOnnx(encoder, {
        ...metadata,
        ...(preprocess && { preprocess }),
        ...(labelOffset !== 0 && { labelOffset }),
        T,
      }),
    },
    rows,
    spikes: fixed.spikes,
    layers: report.layers,
    // other chips have targets of their own
    resources: { ...resources, chips: resources.chips.filter(({ chip }) => chip.startsWith('Loihi')) },
    warnings: float.warnings,
    lint: [
      ...roundingLint(
        agreementOf(fixed, float),
        report.weightBits,
        report.weightBits < 8
          ? 'Give more --weight-bits, or win it back with --tune 3.'
          : source.report
            ? otherThresholds
            : 'Win it back with --tune 3.',
      ),
      ...report.layers.flatMap(({ name, warnings, approximations }) => [
        ...warnings.map((what) => ({ layer: name, effect: 'warning' as const, what })),
        ...approximations.map((what) => ({
          layer: name,
          effect: 'changes' as const,
          what: `${what}, as --approximate allows`,
        })),
      ]),
      ...(cut
        ? [
            {
              layer: report.layers.at(-1)!.name,
              effect: 'changes' as const,
              what: 'membranes of the last layer reached 24 bits and were cut',
              fix: 'Use fewer --steps, or more calibration samples.',
            },
          ]
        : []),
    ],
  }
}

/**
 * The spiking network with the other reset: a converted one by subtraction, one that is reset so with the reset of the
 * chip.
 */
async function otherReset(
  float: Measured,
  wanted: boolean,
  measure: MeasureOptions,
): Promise<readonly DeploymentRow[]> {
  const { source } = measure
  const [network, other] = source.withSoftReset
    ? (['float SNN, soft reset', wanted ? await source.withSoftReset() : undefined] as const)
    : (['float SNN, reset to 0', withHardReset(source.snn)] as const)
  if (!other) return []
  const measured = await measureNetworks(
    'reset',
    [other],
    other.metadata.readout ?? source.snn.metadata.readout!,
    measure,
  )
  return [{ network, accuracy: measured.accuracy, agreement: agreementOf(measured, float) }]
}

/** What is simulated, cleared between samples of T steps, and the steps that an answer takes. */
function onChip(exported: ExportedNet | ExportedProcesses, T: number): Chip {
  if ('graph' in exported) return exported
  const graph = loadNetwork(exported.net, { resetInterval: T, resetOffset: 1 })
  return { graph, depth: graph.blocks.length }
}

/** Samples that the range of the outputs is taken from. */
const rangeSamples = 256

/**
 * The largest magnitude that the outputs reach when they add up over all steps, and half as much again for samples to
 * come.
 */
async function readoutRange(
  data: ImageDataset,
  { source: { snn, T, batches }, backend, work }: MeasureOptions,
): Promise<number> {
  await using run = simulator(snn, { backend })
  let most = 0
  let seen = 0
  for await (const [x] of batches(data)) {
    const { logits } = await run.run(x, { T, signal: work.signal })
    for (const value of logits.data) most = Math.max(most, Math.abs(value))
    seen += x.shape[0]!
    if (seen >= rangeSamples) break
  }
  return 1.5 * most * T
}
