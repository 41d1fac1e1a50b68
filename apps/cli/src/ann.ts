import { checkFinite, classAt, Score, type ClassOutput } from '@snn/ann2snn'
import type { Loader } from '@snn/datasets'
import { SnnError, type TensorLike } from '@snn/tensor'
import { fromOutput, toInput } from './ort-values.js'
import type { OnProgress } from './progress.js'

export interface AnnRun {
  readonly samples: number
  readonly accuracy: number
  /** In ONNX Runtime, without reading data. */
  readonly seconds: number
  readonly warnings: readonly string[]
}

export interface AnnOptions {
  readonly labelOffset: number
  readonly signal: AbortSignal
  readonly onProgress: OnProgress
}

/**
 * The classifier of an ONNX file as ONNX Runtime runs it, with nothing of ours: what a converted network is measured
 * against.
 */
export interface Ann extends AsyncDisposable {
  /** Samples that it takes at once, where the file fixes that. */
  readonly batch: number | undefined
  /** Classes of x [N, ..] of at most `batch` samples. */
  classes(x: TensorLike): Promise<ArrayLike<number>>
  /** Accuracy on batches x [N, ..], y [N] of at most `batch` samples. */
  evaluate(data: Loader, options: AnnOptions): Promise<AnnRun>
}

/**
 * Loads a model file, whose classes `output` holds, into ONNX Runtime. Call it for files that @snn/onnx has read: those
 * are well-formed.
 */
export async function openAnn(path: string, { output, isLabel, boundary }: ClassOutput): Promise<Ann> {
  const ort = await import('onnxruntime-node')
  const session = await ort.InferenceSession.create(path, { logSeverityLevel: 3 }).catch((cause: unknown) => {
    const reason = (cause as Error).message
    throw new SnnError(
      'ONNX_INVALID',
      `[eval] ONNX Runtime refuses ${path}: ${reason}, expected a model that it can run.`,
      { where: path, what: reason },
      { cause },
    )
  })
  const { inputNames, outputNames } = session
  const refuse = (name: string, value: unknown, what: string): never => {
    throw new SnnError('ARGUMENT', `[eval] the model has ${what}`, { name, value })
  }
  if (inputNames.length !== 1) refuse('inputs', inputNames, `the inputs ${inputNames.join(', ')}, expected one.`)
  if (!outputNames.includes(output))
    refuse('--output', output, `no output ${output}, expected one of ${outputNames.join(', ')}.`)
  const [input] = session.inputMetadata
  const type = input?.isTensor ? input.type : 'no tensor'
  const first = input?.isTensor ? input.shape[0] : undefined
  const batch = typeof first === 'number' && first > 0 ? first : undefined

  /** Scores, or the class itself, of each of x [N, ..]. */
  async function run(
    x: TensorLike,
  ): Promise<{ readonly scores: ArrayLike<number>; readonly shape: readonly number[]; readonly seconds: number }> {
    const [count = 0, ...shape] = x.shape
    const rows = batch ?? count
    const values = rows === count ? (x.data as Float32Array) : padded(x.data, (x.data.length / count) * rows)
    const data = toInput(values, type) as Float32Array
    const feed = new ort.Tensor(type as 'float32', data, [rows, ...shape])
    // onnxruntime-node 1.30.0 makes a Float16Array of half floats where there are such (Node 24), and cannot send that:
    // "not enough space"
    if (type === 'float16') Object.assign(feed, { cpuData: data })
    const started = performance.now()
    const { [output]: result } = await session.run({ [inputNames[0]!]: feed }, [output])
    const seconds = (performance.now() - started) / 1000
    const { data: found, dims, type: made } = result!
    if (dims[0] !== rows)
      refuse(
        '--output',
        output,
        `the output ${output} [${dims.join(',')}] for ${rows} samples, expected a row for each. Choose another with --output.`,
      )
    return { scores: fromOutput(found, made, output), shape: dims.slice(1), seconds }
  }
  const classesOf = (scores: ArrayLike<number>, count: number, width: number): number[] =>
    Array.from({ length: count }, (_, n) =>
      isLabel ? scores[n * width]! : classAt(scores, n * width, width, boundary),
    )

  return {
    batch,
    async classes(x) {
      const { scores, shape } = await run(x)
      return classesOf(
        scores,
        x.shape[0]!,
        shape.reduce((a, b) => a * b, 1),
      )
    },
    async evaluate(data, { labelOffset, signal, onProgress }) {
      let score: Score | undefined
      let seconds = 0
      for await (const [x, y] of data) {
        signal.throwIfAborted()
        checkFinite('eval', x, score?.samples)
        const { scores, shape, seconds: spent } = await run(x)
        seconds += spent
        // a class that is given may be any
        score ??= new Score({ operation: 'eval', output: isLabel ? [Infinity] : shape, labelOffset })
        score.check(y.data)
        for (const [n, predicted] of classesOf(
          scores,
          x.shape[0]!,
          shape.reduce((a, b) => a * b, 1),
        ).entries())
          score.add(predicted, y.data[n]!)
        onProgress({ stage: 'ANN', done: score.samples, total: data.samples })
      }
      if (!score)
        throw new SnnError('ARGUMENT', '[eval] no samples, expected at least one.', { name: '--data', value: 'empty' })
      return { samples: score.samples, accuracy: score.accuracy, seconds, warnings: score.warnings }
    },
    [Symbol.asyncDispose]: () => session.release(),
  }
}

function padded(data: ArrayLike<number>, length: number): Float32Array {
  const all = new Float32Array(length)
  all.set(data)
  return all
}
