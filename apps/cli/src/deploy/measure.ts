import { classAt, Score } from '@snn/ann2snn'
import { compileSimulator, type LoadedNetwork } from '@snn/deploy-lava/sim'
import { namedReadout, runningReadout, sampleShapes, type Network, type Readout } from '@snn/nn'
import { compile, repeat, sizeOf, SnnError, type Backend, type Shape, type Tensor, type TensorLike } from '@snn/tensor'
import { timeFirst } from '@snn/train'
import type { Work } from '../evaluate-model.js'
import { trainingAdvice } from '../trained-network.js'
import type { SpikingSource } from './spiking-source.js'
import type { ImageDataset } from '@snn/datasets'

export interface MeasureOptions {
  readonly source: SpikingSource
  readonly data: ImageDataset
  readonly backend: Backend
  readonly work: Work
}

/** What one form of the network does on the data. */
export interface Measured {
  /** Undefined for data without labels. */
  readonly accuracy: number | undefined
  /** Of each sample, in the order of the data. */
  readonly classes: Int32Array
  /** That the accuracy is hardly better than guessing. */
  readonly warnings: readonly string[]
}

/** The class of each sample by `classify`, and how often it is right. */
async function measured(
  stage: string,
  output: Shape,
  { source, data, work }: MeasureOptions,
  batch: number | undefined,
  classify: (x: TensorLike, size: number) => Promise<ArrayLike<number>>,
): Promise<Measured> {
  const score =
    data.labelled === false
      ? undefined
      : new Score({
          operation: 'deploy',
          output,
          labelOffset: source.labelOffset,
          ...(source.report === undefined && { advice: trainingAdvice }),
        })
  const classes = new Int32Array(data.length)
  let done = 0
  for await (const [x, y] of source.batches(data, batch)) {
    work.signal.throwIfAborted()
    const size = x.shape[0]!
    score?.check(y.data)
    const found = await classify(x, size)
    for (let n = 0; n < size; n++) {
      classes[done + n] = found[n]!
      score?.add(found[n]!, y.data[n]!)
    }
    done += size
    work.onProgress({ stage, done, total: data.length })
  }
  return { accuracy: score?.accuracy, classes, warnings: score?.warnings ?? [] }
}

/** How a sample enters a network: the same at every step, or a step at a time. */
export function encoded({ metadata }: Network, T: number): (x: Tensor) => Tensor {
  return metadata.encoding === 'sequence' ? timeFirst : (x) => repeat(x, T)
}

/** Runs spiking networks, each fed with what the one before it gives, for T steps; the outputs of the last are read. */
export async function measureNetworks(
  stage: string,
  networks: readonly Network[],
  readout: Readout,
  options: MeasureOptions,
): Promise<Measured> {
  const {
    source: { T, snn },
    backend,
  } = options
  const output = sampleShapes(networks.at(-1)!).get(networks.at(-1)!.outputs[0]!)!
  const [K, encode] = [sizeOf(output), encoded(snn, T)]
  await using run = compile((x: Tensor) => networks.reduce((flow, network) => network.forward(flow), encode(x)), {
    backend,
  })
  return await measured(stage, output, options, undefined, async (x, size) => {
    const { data } = await run.run([x], { signal: options.work.signal })
    return classesOf(
      scoresOf(readout, size, T, (t) => data.subarray(t * size * K, (t + 1) * size * K)),
      size,
    )
  })
}

/** Processes of the chip, and the steps from an input to the last answer to it. */
export interface Chip {
  readonly graph: LoadedNetwork
  readonly depth: number
}

export interface FixedPoint extends Measured {
  /** Spikes of one sample, mean over the data, by layer: the encoder's, then those of the chip. */
  readonly spikes: readonly { readonly layer: string; readonly neurons: number; readonly perSample: number }[]
  /** Share of the membrane's range that the last layer came to, where it is read; 1: it was cut. */
  readonly membrane?: number
}

/** Numbers that a batch may have in all steps and layers. */
const mostNumbers = 2 ** 25

/** The encoder on the host, and the chip's integers behind it. */
export async function measureFixedPoint(
  encoder: Network,
  { graph: chip, depth }: Chip,
  readout: Readout | 'membrane',
  names: readonly string[],
  options: MeasureOptions,
): Promise<FixedPoint> {
  const {
    source: { T },
    data,
    backend,
    work,
  } = options
  const neurons = [sizeOf(chip.inputShape), ...chip.blocks.map(({ shape }) => sizeOf(shape))]
  const batch = Math.max(
    1,
    Math.min(64, data.length, Math.floor(mostNumbers / (T + depth) / neurons.reduce((a, b) => a + b))),
  )
  const steps = T + depth
  const encode = encoded(encoder, T)
  await using host = compile((x: Tensor) => encoder.forward(encode(x)).ne(0).cast('int32'), { backend })
  const firing = chip.blocks.map(({ neuron }) => neuron).slice(0, readout === 'membrane' ? -1 : undefined)
  await using run = compileSimulator(chip, { backend, batch, record: firing })
  const spikes = new Float64Array(neurons.length)
  const last = chip.blocks.at(-1)!
  let highest = 0
  const result = await measured('chip', last.shape, options, batch, async (x, size) => {
    const sent = await host.run([x], { signal: work.signal })
    const input = new Int32Array(steps * batch * neurons[0]!)
    // samples that are missing in the last batch send nothing
    for (let t = 0; t < T; t++)
      input.set(
        (sent.data as Int32Array).subarray(t * size * neurons[0]!, (t + 1) * size * neurons[0]!),
        t * batch * neurons[0]!,
      )
    spikes[0]! += sum(input)
    run.reset()
    const recorded = await run.run({ data: input, shape: [steps, batch, ...chip.inputShape] })
    firing.forEach((name, i) => (spikes[i + 1]! += sumOf(recorded[name]!, steps, batch, size)))
    if (readout === 'membrane') {
      const { v } = await run.state(last.neuron)
      const own = v!.subarray(0, size * neurons.at(-1)!)
      for (const value of own) highest = Math.max(highest, Math.abs(value))
      return classesOf(own, size)
    }
    const [out, K] = [recorded[last.neuron]!, neurons.at(-1)!]
    return classesOf(
      scoresOf(readout, size, T, (t) => out.subarray((depth + t) * batch * K, ((depth + t) * batch + size) * K)),
      size,
    )
  })
  return {
    ...result,
    spikes: names
      .slice(0, firing.length + 1)
      .map((layer, i) => ({ layer, neurons: neurons[i]!, perSample: spikes[i]! / data.length })),
    ...(readout === 'membrane' && { membrane: highest / (2 ** 23 - 1) }),
  }
}

/** What the outputs of T steps, read one after the other, say of each class. */
function scoresOf(
  readout: Readout,
  size: number,
  T: number,
  outputs: (t: number) => ArrayLike<number>,
): ArrayLike<number> {
  const read = runningReadout(namedReadout(readout, 'deploy'), size, 'deploy')
  let scores: ArrayLike<number> = []
  for (let t = 0; t < T; t++) scores = read(outputs(t))
  return scores
}

function classesOf(scores: ArrayLike<number>, size: number): number[] {
  const K = scores.length / size
  return Array.from({ length: size }, (_, n) => classAt(scores, n * K, K, 0))
}

const sum = (values: Int32Array): number => values.reduce((all, value) => all + value, 0)

/** Sum over the first `size` samples of [steps, batch, ..]. */
function sumOf(values: Int32Array, steps: number, batch: number, size: number): number {
  const perSample = values.length / steps / batch
  let all = 0
  for (let t = 0; t < steps; t++)
    for (let i = t * batch * perSample; i < (t * batch + size) * perSample; i++) all += values[i]!
  return all
}

/**
 * How a chip's last layer is read: its membrane where it never fires. Throws `ARGUMENT` for what a membrane at the end
 * does not tell.
 */
export function chipReadout({ metadata: { readout } }: Network, silent: boolean): Readout | 'membrane' {
  if (!silent) return readout ?? { by: 'count' }
  if (readout === undefined || (['mean', 'count', 'last'].includes(readout.by) && readout.classes === undefined))
    return 'membrane'
  throw new SnnError(
    'ARGUMENT',
    `[deploy] the outputs are read by ${JSON.stringify(readout)}, expected the mean, count or last of a membrane, which a chip can be asked for.`,
    { name: 'readout', value: readout },
  )
}
