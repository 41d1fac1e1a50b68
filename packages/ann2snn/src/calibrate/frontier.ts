import type { Network, NetworkNode } from '@snn/nn'
import { sizeOf, type TensorLike } from '@snn/tensor'
import type { WorkOptions } from './activations.js'
import type { CodeSettings } from '../codes/code.js'
import { eachBatch, type Batches } from '../data.js'
import type { NeuronCalibration } from '../build/normalize.js'
import type { ConversionPlan } from '../plan/plan.js'
import { packSpikes, type SpikeTrain } from './spike-trains.js'

/** What has been calibrated so far, in units of the ANN. */
export interface Calibrated {
  /** The network with the weights chosen so far. */
  network: Network
  readonly thresholds: Map<string, Float64Array>
  readonly neurons: Map<string, NeuronCalibration>
}

/** A layer to be calibrated: its weights, or its neurons. */
export interface CalibrationStage {
  readonly node: NetworkNode
  readonly what: 'weights' | 'neurons'
  /** Values that it starts from. */
  readonly needs: readonly string[]
  /** For weights: another input of the Add behind the layer, whose error this layer makes up for. */
  readonly other: string | undefined
}

/** What one layer of neurons, or the input, yields for the samples of a chunk. */
export interface Kept {
  /** Of the ANN. */
  readonly activation: TensorLike
  /** Of the SNN, in the `T` steps in which the layer may fire; none of an input. */
  readonly spikes?: SpikeTrain
}

/** Some calibration samples, and what the layers that are still needed yield for them. */
export interface Chunk {
  readonly size: number
  readonly kept: Map<string, Kept>
}

/** Bytes of inputs, activations and spikes that are kept at once. */
const mostBytes = 2 ** 30
/** Numbers that one value may have in all steps and samples of a chunk. */
const mostNumbers = 2 ** 21

/**
 * How far a calibration has come: the calibration samples with the activations and spikes of those layers of neurons
 * that layers still to come start from, so that each layer is simulated once. As many samples are read as fit into 1
 * GiB: memory does not grow with their number.
 */
export class Frontier {
  readonly chunks: readonly Chunk[]
  readonly samples: number
  readonly #lastUse: ReadonlyMap<string, number>

  private constructor(chunks: readonly Chunk[], lastUse: ReadonlyMap<string, number>) {
    this.chunks = chunks
    this.samples = chunks.reduce((sum, { size }) => sum + size, 0)
    this.#lastUse = lastUse
  }

  static async open(
    plan: ConversionPlan,
    stages: readonly CalibrationStage[],
    { T }: CodeSettings,
    data: Batches,
    { signal }: WorkOptions,
  ): Promise<Frontier> {
    const lastUse = lastUses(plan, stages)
    const most = Math.max(1, Math.floor(mostBytes / bytesPerSample(plan, stages, lastUse, T)))
    const largest = Math.max(...[...plan.shapes.values()].map(sizeOf))
    const perChunk = Math.max(1, Math.floor(mostNumbers / (largest * T)))
    const name = plan.network.inputs[0]!.name
    const rows: Float32Array[] = []
    let shape: readonly number[] = []
    for await (const { x, size } of eachBatch(data, 'convert', signal)) {
      shape = x.shape.slice(1)
      const inner = x.data.length / size
      for (let n = 0; n < size && rows.length < most; n++)
        rows.push(Float32Array.from(x.data.subarray(n * inner, (n + 1) * inner)))
      if (rows.length === most) break
    }
    const chunks: Chunk[] = []
    const count = Math.ceil(rows.length / perChunk)
    const each = Math.ceil(rows.length / count)
    for (let start = 0; start < rows.length; start += each) {
      const own = rows.slice(start, start + each)
      const data = new Float32Array(own.length * sizeOf(shape))
      own.forEach((row, n) => data.set(row, n * row.length))
      chunks.push({
        size: own.length,
        kept: new Map([[name, { activation: { data, shape: [own.length, ...shape] } }]]),
      })
    }
    return new Frontier(chunks, lastUse)
  }

  /** Whether a stage after this one starts from what `name` yields. */
  isNeeded(stage: number, name: string): boolean {
    return (this.#lastUse.get(name) ?? -1) > stage
  }

  /** Keeps what a layer of neurons emitted in the last `T` steps, as codes. */
  keep(name: string, chunk: Chunk, activation: TensorLike, codes: Uint8Array, T: number): void {
    chunk.kept.set(name, { activation, spikes: packSpikes(codes.subarray(-T * activation.data.length)) })
  }

  /** Forgets what no stage after this one starts from. */
  finish(stage: number): void {
    for (const { kept } of this.chunks)
      for (const name of kept.keys()) if (!this.isNeeded(stage, name)) kept.delete(name)
  }
}

export interface Cut {
  readonly nodes: readonly NetworkNode[]
  /** The inputs and layers of neurons that the nodes start from. */
  readonly sources: readonly string[]
}

/** The nodes that compute the values `names` from what `isSource` says is there. */
export function cutAt(network: Network, names: readonly string[], isSource: (name: string) => boolean): Cut {
  const needed = new Set(names)
  const nodes = [...network.nodes].reverse().filter(({ name, inputs }) => {
    if (!needed.has(name) || isSource(name)) return false
    for (const input of inputs) needed.add(input)
    return true
  })
  return { nodes: nodes.reverse(), sources: [...needed].filter(isSource) }
}

/** The last stage that starts from each input and layer of neurons. */
function lastUses({ network, roles }: ConversionPlan, stages: readonly CalibrationStage[]): Map<string, number> {
  const inputs = new Set(network.inputs.map(({ name }) => name))
  const last = new Map<string, number>()
  stages.forEach(({ needs }, stage) => {
    for (const name of cutAt(network, needs, (source) => inputs.has(source) || roles.get(source) === 'neuron').sources)
      last.set(name, stage)
  })
  return last
}

/** Activations (and input) as floats, and two bits for each spike, where most is alive. */
function bytesPerSample(
  { network, shapes, roles }: ConversionPlan,
  stages: readonly CalibrationStage[],
  lastUse: ReadonlyMap<string, number>,
  T: number,
): number {
  const bytes = (name: string): number => sizeOf(shapes.get(name)!) * (4 + (roles.get(name) === 'neuron' ? T / 4 : 0))
  let now = network.inputs.reduce((sum, { name }) => sum + bytes(name), 0)
  let most = now
  stages.forEach(({ node, what }, stage) => {
    if (what === 'neurons' && lastUse.has(node.name)) now += bytes(node.name)
    most = Math.max(most, now)
    for (const [name, last] of lastUse) if (last === stage) now -= bytes(name)
  })
  return most
}
