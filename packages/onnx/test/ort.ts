import * as ort from 'onnxruntime-node'
import type { OnnxDType, OnnxTensor } from '../src/graph.js'

export interface Ran {
  readonly dims: readonly number[]
  readonly data: ArrayLike<number | bigint>
}

/** Runs a model in ONNX Runtime, exactly as written (no graph optimisations). */
export async function runOrt(
  bytes: Uint8Array,
  feeds: Readonly<Record<string, OnnxTensor>>,
): Promise<Record<string, Ran>> {
  const session = await ort.InferenceSession.create(bytes, {
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
  })
  try {
    const inputs = Object.fromEntries(
      Object.entries(feeds).map(([name, t]) => [
        name,
        new ort.Tensor(t.dtype as 'float32', t.data as Float32Array, t.shape),
      ]),
    )
    const results = await session.run(inputs)
    return Object.fromEntries(
      Object.entries(results).map(([name, t]) => [name, { dims: t.dims, data: t.data as Float32Array }]),
    )
  } finally {
    await session.release()
  }
}

/** Numbers from a small linear congruential generator, uniform in [-1, 1). */
export function randomTensor(shape: readonly number[], seed = 1): OnnxTensor<'float32'> {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1))
  let state = seed >>> 0
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    data[i] = state / 2 ** 31 - 1
  }
  return { dtype: 'float32', shape, data }
}

export function largestDifference(a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>): number {
  if (a.length !== b.length) return Infinity
  let worst = 0
  for (let i = 0; i < a.length; i++)
    worst = Math.max(worst, Math.abs(Number(a[i]) - Number(b[i])) / Math.max(1, Math.abs(Number(b[i]))))
  return worst
}

export type { OnnxDType }
