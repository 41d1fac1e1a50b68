import type { NetworkNode } from '@snn/nn'
import { sizeOf } from '@snn/tensor'
import { checkActivations } from './activations.js'
import { upperBound } from '../codes/code.js'
import { rulesAt } from '../plan/target.js'
import { byElement } from './thresholds.js'
import { weightRanges } from '../build/normalize.js'
import type { ConversionPlan } from '../plan/plan.js'
import { chooseScales } from '../build/scales.js'
import type { NeuronsFound } from './checkpoint.js'
import { chooseNeuron, type ChosenNeuron, type Trace } from './neuron-grid.js'
import type { Calibrated, Frontier } from './frontier.js'
import { annSegment, spikingSegment } from './segment.js'
import type { SequentialOptions } from './sequential.js'

/** Places and samples of each channel that a neuron is chosen by: 768, fewer of many steps, which say more each. */
const mostTraces = (T: number): number => Math.max(256, Math.min(768, Math.floor(12_288 / T)))
/** Samples whose currents are looked at, where one has many places. */
const mostSamples = 64

/** Chooses threshold, initial potential and current of every channel of a layer of neurons, from its real currents. */
export async function chooseNeurons(
  plan: ConversionPlan,
  calibrated: Calibrated,
  { name, layer, inputs }: NetworkNode,
  { settings, backend, signal }: SequentialOptions,
  { chunks, samples }: Frontier,
): Promise<NeuronsFound> {
  const shape = plan.shapes.get(name)!
  const channels = shape[0]!
  const inner = sizeOf(shape) / channels
  const wanted = inner === 1 ? samples : Math.min(samples, mostSamples)
  const perSample = Math.max(1, Math.min(inner, Math.floor(mostTraces(settings.T) / wanted)))
  const traces: Trace[][] = Array.from({ length: channels }, () => [])
  const largest = new Float64Array(channels)
  await using ann = annSegment(plan, [name], chunks[0]!, backend)
  await using currents = await spikingSegment(plan, calibrated, [inputs[0]!], chunks[0]!, {
    settings,
    backend,
    read: 'steps',
  })
  let seen = 0
  let before = 0
  for (const chunk of chunks) {
    signal?.throwIfAborted()
    const activation = (await ann.run(chunk))[name]!.data
    checkActivations(name, activation, chunk.size, before)
    before += chunk.size
    for (let block = 0; block < chunk.size * channels; block++) {
      const channel = block % channels
      for (let i = block * inner; i < (block + 1) * inner; i++)
        if (activation[i]! > largest[channel]!) largest[channel] = activation[i]!
    }
    if (seen >= wanted) continue
    const [series] = await currents.run(chunk)
    const step = activation.length
    const steps = series!.data.length / step
    for (let n = 0; n < Math.min(chunk.size, wanted - seen); n++) {
      for (let channel = 0; channel < channels; channel++) {
        for (let k = 0; k < perSample; k++) {
          // spread over the sample, and elsewhere in the next
          const place = perSample === inner ? k : Math.floor(((k + (((seen + n) * 0.618) % 1)) / perSample) * inner)
          const i = (n * channels + channel) * inner + place
          traces[channel]!.push({
            currents: Float64Array.from({ length: steps }, (_, t) => series!.data[t * step + i]!),
            activation: activation[i]!,
          })
        }
      }
    }
    seen += chunk.size
  }
  const layerLargest = Math.max(...largest) || 1
  const rules = rulesAt(settings.target, plan.depths.get(name)!)
  const grid = {
    T: settings.T,
    wait: settings.wait,
    signed: plan.code.signed,
    cap: upperBound(layer),
    fromZero: rules !== undefined,
    hard: rules?.reset === 'hard',
  }
  const choose = (channel: number, least = 0): ChosenNeuron =>
    chooseNeuron(traces[channel]!, Math.max(largest[channel]!, layerLargest * 1e-2), { ...grid, least })
  let chosen = traces.map((_, channel) => choose(channel))
  const ranges = rules && (await weightRangesOf(plan, calibrated, inputs[0]!))
  if (ranges) {
    const share = sharedRange(chosen.map(({ level }, channel) => ranges[channel]! / level))
    chosen = chosen.map((own, channel) =>
      ranges[channel]! <= share * own.level ? own : choose(channel, ranges[channel]! / share),
    )
  }
  return {
    what: 'neurons',
    threshold: chosen.map(({ threshold }) => threshold),
    initial: chosen.map(({ initial }) => initial),
    current: chosen.map(({ current }) => current),
    ...(grid.hard && { level: chosen.map(({ level }) => level) }),
  }
}

/**
 * The weights of a layer of a chip share one scale, and the largest has all bits: this is the largest that a weight may
 * be, in units of the level that its channel fires at, so that enough bits are left for those of others and for the
 * threshold. A channel that is hardly ever active would ask for a low level, and with it for large weights.
 */
function sharedRange(ranges: readonly number[]): number {
  const median = [...ranges].sort((a, b) => a - b)[Math.floor(ranges.length / 2)]!
  return Math.min(2, 3 * median)
}

/**
 * The largest weight into each channel of neurons in units of the ANN; undefined where something else than a layer with
 * weights comes before.
 */
async function weightRangesOf(
  { network, shapes, roles, ...plan }: ConversionPlan,
  { network: now, thresholds }: Calibrated,
  before: string,
): Promise<Float64Array | undefined> {
  if (roles.get(before) !== 'weighted') return undefined
  const node = now.node(before)
  const from = node.inputs[0]!
  const scales = chooseScales(
    { ...plan, network, shapes, roles },
    new Map([...thresholds].map(([name, own]) => [name, byElement(own, shapes.get(name)!)])),
  )
  return await weightRanges(node, shapes.get(from)!, scales.of(from))
}

/** Simulates a calibrated layer of neurons for those behind it. */
export async function simulateNeurons(
  plan: ConversionPlan,
  calibrated: Calibrated,
  name: string,
  { settings, backend, signal }: SequentialOptions,
  frontier: Frontier,
): Promise<void> {
  const { chunks } = frontier
  await using ann = annSegment(plan, [name], chunks[0]!, backend)
  await using spiking = await spikingSegment(plan, calibrated, [name], chunks[0]!, { settings, backend, read: 'signs' })
  for (const chunk of chunks) {
    signal?.throwIfAborted()
    const [codes] = await spiking.run(chunk)
    frontier.keep(name, chunk, (await ann.run(chunk))[name]!, codes!.data as Uint8Array, settings.T)
  }
}
