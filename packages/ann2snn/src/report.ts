import { initialState, type Network, type NetworkNode, type NetworkState } from '@snn/nn'
import { compile, conv, grad, ones, scalar, scan, sizeOf, type Tensor, type TensorLike } from '@snn/tensor'
import { checkActivations, neuronNames, recorder, type Per, type WorkOptions } from './activations.js'
import type { CodeName, CodeSettings } from './codes/code.js'
import { boundaryOf, classAt, type ClassOptions } from './classes.js'
import { eachBatch, firstRows, type Batches } from './data.js'
import { labelScores } from './label-scores.js'
import { latencyOf, stepsToReport } from './latency.js'
import { spikingInputs, type Plan } from './plan.js'
import type { Scales } from './scales.js'
import { compileLoop } from './simulate.js'
import type { Mode } from './thresholds.js'

export interface Spread {
  readonly min: number
  readonly mean: number
  readonly max: number
}

export interface LayerReport {
  readonly name: string
  readonly kind: string
  /** Neurons of one sample. */
  readonly neurons: number
  /** Firing threshold in units of the ANN's activation, over channels. */
  readonly threshold: Spread
  /** What the SNN's values are multiplied with to give the ANN's. */
  readonly scale: Spread
  /** Share of activations above the threshold: they are cut off. */
  readonly saturated: number
  /** Share of neurons that fired for no sample. */
  readonly silent: number
  /** Spikes per neuron and step, of whatever size and sign. */
  readonly rate: number
  /** |decoded rate - activation| / |activation|, over all neurons and samples (Euclidean norms). */
  readonly error: number
}

export interface AccuracyReport {
  readonly T: number
  /** Share of samples with the ANN's prediction. */
  readonly agreement: number
  /** Share of samples with the label's class, where calibration data had labels. */
  readonly accuracy?: number
}

/** What a conversion did and what to expect of it. JSON; `version` grows when its form changes. */
export interface ConversionReport {
  readonly version: 1
  /** What a spike is: binary or graded, with a sign or not, of how many levels (steps, bits), and how many digits of a graded one. */
  readonly code: { readonly name: CodeName; readonly spikes: 'binary' | 'graded'; readonly signed: boolean; readonly levels?: number; readonly digits?: number }
  readonly mode: Mode
  readonly per: Per
  /** Whether calibration changed weights, biases alone, or neither. */
  readonly weights: 'kept' | 'biases corrected' | 'calibrated'
  /** Share of the threshold. */
  readonly initialPotential: number
  /** First step that counts in the readout. */
  readonly delay: number
  /** Steps that pass before the output begins to count; T in this report includes them: it is the number of passes really run. */
  readonly latency: number
  /** Calibration samples, and how many of them the figures below were measured on. */
  readonly samples: { readonly calibration: number; readonly report: number }
  readonly ann: { readonly macs: number; readonly parameters: number; readonly accuracy?: number }
  readonly layers: readonly LayerReport[]
  /** Number of steps that `layers` was measured with. */
  readonly layersT: number
  readonly accuracy: readonly AccuracyReport[]
  /** The fewest steps after which the prediction agrees with the ANN's nearly as often as it ever does. */
  readonly recommendedT: number
  /** What spikes (in codes of changes: changes) cause at the weights they meet, and the multiply-accumulates of layers with analogue input, for one sample. */
  readonly synapticOperations: readonly { readonly T: number; readonly perSample: number; readonly ratio: number }[]
  /** Share of the ANN's multiply-accumulates whose inputs have become spikes. */
  readonly spikingShare: number
  readonly warnings: readonly string[]
  readonly notes: readonly string[]
}

/** Multiply-accumulates times steps that a report may cost; it takes fewer samples from large networks. */
const workLimit = 4e11

/** Agreement may be so much below the best for a number of steps to be recommended. */
const tolerance = 0.005

export interface Measured {
  readonly plan: Plan
  readonly snn: Network
  readonly scales: Scales
  readonly thresholds: ReadonlyMap<string, Float64Array>
  readonly settings: CodeSettings
}

type Findings = Pick<ConversionReport, 'layers' | 'layersT' | 'accuracy' | 'recommendedT' | 'synapticOperations' | 'spikingShare' | 'warnings'> & {
  readonly samples: number
  readonly annAccuracy: number | undefined
  readonly calibrationSamples: number
}

export interface MeasureOptions extends WorkOptions, ClassOptions {
  /** What the figures are measured on, all of it. Default: the first of the calibration samples. */
  readonly validation?: Batches | undefined
  /** After how many passes the figures are taken, in ascending order. Default: what suits the code. */
  readonly steps?: readonly number[] | undefined
}

/** Compares the SNN with the ANN on calibration samples, or on others. */
export async function measure(measured: Measured, calibration: Batches, options: MeasureOptions): Promise<Findings> {
  const { plan, snn, settings } = measured
  const { validation } = options
  const reportedSteps = options.steps ?? stepsToReport(plan, settings)
  const totalMacs = [...plan.macs.values()].reduce((a, b) => a + b, 0)
  const lastT = reportedSteps.at(-1)!
  const limit = Math.max(8, Math.min(128, Math.floor(workLimit / (totalMacs * lastT))))
  const names = neuronNames(plan)
  const counting = spikeCounting(plan, snn)

  await using ann = recorder(plan.network, names, options.backend)
  const sources = [...new Set([...counting.values()].map(({ source }) => source))]
  await using loop = compileLoop(
    snn,
    sources.map((name) => `${name}.output`),
    (recorded) => Object.fromEntries([...counting].map(([name, { source, fanOut }]) => [name, recorded[`${source}.output`]!.ne(0).cast('float32').mul(fanOut()).sum()])),
    options.backend,
  )
  await using rates = compileRates(snn, names, options)

  const agree = new Float64Array(reportedSteps.length)
  const operations = new Float64Array(reportedSteps.length)
  const kept: { readonly x: TensorLike; readonly size: number }[] = []
  const boundary = boundaryOf(plan.network)
  const labelled = labelScores(reportedSteps.length, plan.shapes.get(plan.network.outputs[0]!)!, options)
  let samples = 0
  let calibrationSamples = 0
  if (validation) for await (const { size } of eachBatch(calibration, 'convert', options.signal)) calibrationSamples += size
  for await (const batch of eachBatch(validation ?? calibration, 'convert', options.signal)) {
    if (!validation) calibrationSamples += batch.size
    if (!validation && samples >= limit) continue
    const size = validation ? batch.size : Math.min(batch.size, limit - samples)
    const x = firstRows(batch.x, size)
    if (samples < limit) kept.push({ x, size })
    const { logits, values } = await ann(x)
    for (const [name, { data }] of [...Object.entries(values), [plan.network.outputs[0]!, logits] as const]) checkActivations(name, data, size, samples)
    const classes = logits.data.length / size
    const { logits: byStep, collected } = await loop(x, null, lastT, false)
    labelled.check(batch.labels)
    for (let n = 0; n < size; n++) {
      const expected = classAt(logits.data, n * classes, classes, boundary)
      const predicted = reportedSteps.map((T) => classAt(byStep.data, ((T - 1) * size + n) * classes, classes, boundary))
      for (const [i, prediction] of predicted.entries()) if (prediction === expected) agree[i]!++
      labelled.add(expected, predicted, batch.labels?.[n])
    }
    for (const counts of Object.values(collected)) {
      let sum = 0
      let next = 0
      for (let t = 0; t < lastT; t++) {
        sum += counts.data[t]!
        if (t + 1 === reportedSteps[next]) operations[next++]! += sum
      }
    }
    samples += size
    options.onProgress?.({ stage: 'report', done: samples, total: limit })
  }

  const spiking = spikingInputs(plan)
  const { domains } = plan
  const sumOf = (names: (name: string) => boolean): number => [...plan.macs].filter(([name]) => names(name)).reduce((sum, [, macs]) => sum + macs, 0)
  const analogueMacs = sumOf((name) => !spiking.has(name))
  const onceMacs = sumOf((name) => domains.get(name) === 'constant')
  // what works on values or on analogue currents does so at every step
  const everyStepMacs = sumOf((name) => domains.get(name) !== 'constant' && !counting.has(name))
  const accuracy = reportedSteps.map((T, i) => ({ T, agreement: agree[i]! / samples, ...(labelled.snn[i] === undefined ? {} : { accuracy: labelled.snn[i] }) }))
  const best = Math.max(...accuracy.map(({ agreement }) => agreement))
  const recommendedT = accuracy.find(({ agreement }) => agreement >= best - tolerance)!.T
  const layers = await measureLayers(measured, names, kept, recommendedT, ann, rates)
  return {
    samples,
    calibrationSamples,
    annAccuracy: labelled.ann,
    layers,
    layersT: recommendedT,
    accuracy,
    recommendedT,
    synapticOperations: reportedSteps.map((T, i) => {
      const perSample = operations[i]! / samples + onceMacs + everyStepMacs * T
      return { T, perSample, ratio: perSample / totalMacs }
    }),
    spikingShare: (totalMacs - analogueMacs) / totalMacs,
    warnings: [...labelled.warnings, ...warningsFor(plan, layers, best, lastT)],
  }
}

/** For each weighted layer that takes spikes or changes: which node they come from, and how many weights each one meets. */
function spikeCounting(plan: Plan, snn: Network): Map<string, { readonly source: string; readonly fanOut: () => Tensor }> {
  const spiking = spikingInputs(plan)
  const { domains } = plan
  const counted = ({ name }: NetworkNode): boolean =>
    spiking.has(name) || (plan.roles.get(name) === 'weighted' && domains.get(name) === 'message' && plan.code.flow === 'once')
  const entries = plan.network.nodes.filter(counted).map((node) => [node.name, { source: snn.node(node.name).inputs[0]!, fanOut: () => fanOut(node, plan) }] as const)
  return new Map(entries)
}

/** Outputs that each input element reaches: the gradient of the sum of outputs for weights of one. */
function fanOut(node: NetworkNode, { shapes }: Plan): Tensor {
  const weight = node.layer.variables['weight']!
  if (node.layer.kind === 'linear') return scalar(weight.shape[0]!, 'float32')
  const x = ones([1, ...shapes.get(node.inputs[0]!)!])
  return grad(conv(x, ones(weight.shape), node.layer.config).sum(), x)
}

/** Sum of the outputs of each neuron over T steps, and of its spikes. */
function compileRates(snn: Network, names: readonly string[], { backend }: WorkOptions) {
  return compile(
    (x: Tensor, T: number) => {
      const inputs = snn.bind(x)
      const initial = initialState(snn, inputs)
      const zero = Object.fromEntries(names.map((name) => [name, Object.values(initial[name]!)[0]!.mul(0)]))
      const record = names.flatMap((name) => [`${name}.output`, `${name}.spike`])
      const [{ output, spike }] = scan(
        (now: { readonly state: NetworkState; readonly output: Record<string, Tensor>; readonly spike: Record<string, Tensor> }) => {
          const { state, recorded } = snn.run('step', inputs, { state: now.state, record })
          const summed = (before: Readonly<Record<string, Tensor>>, one: (name: string) => Tensor): Record<string, Tensor> => Object.fromEntries(names.map((name) => [name, before[name]!.add(one(name))]))
          const output = summed(now.output, (name) => recorded[`${name}.output`]!)
          return [{ state, output, spike: summed(now.spike, (name) => recorded[`${name}.spike`]!.ne(0).cast('float32')) }, null] as const
        },
        { state: initial, output: zero, spike: zero },
        null,
        { length: T },
      )
      return { output, spike }
    },
    { backend },
  )
}

async function measureLayers(
  { plan, scales, thresholds, settings }: Measured,
  names: readonly string[],
  kept: readonly { readonly x: TensorLike; readonly size: number }[],
  T: number,
  ann: ReturnType<typeof recorder>,
  rates: ReturnType<typeof compileRates>,
): Promise<LayerReport[]> {
  const sums = new Map(names.map((name) => [name, { squaredError: 0, squared: 0, saturated: 0, spikes: 0, fired: new Uint8Array(sizeOf(plan.shapes.get(name)!)) }]))
  // what a sum of outputs is divided by to give the activation
  const summands = plan.code.flow === 'once' ? 1 : T - latencyOf(plan, settings)
  let samples = 0
  for (const { x, size } of kept) {
    const { values } = await ann(x)
    const { output, spike } = await rates(x, T)
    for (const name of names) {
      const own = sums.get(name)!
      const scale = scales.of(name)
      const threshold = thresholds.get(name)!
      const perThreshold = scale.length / threshold.length
      const activation = values[name]!.data
      const decoded = output[name]!.data
      const spikes = spike[name]!.data
      for (let i = 0; i < activation.length; i++) {
        const element = i % scale.length
        const a = activation[i]!
        const difference = (decoded[i]! / summands) * scale[element]! - a
        own.squaredError += difference * difference
        own.squared += a * a
        if (Math.abs(a) > threshold[Math.floor(element / perThreshold)]!) own.saturated++
        own.spikes += spikes[i]!
        if (spikes[i]! > 0) own.fired[element] = 1
      }
    }
    samples += size
  }
  return names.map((name) => {
    const { squaredError, squared, saturated, spikes, fired } = sums.get(name)!
    const neurons = fired.length
    return {
      name,
      kind: plan.network.node(name).layer.kind,
      neurons,
      threshold: spread(thresholds.get(name)!),
      scale: spread(scales.of(name)),
      saturated: saturated / samples / neurons,
      silent: fired.reduce((silent, has) => silent - has, neurons) / neurons,
      rate: spikes / samples / neurons / T,
      error: squared > 0 ? Math.sqrt(squaredError / squared) : 0,
    }
  })
}

function spread(values: ArrayLike<number>): Spread {
  const list = Array.from(values)
  return { min: list.reduce((a, b) => Math.min(a, b)), mean: list.reduce((a, b) => a + b) / list.length, max: list.reduce((a, b) => Math.max(a, b)) }
}

function warningsFor({ code }: Plan, layers: readonly LayerReport[], best: number, lastT: number): string[] {
  const warnings = layers.flatMap(({ name, silent, saturated }) => [
    ...(silent > 0.9 ? [`Layer '${name}': ${(100 * silent).toFixed(0)} % of its neurons fired for no sample. Give more calibration samples.`] : []),
    ...(saturated > 0.05 ? [`Layer '${name}': ${(100 * saturated).toFixed(1)} % of its activations lie above the threshold. Use a higher percentile.`] : []),
  ])
  if (best < 0.97) warnings.push(`Only ${(100 * best).toFixed(1)} % of the predictions agree with the ANN's within ${lastT} steps. ${code.levels ? `Try more levels${code.name === 'phase' ? ' (bits)' : ' or steps'}, or more calibration samples.` : "Try mode 'balance', per 'channel', or more steps."}`)
  return warnings
}
