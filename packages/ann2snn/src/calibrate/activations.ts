import type { Inputs, Network } from '@snn/nn'
import { compile, SnnError, type Backend } from '@snn/tensor'
import { indexOfNotFinite, optionRule, type OptionRules } from '@snn/tensor/library'
import { eachBatch, firstRows, type Batches } from '../data.js'
import type { ConversionPlan } from '../plan/plan.js'
import { Histogram } from './statistics.js'

/** What long work tells while it runs. */
export interface Progress {
  readonly stage: string
  readonly done: number
  readonly total?: number
}

/**
 * What all long work takes. `backend`: where to compute, default the default backend; `signal` ends it with its reason.
 */
export interface WorkOptions {
  readonly backend?: Backend | undefined
  /** Ends the work early, by throwing `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /** Is told how far the work is. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

export const workRules: OptionRules<WorkOptions> = {
  backend: optionRule.backend,
  signal: optionRule.signal,
  onProgress: optionRule.callback,
}

/** One threshold for a whole layer, or one per channel (axis 0 of a sample). */
export type Per = 'layer' | 'channel'

/** Names of the nodes that become neurons, in order. */
export function neuronNames({ network, roles }: ConversionPlan): string[] {
  return network.nodes.map(({ name }) => name).filter((name) => roles.get(name) === 'neuron')
}

/** Runs the network and hands out what the named nodes yield. */
export function recorder(network: Network, names: readonly string[], backend: Backend | undefined) {
  return compile(
    (x: Inputs) => {
      const inputs = network.bind(x)
      const { outputs, recorded } = network.run('step', inputs, {
        record: names.filter((name) => !(name in inputs)).map((name) => `${name}.output`),
      })
      return {
        logits: outputs[network.outputs[0]!]!,
        values: Object.fromEntries(names.map((name) => [name, recorded[`${name}.output`] ?? inputs[name]!])),
      }
    },
    { backend },
  )
}

/**
 * Throws `CALIBRATION` for an ANN of which no neuron is active for any sample: nothing would ever fire. It goes no
 * further than to the first sample for which one is.
 */
export async function checkActive(plan: ConversionPlan, data: Batches, options: WorkOptions): Promise<void> {
  const names = neuronNames(plan)
  await using active = compile(
    (x: Inputs) => {
      const { recorded } = plan.network.run('step', plan.network.bind(x), {
        record: names.map((name) => `${name}.output`),
      })
      return Object.values(recorded).map((activation) => activation.ne(0).cast('float32').sum())
    },
    { backend: options.backend },
  )
  let samples = 0
  for await (const { x, size } of eachBatch(data, 'convert', options.signal)) {
    // one sample nearly always tells
    for (const rows of new Set([1, size]))
      if ((await active(firstRows(x, rows))).some(({ data }) => data[0] !== 0)) return
    samples += size
  }
  if (samples === 0) throw noData()
  throw new SnnError(
    'CALIBRATION',
    `[convert] no activation of any layer is above 0 for ${samples} calibration samples, expected some: no neuron would ever fire. Check that the model is trained (are its weights or biases all 0?), and the preprocessing.`,
    { reason: 'inactive' },
  )
}

export interface ActivationStatistics {
  /** Of each neuron node: one histogram, or one per channel. */
  readonly histograms: ReadonlyMap<string, readonly Histogram[]>
  readonly samples: number
}

/** Runs the ANN over all batches and gathers the distribution of every activation that will become a rate. */
export async function measureActivations(
  plan: ConversionPlan,
  data: Batches,
  per: Per,
  options: WorkOptions,
): Promise<ActivationStatistics> {
  const names = neuronNames(plan)
  await using run = recorder(plan.network, names, options.backend)
  const histograms = new Map(
    names.map((name) => [
      name,
      Array.from({ length: per === 'layer' ? 1 : plan.shapes.get(name)![0]! }, () => new Histogram()),
    ]),
  )
  let samples = 0
  for await (const { x, size } of eachBatch(data, 'convert', options.signal)) {
    const { values } = await run(x)
    for (const [name, { data }] of Object.entries(values)) {
      checkActivations(name, data, size, samples)
      const activation = plan.code.spikes === 'graded' ? data.map(Math.abs) : data
      const own = histograms.get(name)!
      const inner = activation.length / size / own.length
      for (let block = 0; block < size * own.length; block++)
        own[block % own.length]!.add(activation, block * inner, (block + 1) * inner)
    }
    samples += size
    options.onProgress?.({ stage: 'calibrate', done: samples })
  }
  if (samples === 0) throw noData()
  return { histograms, samples }
}

/**
 * Throws `CALIBRATION` where a layer of the ANN yields what is not finite for one of `size` samples; `before`: samples
 * that came before.
 */
export function checkActivations(name: string, data: ArrayLike<number>, size: number, before: number): void {
  const wrong = indexOfNotFinite(data)
  if (wrong < 0) return
  const sample = before + Math.floor((wrong * size) / data.length)
  throw new SnnError(
    'CALIBRATION',
    `[convert] layer '${name}' yields ${data[wrong]} for calibration sample ${sample}, expected finite numbers. Check the preprocessing, and whether the model itself is sound.`,
    { reason: 'not-finite' },
  )
}

export function noData(): SnnError {
  return new SnnError(
    'CALIBRATION',
    '[convert] no calibration samples, expected at least one batch. Some hundred images of the training set are enough.',
    { reason: 'empty' },
  )
}
