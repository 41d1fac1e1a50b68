import * as ort from 'onnxruntime-node'
import type { TensorLike } from '@snn/tensor'

/** Runs a model in ONNX Runtime as it is written, and returns one output. */
export async function runOrt(
  bytes: Uint8Array,
  feeds: Readonly<Record<string, TensorLike>>,
  output?: string,
): Promise<{ readonly data: Float32Array; readonly shape: readonly number[] }> {
  const session = await ort.InferenceSession.create(bytes, {
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
  })
  try {
    const inputs = Object.fromEntries(
      Object.entries(feeds).map(([name, { data, shape }]) => [
        name,
        new ort.Tensor('float32', data as Float32Array, shape),
      ]),
    )
    const result = (await session.run(inputs))[output ?? session.outputNames[0]!]!
    return { data: result.data as Float32Array, shape: result.dims }
  } finally {
    await session.release()
  }
}

/** Largest difference, relative to the largest magnitude of `expected`. */
export function relativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity
  let [worst, largest] = [0, 0]
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, Math.abs(actual[i]! - expected[i]!))
    largest = Math.max(largest, Math.abs(expected[i]!))
    if (Number.isNaN(actual[i]) !== Number.isNaN(expected[i])) return Infinity
  }
  return worst / Math.max(largest, 1e-6)
}
