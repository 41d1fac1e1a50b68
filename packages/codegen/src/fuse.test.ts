import { interpret, placeholder, referenceKernels, scalar, sizeOf, topological, where, type Tensor, type TypedArray } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { assemble } from './assemble.js'
import { fuse } from './fuse.js'
import { isScalar, kindOf } from './scalar.js'
import { viewOf } from './view.js'
import { printElementwise } from './wat/elementwise.js'

const special = [NaN, 0, -0, Infinity, -Infinity, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3.4e38, 1e-45]

function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

function values(tensor: Tensor, next: () => number): TypedArray {
  const length = sizeOf(tensor.shape)
  if (tensor.dtype === 'bool') return Uint8Array.from({ length }, () => Number(next() < 0.5))
  return Float32Array.from({ length }, () => (next() < 0.3 ? special[Math.floor(next() * special.length)]! : (next() - 0.5) * 8))
}

/** Runs the kernel of `results` on `inputs`, and the reference on the same. */
async function both(results: readonly Tensor[], inputs: ReadonlyMap<Tensor, TypedArray>, shared = new Map<number, number>()) {
  const graph = { parameters: [...inputs.keys()], results }
  const parameters = new Set(graph.parameters)
  const inside = new Set(topological(graph).filter((node) => isScalar(node) && sizeOf(node.outputs[0]!.shape) === sizeOf(results[0]!.shape)))
  const fused = fuse(results, { inside, view: (tensor) => viewOf(tensor, (x) => (parameters.has(x) ? undefined : x)) })

  const bindings = new Map([...inputs].map(([tensor, data]) => [tensor, { data, shape: tensor.shape, dtype: tensor.dtype }]))
  const memory = new WebAssembly.Memory({ initial: 16 })
  let end = 0
  const place = (bytes: number): number => {
    const start = end
    end += Math.ceil(bytes / 16) * 16
    return start
  }
  const bytes = (tensor: Tensor): number => sizeOf(tensor.shape) * (kindOf(tensor) === 'float' ? 4 : 1)
  const from = fused.inputs.map((tensor) => {
    // operations on repeated values are built on what is repeated: smaller nodes, outside of the group
    const { data } = interpret(tensor, referenceKernels, bindings)
    const start = place(bytes(tensor))
    new Uint8Array(memory.buffer, start).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    return start
  })
  // a byte behind each result shows that nothing is written there
  const to = results.map((tensor, i) => (shared.has(i) ? from[shared.get(i)!]! : place(bytes(tensor) + 1)))
  const guards = results.map((tensor, i) => (shared.has(i) ? undefined : to[i]! + bytes(tensor)))
  for (const guard of guards) if (guard !== undefined) new Uint8Array(memory.buffer)[guard] = 77
  const module = await WebAssembly.compile(await assemble(printElementwise(fused.kernel)))
  const { run } = (await WebAssembly.instantiate(module, { memory: { memory } })).exports as { run: (...numbers: number[]) => void }
  const { outer, count, inner } = fused.space.inner === 1 ? { ...fused.space, count: 1, inner: fused.space.count } : fused.space
  run(...from, ...to, outer, count, inner)
  for (const guard of guards) if (guard !== undefined) expect(new Uint8Array(memory.buffer)[guard]).toBe(77)

  const got = results.map((tensor, i) => (kindOf(tensor) === 'float' ? new Float32Array(memory.buffer, to[i], sizeOf(tensor.shape)) : new Uint8Array(memory.buffer, to[i], sizeOf(tensor.shape))))
  const wanted = interpret(results, referenceKernels, bindings)
  return { got: got.map((data) => [...data]), wanted: wanted.map(({ data }) => [...data]), fused }
}

/** Equal, with zeros of both signs alike only after a rounding. */
function expectEqual(got: readonly number[][], wanted: readonly number[][]): void {
  expect(got.map((row) => row.map((x) => x + 0))).toEqual(wanted.map((row) => row.map((x) => x + 0)))
}

const floats = (shape: readonly number[]): Tensor => placeholder(shape)
const unary = ['neg', 'abs', 'sign', 'floor', 'round', 'sqrt'] as const
const binary = ['add', 'sub', 'mul', 'div', 'minimum', 'maximum'] as const
const compare = ['lt', 'le', 'eq'] as const

describe('generated elementwise kernels', () => {
  for (let seed = 0; seed < 60; seed++) {
    it(`equal the reference on random graph ${seed}`, async () => {
      const next = random(seed * 7919 + 1)
      const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!
      const shape = pick([[1], [3], [4], [7], [64], [2, 3, 5, 3], [3, 4, 4], [5, 1, 9]])
      const channel = shape.length > 1 ? shape.map((n, axis) => (axis === (seed % 2 ? 1 : shape.length - 1) ? n : 1)) : shape
      const parameters = [floats(shape), floats(shape), floats([]), floats(channel), placeholder(shape, 'bool')]
      const floating = parameters.slice(0, 4).map((x) => x.broadcastTo(shape))
      floating.push(scalar(-0.75).broadcastTo(shape), scalar(NaN).broadcastTo(shape))
      const flags = [parameters[4]!]
      for (let i = 0; i < 12; i++) {
        const kind = Math.floor(next() * 6)
        if (kind === 0) floating.push(pick(floating)[pick(unary)]())
        else if (kind <= 2) floating.push(pick(floating)[pick(binary)](pick(floating)))
        else if (kind === 3) flags.push(pick(floating)[pick(compare)](pick(floating)), pick(flags).not(), pick(flags).and(pick(flags)), pick(flags).or(pick(flags)), pick(flags).eq(pick(flags)), pick(floating).cast('bool'))
        else if (kind === 4) floating.push(where(pick(flags), pick(floating), pick(floating)))
        else floating.push(pick(flags).cast('float32'))
      }
      const results = [floating.at(-1)!.add(floating.at(-2)!), pick(floating).mul(pick(floating)), pick(flags).and(pick(flags))]
      const inputs = new Map(parameters.map((x) => [x, values(x, next)]))
      const { got, wanted } = await both(results, inputs)
      expectEqual(got, wanted)
    })
  }

  it('may write a result over an input', async () => {
    const [v, x] = [floats([2, 5, 7]), floats([2, 5, 7])]
    const threshold = floats([5, 1])
    const charged = v.add(x)
    const spike = charged.sub(threshold).lt(0).not().cast('float32')
    const next = random(3)
    const results = [charged.sub(spike.mul(threshold)), spike]
    const { got, wanted, fused } = await both(results, new Map([v, x, threshold].map((t) => [t, values(t, next)])), new Map([[0, 0], [1, 1]]))
    expectEqual(got, wanted)
    expect(fused.space).toEqual({ outer: 2, count: 5, inner: 7 })
    expect(fused.kernel.inputs.map(({ access }) => access)).toEqual(['full', 'full', 'channel'])
  })

  it('prints equal forms of different sizes as equal text', () => {
    const text = (n: number): string => {
      const x = floats([n])
      const y = x.mul(2).add(x)
      return printElementwise(fuse([y], { inside: new Set(topological({ parameters: [x], results: [y] }).filter(isScalar)) }).kernel)
    }
    expect(text(3)).toBe(text(500))
  })
})
