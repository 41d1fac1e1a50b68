import type { InferenceSession, Tensor } from 'onnxruntime-node'
import type { Loader } from '@snn/datasets'
import { SnnError } from '@snn/tensor'
import type { OnProgress } from './progress.js'

export interface AnnRun {
  readonly samples: number
  readonly accuracy: number
  /** In ONNX Runtime, without reading data. */
  readonly seconds: number
}

export interface AnnOptions {
  /** Which output holds the classes. Default: the first. */
  readonly output?: string | undefined
  readonly signal: AbortSignal
  readonly onProgress: OnProgress
}

/** The classifier of an ONNX file as ONNX Runtime runs it, with nothing of ours: what a converted network is measured against. */
export interface Ann {
  /** Samples that it takes at once, where the file fixes that. */
  readonly batch: number | undefined
  /** Accuracy on batches x [N, ..], y [N] of at most `batch` samples. */
  evaluate(data: Loader, options: AnnOptions): Promise<AnnRun>
  dispose(): Promise<void>
}

/** Loads a model file into ONNX Runtime. Call it for files that @snn/onnx has read: those are well-formed. */
export async function openAnn(path: string): Promise<Ann> {
  const ort = await import('onnxruntime-node')
  const session = await ort.InferenceSession.create(path, { logSeverityLevel: 3 }).catch((cause: unknown) => {
    const reason = (cause as Error).message
    throw new SnnError('ONNX_INVALID', `[eval] ONNX Runtime refuses ${path}: ${reason}, expected a model that it can run.`, { where: path, what: reason }, { cause })
  })
  const [input] = session.inputMetadata
  const first = input?.isTensor ? input.shape[0] : undefined
  const batch = typeof first === 'number' && first > 0 ? first : undefined
  const toTensor = (data: Float32Array, shape: readonly number[]): Tensor => new ort.Tensor('float32', data, shape)
  return {
    batch,
    evaluate: (data, options) => evaluateSession(session, toTensor, batch, data, options),
    dispose: () => session.release(),
  }
}

type ToTensor = (data: Float32Array, shape: readonly number[]) => Tensor

async function evaluateSession(session: InferenceSession, toTensor: ToTensor, fixed: number | undefined, data: Loader, { output = session.outputNames[0]!, signal, onProgress }: AnnOptions): Promise<AnnRun> {
  if (session.inputNames.length !== 1) throw new SnnError('ARGUMENT', `[eval] the model has the inputs ${session.inputNames.join(', ')}, expected one.`, { name: 'inputs', value: session.inputNames })
  const [input] = session.inputMetadata
  if (!input?.isTensor || input.type !== 'float32') {
    const type = input?.isTensor ? input.type : 'no tensor'
    throw new SnnError('ARGUMENT', `[eval] the input of the model is ${type}, expected float32. Export it with a float32 input.`, { name: 'inputs', value: type })
  }
  if (!session.outputNames.includes(output)) {
    throw new SnnError('ARGUMENT', `[eval] the model has no output ${output}, expected one of ${session.outputNames.join(', ')}.`, { name: '--output', value: output })
  }
  let samples = 0
  let correct = 0
  let seconds = 0
  for await (const [x, y] of data) {
    signal.throwIfAborted()
    const [count = 0, ...shape] = x.shape
    const rows = fixed ?? count
    const values = rows === count ? (x.data as Float32Array) : padded(x.data, (x.data.length / count) * rows)
    const started = performance.now()
    const results = await session.run({ [session.inputNames[0]!]: toTensor(values, [rows, ...shape]) }, [output])
    seconds += (performance.now() - started) / 1000
    const logits = results[output]!.data as Float32Array
    const classes = logits.length / rows
    for (let n = 0; n < count; n++) if (argmax(logits.subarray(n * classes, (n + 1) * classes)) === y.data[n]) correct++
    samples += count
    onProgress({ stage: 'ANN', done: samples, total: data.samples })
  }
  return { samples, accuracy: correct / samples, seconds }
}

function padded(data: ArrayLike<number>, length: number): Float32Array {
  const all = new Float32Array(length)
  all.set(data)
  return all
}

function argmax(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0)
}
