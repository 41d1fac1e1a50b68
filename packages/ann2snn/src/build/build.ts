import { checkFiniteVariables, type Network } from '@snn/nn'
import { readOnnx } from '@snn/onnx'
import { SnnError } from '@snn/tensor'
import { checkActive, noData } from '../calibrate/activations.js'
import { calibrateSequentially } from '../calibrate/sequential.js'
import type { ConvertOptions } from '../plan/convert-options.js'
import { eachBatch, type Batches } from '../data.js'
import { onlyClassOutput } from '../import/class-output.js'
import { importModel, importOnnx, type Imported } from '../import/import-onnx.js'
import { freeNames, sizesFor } from '../import/sizes.js'
import { withInputShape } from '../import/input-shapes.js'
import { normalize } from './normalize.js'
import { checkSpiking, planConversion, spikingInputs, type ConversionPlan } from '../plan/plan.js'
import { prepare } from '../prepare/prepare.js'
import type { Scales } from './scales.js'
import { settle, type Settled } from '../plan/settle.js'
import { chooseThresholds } from '../calibrate/thresholds.js'

/** An ANN in the form that conversion starts from, and what was done to it. */
export interface PreparedAnn {
  readonly network: Network
  readonly notes: readonly string[]
}

/** An SNN, and what it was built by. */
export interface Built {
  readonly plan: ConversionPlan
  readonly snn: Network
  readonly scales: Scales
  readonly thresholds: ReadonlyMap<string, Float64Array>
  readonly settled: Settled
  readonly delay: number
  /** Samples that calibration in the loop had room for. */
  readonly fitted: number | undefined
}

/** Reads and prepares what is to be converted. */
export async function prepareAnn(
  given: Network | Uint8Array,
  data: Batches,
  options: ConvertOptions,
): Promise<PreparedAnn> {
  const model = given instanceof Uint8Array ? await imported(given, data, options) : { network: given, notes: [] }
  await checkFiniteVariables('convert', model.network)
  const { target } = settle(options).settings
  const { network, notes } = await prepare(await withInputShape(model.network, data), {
    softmax: options.softmax ?? 'strip',
    poolFirst: target?.encoder ?? false,
    foldIntoNext: target !== undefined,
  })
  return { network, notes: [...model.notes, ...notes] }
}

/** Calibrates, and builds the SNN. */
export async function build({ network }: PreparedAnn, data: Batches, options: ConvertOptions): Promise<Built> {
  const settled = settle(options)
  const { code, mode, per, settings, weights, initialPotential } = settled
  const plan = planConversion(network, options.unsupported ?? 'error', code)
  checkSpiking(plan)
  const delay = chooseDelay(options.delay ?? 0, plan, settings.T)
  await checkActive(plan, data, options)
  const calibrated =
    mode === 'sequential' && code.absorbs
      ? await calibrateSequentially(plan, data, { ...options, settings, weights })
      : undefined
  const thresholds = calibrated?.thresholds ?? (await chooseThresholds(plan, data, { ...options, mode, per }))
  const chosen = calibrated ? { ...plan, network: calibrated.network } : plan
  const { snn, scales } = await normalize(chosen, thresholds, {
    initialPotential,
    delay,
    settings,
    ...(calibrated && { neurons: calibrated.neurons }),
  })
  return { plan, snn, scales, thresholds, settled, delay, fitted: calibrated?.samples }
}

/** Sizes that the model leaves free are those of the first batch, where nothing else is said. */
async function imported(
  source: Uint8Array,
  data: Batches,
  { output, sizes = {}, signal }: ConvertOptions,
): Promise<Imported> {
  const named = output === undefined ? {} : { output }
  const graph = readOnnx(source, { sizes })
  onlyClassOutput(graph, output)
  if (freeNames(graph).length === 0) return importOnnx(graph, named)
  for await (const { x } of eachBatch(data, 'convert', signal))
    return importModel(source, { ...named, sizes: { ...sizes, ...sizesFor(graph, x.shape.slice(1)) } })
  throw noData()
}

/** A layer that starts at half its threshold needs about half a step until its rate has settled. */
function chooseDelay(delay: number | 'auto', plan: ConversionPlan, T: number): number {
  if (delay === 'auto') return Math.floor(spikingInputs(plan).size / 2)
  if (T > 0 && delay >= T)
    throw new SnnError(
      'ARGUMENT',
      `[convert] delay ${delay}, expected fewer than the ${T} time steps of T: the output would leave all of them out. Make it smaller (--delay), or T larger (--steps).`,
      { name: 'delay', value: delay },
    )
  if (Number.isSafeInteger(delay) && delay >= 0) return delay
  throw new SnnError('ARGUMENT', `[convert] delay ${delay}, expected 'auto' or a whole number of at least 0.`, {
    name: 'delay',
    value: delay,
  })
}
