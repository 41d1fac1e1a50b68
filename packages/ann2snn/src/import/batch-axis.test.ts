import { writeOnnx, type OnnxModelSpec, type OnnxTensor } from '@snn/onnx'
import { compile, isSnnError, reference, type Tensor } from '@snn/tensor'
import { expect, it } from 'vitest'
import { relativeDifference, runOrt } from '../../test/ort.js'
import { importModel } from './import-onnx.js'

/** Whole numbers below `n` from a small linear congruential generator. */
function dice(seed: number): (n: number) => number {
  let state = (seed * 2654435761) >>> 0
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}

interface Axis {
  readonly size: number
  /** Whether the batch is a factor of the axis. */
  readonly batch: boolean
}

const N = 3

/** A random chain of operations that move axes about, the batch too. */
function randomModel(seed: number): {
  readonly bytes: Uint8Array
  readonly x: { readonly data: Float32Array; readonly shape: readonly number[] }
} {
  const roll = dice(seed)
  const nodes: OnnxModelSpec['nodes'][number][] = []
  const constants: Record<string, OnnxTensor> = {}
  const sample = Array.from({ length: 2 + roll(2) }, () => [2, 4, 6][roll(3)]!)
  let shape: Axis[] = [{ size: 1, batch: true }, ...sample.map((size) => ({ size, batch: false }))]
  let value = 'x'
  const add = (
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, number | number[]>> = {},
  ): void => {
    const out = `v${nodes.length}`
    nodes.push({ op, inputs, outputs: [out], attributes })
    value = out
  }
  const constant = (tensor: OnnxTensor): string => {
    const name = `c${Object.keys(constants).length}`
    constants[name] = tensor
    return name
  }
  const ints = (...list: number[]): string =>
    constant({ dtype: 'int64', shape: [list.length], data: BigInt64Array.from(list, BigInt) })
  const reshape = (to: Axis[]): void => {
    add('Reshape', [value, ints(...to.map(({ size, batch }) => (batch ? -1 : size)))])
    shape = to
  }
  const steps: (() => void)[] = [
    () => {
      const perm = shape.map((_, i) => i)
      for (let i = perm.length - 1; i > 0; i--) {
        const j = roll(i + 1)
        ;[perm[i], perm[j]] = [perm[j]!, perm[i]!]
      }
      add('Transpose', [value], { perm })
      shape = perm.map((axis) => shape[axis]!)
    },
    () => {
      if (shape.length < 3) return
      const i = roll(shape.length - 1)
      const merged = { size: shape[i]!.size * shape[i + 1]!.size, batch: shape[i]!.batch || shape[i + 1]!.batch }
      reshape([...shape.slice(0, i), merged, ...shape.slice(i + 2)])
    },
    () => {
      const i = roll(shape.length)
      const { size, batch } = shape[i]!
      if (size % 2 !== 0) return
      const parts =
        roll(2) === 0
          ? [
              { size: 2, batch: false },
              { size: size / 2, batch },
            ]
          : [
              { size: size / 2, batch },
              { size: 2, batch: false },
            ]
      reshape([...shape.slice(0, i), ...parts, ...shape.slice(i + 1)])
    },
    () => add('Softmax', [value], { axis: roll(shape.length) }),
    () => {
      const from = roll(shape.length)
      const dims = shape.slice(from).map(({ size, batch }) => (batch || roll(2) === 0 ? 1 : size))
      const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => roll(100) / 50)
      add('Add', [value, constant({ dtype: 'float32', shape: dims, data })])
    },
    () => {
      const axis = roll(shape.length)
      if (shape[axis]!.size > 8) return
      add('Concat', [value, value], { axis })
      shape = shape.map((a, i) => (i === axis ? { ...a, size: a.size * 2 } : a))
    },
    () => {
      const axis = roll(shape.length)
      if (shape[axis]!.batch || shape[axis]!.size < 2) return
      add('Slice', [value, ints(1), ints(shape[axis]!.size), ints(axis), ints(1)])
      shape = shape.map((a, i) => (i === axis ? { ...a, size: a.size - 1 } : a))
    },
    () => {
      const axis = roll(shape.length)
      if (shape.length < 3 || shape[axis]!.batch) return
      add('ReduceMean', [value, ints(axis)], { keepdims: 0 })
      shape = shape.filter((_, i) => i !== axis)
    },
    () => {
      const last = shape.at(-1)!
      if (last.batch) return
      const data = Float32Array.from({ length: last.size * 2 }, () => roll(100) / 100)
      add('MatMul', [value, constant({ dtype: 'float32', shape: [last.size, 2], data })])
      shape = [...shape.slice(0, -1), { size: 2, batch: false }]
    },
    () => {
      if (shape.length < 3 || shape.slice(-2).some(({ batch }) => batch)) return
      const perm = shape.map((_, i) => (i < shape.length - 2 ? i : 2 * shape.length - 3 - i))
      const before = value
      add('Transpose', [value], { perm })
      add('MatMul', [before, value])
      add('Tanh', [value])
      shape = [...shape.slice(0, -1), shape.at(-2)!]
    },
  ]
  for (let i = 0; i < 6; i++) steps[roll(steps.length)]!()
  const at = shape.findIndex(({ batch }) => batch)
  if (at > 0) add('Transpose', [value], { perm: [at, ...shape.map((_, i) => i).filter((i) => i !== at)] })
  else add('Relu', [value])
  const data = Float32Array.from({ length: N * sample.reduce((a, b) => a * b, 1) }, () => roll(1000) / 500 - 1)
  const bytes = writeOnnx({
    inputs: [{ name: 'x', dtype: 'float32', shape: ['N', ...sample] }],
    outputs: [{ name: value, dtype: 'float32', shape: undefined }],
    nodes,
    constants,
  })
  return { bytes, x: { data, shape: [N, ...sample] } }
}

it(
  'whatever happens to the batch axis, a model is refused or computed as ONNX Runtime does',
  { timeout: 60_000 },
  async () => {
    let accepted = 0
    for (let seed = 1; seed <= 300; seed++) {
      const { bytes, x } = randomModel(seed)
      let imported: ReturnType<typeof importModel>
      try {
        imported = importModel(bytes)
      } catch (error) {
        if (!isSnnError(error, 'ONNX_UNSUPPORTED')) throw error
        continue
      }
      accepted++
      const { network } = imported
      const run = compile((input: Tensor) => network.run('step', { x: input }).outputs[network.outputs[0]!]!, {
        backend: reference(),
      })
      const [ours, theirs] = [await run(x), await runOrt(bytes, { x })]
      expect([seed, ...ours.shape]).toEqual([seed, ...theirs.shape])
      expect([seed, relativeDifference(ours.data, theirs.data) < 1e-5]).toEqual([seed, true])
    }
    expect(accepted).toBeGreaterThan(100)
  },
)
