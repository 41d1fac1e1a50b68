import { readFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import * as ort from 'onnxruntime-node'
import { convert, simulator, type Batch, type ThresholdMode } from '@snn/ann2snn'
import { cpu, type KernelForm } from '@snn/backend-cpu'
import { loader, preprocess, take } from '@snn/datasets'
import { openDataset } from '@snn/datasets/node'
import { readOnnx, writeOnnx } from '@snn/onnx'
import { sizeOf, type Backend, type TensorLike } from '@snn/tensor'
import { acceptanceModels, selectModels, type Model } from './models.js'
import { median, settle, timesOf } from './timing.js'

/**
 * How long a converted network takes, against T runs of the network it came from:
 *
 *   ratio = SNN, T steps on a batch / (T x ANN in ONNX Runtime on the same batch)
 *
 * Both take turns in one process with the same number of threads, so that a busy machine slows both; medians after a
 * warm-up, in which the networks are compiled.
 */
const batch = 64
const T = 32
const rounds = 6
const annRuns = 8

/** The largest ratio there may be, with one thread and with more. */
const limitOf = (threads: number): number => (threads === 1 ? 1.4 : 1.8)

interface Timing {
  readonly model: string
  readonly threads: number
  /** Milliseconds. */
  readonly ann: number
  readonly snn: number
  readonly ratio: number
}

async function timeModel(model: Model, threads: number, backend: Backend): Promise<Timing> {
  const bytes = await readFile(model.file)
  const graph = readOnnx(bytes, { batch })
  const input = graph.inputs[0]!
  const shape = input.shape as number[]
  const layout = shape.length === 4 && shape[3] === 1 ? 'nhwc' : 'nchw'
  const transform = preprocess({ ...model.preprocess, layout })
  const fit = (x: TensorLike): TensorLike => ({
    ...x,
    shape: sizeOf(x.shape) === sizeOf(shape.slice(1)) ? shape.slice(1) : x.shape,
  })
  const samples = loader(take(await openDataset(model.calibrate), 2 * batch), {
    batch,
    transform: (sample) => [fit(transform(sample)[0]), sample.label],
  })
  const batches: Batch[] = []
  for await (const pair of samples) batches.push(pair)
  const { snn } = await convert(bytes, batches, { mode: model.mode as ThresholdMode, balance: { rounds: 50 }, backend })

  const session = await ort.InferenceSession.create(writeOnnx(graph), {
    intraOpNumThreads: threads,
    logSeverityLevel: 3,
  })
  const [x] = batches[0] as readonly [TensorLike, TensorLike]
  const runAnn = (): Promise<unknown> =>
    session.run({ [input.name]: new ort.Tensor('float32', x.data as Float32Array, x.shape) })
  const annTimes: number[] = []
  const snnTimes: number[] = []
  await using simulation = simulator(snn, { backend })
  const runSnn = (): Promise<unknown> => simulation.run(x, { T })
  await timesOf(annRuns, runAnn)
  await runSnn()
  for (let round = 0; round < rounds; round++) {
    await settle()
    annTimes.push(...(await timesOf(annRuns, runAnn)))
    await settle()
    snnTimes.push(...(await timesOf(1, runSnn)))
  }
  await session.release()
  const ann = median(annTimes)
  const snnTime = median(snnTimes)
  return { model: model.name, threads, ann, snn: snnTime, ratio: snnTime / (T * ann) }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      threads: { type: 'string', multiple: true, default: [String(availableParallelism()), '1'] },
      kernels: { type: 'string', default: 'auto' },
    },
  })
  const timings: Timing[] = []
  console.log(
    `SNN inference, batch ${batch}, T = ${T}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}\n`,
  )
  console.log('| model | threads | ANN, ms | SNN, ms | SNN / (T x ANN) | at most |\n|---|---:|---:|---:|---:|---:|')
  for (const threads of values.threads.map(Number)) {
    for (const model of selectModels(acceptanceModels, positionals).filter(({ isConvolutional }) => isConvolutional)) {
      const backend = await cpu({ threads, kernels: values.kernels as KernelForm })
      const timing = await timeModel(model, threads, backend)
      await backend.dispose()
      timings.push(timing)
      console.log(
        `| ${timing.model} | ${threads} | ${timing.ann.toFixed(2)} | ${timing.snn.toFixed(1)} | ${timing.ratio.toFixed(2)} | ${limitOf(threads)} |`,
      )
    }
  }
  const missed = timings.filter(({ ratio, threads }) => ratio > limitOf(threads))
  if (missed.length > 0)
    console.log(
      `\nabove the limit: ${missed.map(({ model, threads }) => `${model} with ${threads} threads`).join(', ')}`,
    )
  console.log(`\n${JSON.stringify({ benchmark: 'snn-inference', batch, T, timings })}`)
  if (missed.length > 0) process.exitCode = 1
}

void main()
