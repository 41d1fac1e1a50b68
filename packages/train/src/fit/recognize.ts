import { readouts, runningReadout, type NetworkMetadata, type Readout } from '@snn/nn'
import { placeholder, sizeOf, type DType, type Shape, type Tensor } from '@snn/tensor'
import { fillUniform, interpret, referenceKernels, type Value } from '@snn/tensor/backend'
import { allocate, evaluateShapes, isFloat } from '@snn/tensor/library'

/** Samples that a function is tried on. */
const trials = 24
/** Numbers that it is tried on at most. */
const most = 2 ** 22

/**
 * The read-out that a function from outputs [T, N, K] to classes int32 [N] computes, found by trying it on random
 * spikes and random numbers: the first that predicts the same for all of them; `other` where none does.
 */
export function recognizeReadout(predict: (outputs: Tensor) => Tensor, [T = 0, , K = 0]: Shape): Readout {
  const outputs = random([T, trials, K], 'float32')
  // half of the samples are spikes, more or fewer of them, so that there are ties and silent outputs
  outputs.data.forEach((value, i) => {
    const n = Math.floor(i / K) % trials
    outputs.data[i] = n % 2 === 0 ? value - 0.5 : Number(value < n / (2 * trials))
  })
  const predicted = tried(predict, outputs)
  if (!predicted) return { by: 'other' }
  const divisors = Array.from({ length: K }, (_, i) => K - i).filter((classes) => K % classes === 0)
  for (let start = 0; start < T; start++) {
    for (const classes of divisors) {
      for (const by of readouts) {
        const readout: Readout = { by, ...(start > 0 && { start }), ...(classes < K && { classes }) }
        if (computes(readout, outputs, predicted.data)) return readout
      }
    }
  }
  return { by: 'other' }
}

function computes(readout: Readout, { data, shape }: Value, predicted: ArrayLike<number>): boolean {
  const [T = 0, N = 0, K = 0] = shape
  for (let n = 0; n < N; n++) {
    const read = runningReadout(readout, 1, 'fit')
    let values: ArrayLike<number> = []
    for (let t = 0; t < T; t++) values = read(data.subarray((t * N + n) * K, (t * N + n + 1) * K))
    let best = 0
    for (let k = 1; k < values.length; k++) if (values[k]! > values[best]!) best = k
    if (best !== predicted[n]) return false
  }
  return true
}

/** What a function from samples [N, ..] to inputs [T, N, ..] does with them, found by trying it on random numbers. */
export function recognizeEncoding(
  encode: (x: Tensor) => Tensor,
  { shape: [, ...sample], dtype }: Pick<Tensor, 'shape' | 'dtype'>,
): NonNullable<NetworkMetadata['encoding']> {
  const x = random([2, ...sample], dtype)
  const inputs = tried(encode, x)
  if (!inputs) return 'other'
  const [T = 0, N, ...features] = inputs.shape
  const [size, step] = [sizeOf(sample), sizeOf(features)]
  if (N !== 2 || inputs.dtype !== dtype) return 'other'
  const isAt = (position: (t: number, n: number, i: number) => number): boolean =>
    inputs.data.every((value, at) =>
      Object.is(value, x.data[position(Math.floor(at / step / 2), Math.floor(at / step) % 2, at % step)]),
    )
  if (sameSizes(features, sample) && isAt((_, n, i) => n * size + i)) return 'constant'
  return sameSizes([T, ...features], sample) && isAt((t, n, i) => n * size + t * step + i) ? 'sequence' : 'other'
}

const sameSizes = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, i) => n === b[i])

function random(shape: Shape, dtype: DType): Value {
  const data = allocate(dtype, sizeOf(shape))
  const draws = new Float32Array(data.length)
  fillUniform(draws, [1, 0], 0)
  data.set(isFloat(dtype) ? draws : draws.map((value) => Math.floor(value * (dtype === 'bool' ? 2 : 256))))
  return { data, shape, dtype }
}

/**
 * What a function makes of a value; undefined for one that needs other samples, or more than this value alone, such as
 * a Variable.
 */
function tried(fn: (x: Tensor) => Tensor, value: Value): Value | undefined {
  if (value.data.length > most) return undefined
  let result: Value | undefined
  try {
    evaluateShapes(() => {
      const x = placeholder(value.shape, value.dtype)
      result = interpret<Tensor, Value>(fn(x), referenceKernels, new Map([[x, value]]))
      return []
    })
  } catch {
    return undefined
  }
  return result
}
