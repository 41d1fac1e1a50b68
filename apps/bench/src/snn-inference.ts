import { readFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import * as ort from 'onnxruntime-node'
import { convert, simulator, type Batch, type Mode } from '@snn/ann2snn'
import { cpu } from '@snn/backend-cpu'
import { loader, preprocess, take } from '@snn/datasets'
import { openDataset } from '@snn/datasets/node'
import { readOnnx, writeOnnx } from '@snn/onnx'
import { sizeOf, type Backend, type TensorLike } from '@snn/tensor'
import { selectModels, type Model } from './models.js'
import { median, timesOf } from './timing.js'

/**
 * How long a converted network takes, against T runs of the network it came from:
 *
 *   ratio = SNN, T steps on a batch / (T x ANN in ONNX Runtime on the same batch)
 *
 * Both take turns in one process, so that a busy machine slows both; medians after a warm-up, in which the networks are
 * compiled.
 */
const batch = 64
const T = 32
const rounds = 6
const annRuns = 8
const limit = 2.5

interface Timing {
  readonly model: string
  /** Milliseconds. */
  readonly ann: number
  readonly snn: number
  readonly ratio: number
}

async function timeModel(model: Model, backend: Backend): Promise<Timing> {
  const bytes = await readFile(model.file)
  const graph = readOnnx(bytes, { batch })
  const input = graph.inputs[0]!
  const shape = input.shape as number[]
  const layout = shape.length === 4 && shape[3] === 1 ? 'nhwc' : 'nchw'
  const transform = preprocess({ ...model.preprocess, layout })
  const fit = (x: TensorLike): TensorLike => ({ ...x, shape: sizeOf(x.shape) === sizeOf(shape.slice(1)) ? shape.slice(1) : x.shape })
  const samples = loader(take(await openDataset(model.calibrate), 2 * batch), { batch, transform: (sample) => [fit(transform(sample)[0]), sample.label] })
  const batches: Batch[] = []
  for await (const pair of samples) batches.push(pair)
  const { snn } = await convert(bytes, batches, { mode: model.mode as Mode, balance: { rounds: 50 }, backend })

  const session = await ort.InferenceSession.create(writeOnnx(graph), { logSeverityLevel: 3 })
  const [x] = batches[0] as readonly [TensorLike, TensorLike]
  const runAnn = (): Promise<unknown> => session.run({ [input.name]: new ort.Tensor('float32', x.data as Float32Array, x.shape) })
  const annTimes: number[] = []
  const snnTimes: number[] = []
  await using simulation = simulator(snn, { backend })
  const runSnn = (): Promise<unknown> => simulation.run(x, { T })
  await timesOf(annRuns, runAnn)
  await runSnn()
  for (let round = 0; round < rounds; round++) {
    annTimes.push(...(await timesOf(annRuns, runAnn)))
    snnTimes.push(...(await timesOf(1, runSnn)))
  }
  await session.release()
  const ann = median(annTimes)
  const snnTime = median(snnTimes)
  return { model: model.name, ann, snn: snnTime, ratio: snnTime / (T * ann) }
}

async function main(): Promise<void> {
  const timings: Timing[] = []
  console.log(`SNN inference, batch ${batch}, T = ${T}, ${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}\n`)
  console.log('| model | ANN, ms | SNN, ms | SNN / (T x ANN) |\n|---|---:|---:|---:|')
  for (const model of selectModels(process.argv.slice(2)).filter(({ isConvolutional }) => isConvolutional)) {
    const backend = await cpu()
    const timing = await timeModel(model, backend)
    await backend.dispose()
    timings.push(timing)
    console.log(`| ${timing.model} | ${timing.ann.toFixed(2)} | ${timing.snn.toFixed(1)} | ${timing.ratio.toFixed(2)} |`)
  }
  const worst = Math.max(...timings.map(({ ratio }) => ratio))
  console.log(`\nlargest ratio ${worst.toFixed(2)}, expected at most ${limit}\n`)
  console.log(JSON.stringify({ benchmark: 'snn-inference', batch, T, timings }))
  if (worst > limit) process.exitCode = 1
}

void main()
