import type { Network } from '@snn/nn'
import { readOnnx } from '@snn/onnx'
import { SnnError, checkObject } from '@snn/tensor'
import { noData, type Per, type WorkOptions } from './activations.js'
import type { LayerCalibration } from './calibrate/checkpoint.js'
import { calibrateSequentially } from './calibrate/sequential.js'
import type { BalanceOptions } from './balance.js'
import type { ClassOptions } from './classes.js'
import { checkReiterable, eachBatch, firstSamples, type Batches } from './data.js'
import { onlyClassOutput } from './import/class-output.js'
import { importModel, importOnnx, type Imported } from './import/import-onnx.js'
import { freeNames, sizesFor } from './import/sizes.js'
import { withInputShape } from './input-shapes.js'
import { normalize } from './normalize.js'
import type { Code, CodeName, CodeSettings } from './codes/code.js'
import { codeNamed } from './codes/table.js'
import { latencyOf } from './latency.js'
import { checkSpiking, planConversion, spikingInputs, type Plan } from './plan.js'
import { prepare } from './prepare.js'
import { measure, type ConversionReport } from './report.js'
import { checkSteps } from './simulate.js'
import { chooseThresholds, parseMode, type Mode } from './thresholds.js'
import { checkWeights } from './weights.js'
import { checkSource } from './check.js'

export interface ConvertOptions extends WorkOptions, ClassOptions {
  /** What a spike means. Default 'binary'. */
  readonly code?: CodeName
  /** Levels of graded spikes, steps of a quantised activation, or bits; each code has its default. */
  readonly levels?: number
  /**
   * Significant binary digits of a graded spike, 1 to 8: sizes are m theta 2^-k, k < levels, at most theta, with m = 1 for one digit (Huang et al., ICML
   * 2025), m = 1 or 1.5 for two (sums of two powers of two: Li et al., ICLR 2020). A spike leaves at most 1/3, 1/5 .. of what a neuron owes. Default 2 in the code
   * 'delta', 1 in the others.
   */
  readonly digits?: number
  /** Steps that the network is made for, where calibration or waiting needs to know. */
  readonly T?: number
  /** Steps that each layer integrates before it fires, in the codes 'binary' and 'signed': accuracy for latency. Default 0. */
  readonly wait?: number
  /** What mode 'sequential' may change beside thresholds and initial potentials: nothing (default), biases, or weights too. */
  readonly weights?: 'keep' | 'biases' | 'calibrate'
  /** Mode 'sequential': is told what was found for each layer, as soon as it is, so that a calibration that was cut off can go on. */
  readonly onLayer?: (found: LayerCalibration) => void | Promise<void>
  /** Mode 'sequential': what `onLayer` was told, in order. It goes on from there, with the result it would have had. */
  readonly resume?: readonly LayerCalibration[]
  /** How thresholds are chosen. Default '99.9%', with `T` in the codes 'binary' and 'signed' 'sequential', in codes with levels 'max', but for 'phase'. */
  readonly mode?: Mode
  /** One threshold for a layer, or one for each channel. Default 'layer', in codes with levels 'channel'; 'balance' is always per channel. */
  readonly per?: Per
  readonly balance?: BalanceOptions
  /** Initial membrane potential as a share of the threshold, 0 to 1. Default 0.5, which makes the expected rounding error zero. */
  readonly initialPotential?: number
  /** First step that counts in the output; 'auto': about half a step for each spiking layer. Default 0. */
  readonly delay?: number | 'auto'
  /** A softmax at the very end: 'strip' (default) gives logits, 'keep' probabilities. */
  readonly softmax?: 'strip' | 'keep'
  /** Layers that rate coding cannot carry: refuse the model (default), or leave them analogue. */
  readonly unsupported?: 'error' | 'keep'
  /** Which output of an ONNX model with several. Default: the one that holds the scores of the classes. */
  readonly output?: string
  /** Numbers for sizes of the input that an ONNX model leaves free, beside the batch. Default: those of the first batch. */
  readonly sizes?: Readonly<Record<string, number>>
  /** Only the first so many samples of `batches` are used. Default: all. */
  readonly samples?: number
  /** What the report is measured on, all of it: samples that choose no thresholds. Default: the first 8 to 128 of `batches`, fewer of large networks. */
  readonly validation?: Batches
  /** After how many passes the report looks at the output. Default: what suits the code, such as 4, 8, 16, 32, 64. */
  readonly steps?: readonly number[]
}

export interface Conversion {
  /** The spiking network: run it with `simulate`, `steps` or `evaluate`. */
  readonly snn: Network
  /** The network it came from, prepared: batch normalisation folded, no final softmax. */
  readonly ann: Network
  readonly report: ConversionReport
}

/**
 * Converts a trained ANN with ReLU activations into a spiking network of integrate-and-fire neurons with soft reset, by weight
 * normalisation (Diehl et al., IJCNN 2015; Rueckauer et al., Frontiers in Neuroscience 2017) or local threshold balancing
 * (Bu et al., CVPR 2025). Nothing is trained and no labels are needed.
 *
 * @param source an ONNX file's bytes, or a Network
 * @param batches x [N, ..] or [x, y] of typical inputs, preprocessed as for the ANN, that can be gone through more than
 *   once: an array or a loader. With labels the report gives accuracies.
 * @throws `ONNX_INVALID`, `ONNX_UNSUPPORTED`, `CONVERT_UNSUPPORTED`, `CALIBRATION`, `ARGUMENT`, `SHAPE`, `NO_BACKEND`
 */
export async function convert(source: Network | Uint8Array, batches: Batches, options: ConvertOptions = {}): Promise<Conversion> {
  checkObject('convert', options)
  const given = checkSource('convert', source)
  const code = codeNamed(options.code ?? 'binary')
  const mode = options.mode ?? defaultMode(code, options)
  const { initialPotential = 0.5, softmax = 'strip', unsupported = 'error' } = options
  const per = mode === 'balance' || mode === 'sequential' || mode === 'gaussian' ? 'channel' : (options.per ?? (code.levels ? 'channel' : 'layer'))
  parseMode(mode)
  const settings = checkSettings(code, { ...options, mode })
  if (!(initialPotential >= 0 && initialPotential <= 1)) {
    throw new SnnError('ARGUMENT', `[convert] initialPotential ${initialPotential}, expected a share of the threshold from 0 to 1.`, { name: 'initialPotential', value: initialPotential })
  }
  if (options.steps?.length === 0 || options.steps?.some((T, i, all) => checkSteps(T, 'convert') <= (all[i - 1] ?? 0))) {
    throw new SnnError('ARGUMENT', `[convert] steps ${options.steps.join(', ')}, expected numbers of steps in ascending order.`, { name: 'steps', value: options.steps })
  }
  checkReiterable(batches, 'convert')
  const data = options.samples === undefined ? batches : firstSamples(batches, options.samples)
  options.signal?.throwIfAborted()
  const model = given instanceof Uint8Array ? await imported(given, data, options) : { network: given, notes: [] }
  await checkWeights(model.network)
  const { network: ann, notes } = await prepare(await withInputShape(model.network, data), { softmax })
  const plan = planConversion(ann, unsupported, code)
  checkSpiking(plan)
  const delay = chooseDelay(options.delay ?? 0, plan)

  const calibrated = mode === 'sequential' && code.absorbs ? await calibrateSequentially(plan, data, { ...options, settings, weights: options.weights ?? 'keep' }) : undefined
  const thresholds = calibrated?.thresholds ?? (await chooseThresholds(plan, data, { ...options, mode, per }))
  const chosen = calibrated ? { ...plan, network: calibrated.network } : plan
  const { snn, scales } = await normalize(chosen, thresholds, { initialPotential, delay, settings, ...(calibrated && { neurons: calibrated.neurons }) })
  const { samples, calibrationSamples, annAccuracy, ...findings } = await measure({ plan, snn, scales, thresholds, settings }, data, options)
  snn.metadata = { ...snn.metadata, T: findings.recommendedT }
  const report: ConversionReport = {
    version: 1,
    code: { name: code.name, spikes: code.spikes, signed: code.signed, ...(code.levels ? { levels: settings.levels } : {}), ...(code.spikes === 'graded' ? { digits: settings.digits } : {}) },
    mode,
    per,
    weights: ({ keep: 'kept', biases: 'biases corrected', calibrate: 'calibrated' } as const)[options.weights ?? 'keep'],
    initialPotential,
    delay,
    latency: latencyOf(plan, settings),
    samples: { calibration: calibrationSamples, report: samples },
    ann: { macs: totalOf(plan), parameters: parameterCount(ann), ...(annAccuracy === undefined ? {} : { accuracy: annAccuracy }) },
    ...findings,
    notes: [...model.notes, ...notes, ...(calibrated && calibrated.samples < calibrationSamples ? [`Sequential calibration used the first ${calibrated.samples} of ${calibrationSamples} samples: more do not fit into 1 GiB.`] : [])],
  }
  return { snn, ann, report }
}

/** Sizes that the model leaves free are those of the first batch, where nothing else is said. */
async function imported(source: Uint8Array, data: Batches, { output, sizes = {}, signal }: ConvertOptions): Promise<Imported> {
  const named = output === undefined ? {} : { output }
  const graph = readOnnx(source, { sizes })
  onlyClassOutput(graph, output)
  if (freeNames(graph).length === 0) return importOnnx(graph, named)
  for await (const { x } of eachBatch(data, 'convert', signal)) return importModel(source, { ...named, sizes: { ...sizes, ...sizesFor(graph, x.shape.slice(1)) } })
  throw noData()
}

function defaultMode({ levels, mode }: Code, { T }: ConvertOptions): Mode {
  if (levels) return mode ?? 'max'
  return T === undefined ? '99.9%' : 'sequential'
}

function checkSettings(code: Code, { levels = code.levels?.default ?? 0, digits = code.digits, T = 0, wait = 0, mode, weights = 'keep', resume }: ConvertOptions): CodeSettings {
  const refuse = (name: string, value: number, expected: string): never => {
    throw new SnnError('ARGUMENT', `[convert] ${name} ${value}, expected ${expected}.`, { name, value })
  }
  const whole = (value: number, least: number, most: number): boolean => Number.isSafeInteger(value) && value >= least && value <= most
  if (!code.levels && levels !== 0) refuse('levels', levels, `none: spikes of the code '${code.name}' have no levels`)
  if (code.levels && !whole(levels, code.levels.least, code.levels.most)) refuse('levels', levels, `a whole number from ${code.levels.least} to ${code.levels.most}`)
  if (code.spikes === 'binary' && digits !== 1) refuse('digits', digits, `none: spikes of the code '${code.name}' are not graded`)
  if (!whole(digits, 1, 8)) refuse('digits', digits, 'a whole number from 1 to 8')
  if (!whole(T, 0, 4096)) refuse('T', T, 'a whole number of steps from 1 to 4096')
  if (!whole(wait, 0, 64)) refuse('wait', wait, 'a whole number of steps from 0 to 64')
  if (wait > 0 && !(code.name === 'binary' || code.name === 'signed')) refuse('wait', wait, `0: only the codes 'binary' and 'signed' wait`)
  if (mode === 'sequential' && T === 0) refuse('T', T, "a whole number of steps for mode 'sequential'. Say for how many steps the network is made: T")
  if (weights !== 'keep' && mode !== 'sequential') throw new SnnError('ARGUMENT', `[convert] weights '${weights}' in mode ${JSON.stringify(mode)}, expected mode 'sequential', which alone changes weights.`, { name: 'weights', value: weights })
  if (resume && mode !== 'sequential') throw new SnnError('ARGUMENT', `[convert] resume in mode ${JSON.stringify(mode)}, expected mode 'sequential', which alone can be resumed.`, { name: 'resume', value: mode })
  if (wait > 0 && T === 0) refuse('wait', wait, '0 without T. Say for how many steps the network is made: T')
  return { levels, digits, T, wait }
}

function totalOf({ macs }: Plan): number {
  return [...macs.values()].reduce((a, b) => a + b, 0)
}

export function parameterCount(network: Network): number {
  return Object.values(network.variables()).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
}

/** A layer that starts at half its threshold needs about half a step until its rate has settled. */
function chooseDelay(delay: number | 'auto', plan: Plan): number {
  if (delay === 'auto') return Math.floor(spikingInputs(plan).size / 2)
  if (Number.isSafeInteger(delay) && delay >= 0) return delay
  throw new SnnError('ARGUMENT', `[convert] delay ${delay}, expected 'auto' or a whole number of at least 0.`, { name: 'delay', value: delay })
}
