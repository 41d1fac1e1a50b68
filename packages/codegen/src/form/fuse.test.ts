import { placeholder, scalar, sizeOf, where, type Tensor, type TypedArray } from '@snn/tensor'
import { topological } from '@snn/tensor/backend'
import { describe, expect, it } from 'vitest'
import { random, runKernel, runReference, type RunOptions } from '../../test/run-kernel.js'
import { fuse } from './fuse.js'
import { isScalar } from './scalar.js'
import { printKernel } from '../wasm/kernel.js'

const special = [NaN, 0, -0, Infinity, -Infinity, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3.4e38, 1e-45]

function values(tensor: Tensor, next: () => number): TypedArray {
  const length = sizeOf(tensor.shape)
  if (tensor.dtype === 'bool') return Uint8Array.from({ length }, () => Number(next() < 0.5))
  if (tensor.dtype === 'uint8') return Uint8Array.from({ length }, () => next() * 256)
  if (tensor.dtype === 'int32') return Int32Array.from({ length }, () => (next() - 0.5) * (next() < 0.5 ? 2 ** 32 : 16))
  return Float32Array.from({ length }, () =>
    next() < 0.3 ? special[Math.floor(next() * special.length)]! : (next() - 0.5) * 8,
  )
}

function group(parameters: readonly Tensor[], results: readonly Tensor[]) {
  const bound = new Set(parameters)
  const inside = new Set(topological({ parameters, results }).filter(isScalar))
  return fuse(results, [], { inside, isBound: (t) => bound.has(t) })!
}

async function expectReference(
  parameters: readonly Tensor[],
  results: readonly Tensor[],
  next: () => number,
  options?: RunOptions,
) {
  const bindings = new Map(parameters.map((x) => [x, values(x, next)]))
  const outputs = await runKernel(group(parameters, results), bindings, options)
  // zeros of both signs are alike
  const plain = (data: TypedArray): number[] => [...data].map((x) => x + 0)
  const wanted = runReference(results, bindings)
  results.forEach((result, i) => expect(plain(outputs.get(result)!)).toEqual(plain(wanted[i]!)))
}

const floats = (shape: readonly number[]): Tensor => placeholder(shape)
const unary = ['neg', 'abs', 'sign', 'floor', 'round', 'sqrt'] as const
const binary = ['add', 'sub', 'mul', 'div', 'minimum', 'maximum'] as const
const compare = ['lt', 'le', 'eq'] as const

it('leaves out products with 1 and signs that a sum or a product with a number can take', async () => {
  const [x, y] = [floats([37]), floats([37])]
  const results = [
    x.add(y.neg()),
    x.neg().add(y),
    x.sub(y.neg()),
    x.neg().sub(y.neg()),
    x.mul(1),
    x.neg().mul(-0.25),
    x.neg().mul(0.5).add(y),
  ]
  const operations = group([x, y], results).kernel.phases.flatMap(({ values }) =>
    values.map(({ operation }) => operation),
  )
  expect(operations).not.toContain('neg')
  expect(operations.filter((operation) => operation === 'mul')).toHaveLength(2)
  await expectReference([x, y], results, random(3))
})

describe('generated kernels of elementwise groups', () => {
  for (let seed = 0; seed < 60; seed++) {
    it(`equal the reference on random graph ${seed}`, async () => {
      const next = random(seed * 7919 + 1)
      const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!
      const shape = pick([[1], [3], [4], [7], [64], [2, 3, 5, 3], [3, 4, 4], [5, 1, 9]])
      const channel =
        shape.length > 1 ? shape.map((n, axis) => (axis === (seed % 2 ? 0 : shape.length - 1) ? n : 1)) : shape
      const parameters = [
        floats(shape),
        floats(shape),
        floats([]),
        floats(channel),
        placeholder(shape, 'bool'),
        placeholder(shape, 'int32'),
        placeholder(channel, 'uint8'),
      ]
      const floating = parameters.slice(0, 4).map((x) => x.broadcastTo(shape))
      floating.push(scalar(-0.75).broadcastTo(shape), scalar(NaN).broadcastTo(shape))
      const flags = [parameters[4]!]
      const whole = [
        parameters[5]!,
        parameters[6]!.broadcastTo(shape).cast('int32'),
        scalar(-3, 'int32').broadcastTo(shape),
      ]
      for (let i = 0; i < 14; i++) {
        const kind = Math.floor(next() * 8)
        if (kind === 0) floating.push(pick(floating)[pick(unary)]())
        else if (kind <= 2) floating.push(pick(floating)[pick(binary)](pick(floating)))
        else if (kind === 3)
          flags.push(
            pick(floating)[pick(compare)](pick(floating)),
            pick(flags).not(),
            pick(flags).and(pick(flags)),
            pick(flags).or(pick(flags)),
            pick(flags).eq(pick(flags)),
            pick(floating).cast('bool'),
          )
        else if (kind === 4) floating.push(where(pick(flags), pick(floating), pick(floating)))
        else if (kind === 5)
          whole.push(
            pick(whole)[pick(['add', 'sub', 'mul', 'minimum', 'maximum'] as const)](pick(whole)),
            pick(whole)[pick(['neg', 'abs'] as const)](),
            where(pick(flags), pick(whole), pick(whole)),
          )
        else if (kind === 6) flags.push(pick(whole)[pick(compare)](pick(whole)), pick(whole).cast('bool'))
        else floating.push(pick(flags).cast('float32'), pick(whole).cast('float32'))
      }
      const results = [
        floating.at(-1)!.add(floating.at(-2)!),
        pick(floating).mul(pick(floating)),
        pick(flags).and(pick(flags)),
        pick(whole).add(pick(whole)),
        pick(whole).minimum(pick(whole)).cast('uint8').cast('int32').cast('uint8'),
      ]
      await expectReference(parameters, results, next, { block: pick([4, 8, 16]), threads: pick([1, 2, 3]) })
    })
  }

  it('compare and select with known numbers, signs of zeros and NaN included', async () => {
    const x = floats([14])
    const numbers = [0, -0, 0.5, NaN, Infinity]
    const results = numbers.flatMap((n) => {
      const number = scalar(n).broadcastTo(x.shape)
      return [
        x.maximum(number),
        number.maximum(x),
        x.minimum(number),
        number.minimum(x),
        where(x.lt(1), x, number),
        where(x.lt(1), number, x),
      ]
    })
    const bindings = new Map([[x, Float32Array.from(special)]])
    const outputs = await runKernel(group([x], results), bindings)
    runReference(results, bindings).forEach((wanted, i) =>
      expect([...outputs.get(results[i]!)!], `result ${i}`).toEqual([...wanted]),
    )
  })

  it('compute functions to the last few bits', async () => {
    const [x, y] = [floats([50]), floats([50])]
    const results = [x.exp(), x.abs().log(), x.sin(), x.cos(), x.tanh(), x.atan(), x.erf(), x.abs().pow(y), x.mod(y)]
    const data = (seed: number): Float32Array =>
      Float32Array.from({ length: 50 }, (_, i) => Math.sin((i + 0.5) * seed) * 5)
    const bindings = new Map([
      [x, data(1)],
      [y, data(3)],
    ])
    const outputs = await runKernel(group([x, y], results), bindings)
    runReference(results, bindings).forEach((wanted, i) =>
      outputs
        .get(results[i]!)!
        .forEach((value, k) => expect(Math.abs(value - wanted[k]!)).toBeLessThanOrEqual(Math.abs(wanted[k]!) * 3e-7)),
    )
  })

  it('may write a result over an input', async () => {
    const [v, x, threshold] = [floats([2, 5, 7]), floats([2, 5, 7]), floats([5, 1])]
    const charged = v.add(x)
    const spike = charged.sub(threshold).lt(0).not().cast('float32')
    const results = [charged.sub(spike.mul(threshold)), spike]
    await expectReference([v, x, threshold], results, random(3), {
      over: new Map([
        [results[0]!, v],
        [results[1]!, x],
      ]),
    })
    const { kernel, space } = group([v, x, threshold], results)
    expect(space).toEqual({ outer: 2, count: 5, inner: 7 })
    expect(kernel.operands.map(({ access }) => access)).toEqual(['full', 'full', 'channel', 'full', 'full'])
  })

  it('prints equal forms of different sizes as equal text', () => {
    const text = (n: number): string => {
      const x = floats([n])
      return printKernel(group([x], [x.mul(2).add(x)]).kernel, { isShared: false })
    }
    expect(text(3)).toBe(text(500))
  })

  it('refuses what varies along two places', () => {
    const [a, b, c] = [floats([4, 3, 2]), floats([3, 1]), floats([2])]
    const results = [a.mul(b).add(c)]
    expect(fuse(results, [], { inside: new Set(topological({ parameters: [a, b, c], results })) })).toBeUndefined()
  })
})

describe('sums', () => {
  for (const [shape, axes] of [
    [
      [3, 4, 5],
      [0, 2],
    ],
    [
      [3, 4, 5],
      [0, 1, 2],
    ],
    [[6, 7], [0]],
    [[6, 7], [1]],
    [
      [2, 3, 4, 5],
      [0, 1],
    ],
    [[2, 3, 1, 5], [3]],
  ] as const) {
    it(`over axes ${axes.join()} of [${shape.join()}]`, async () => {
      const x = floats(shape)
      const square = x.mul(x)
      const total = square.sum([...axes])
      const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i))
      const fused = fuse([square], [total.node as never], { inside: new Set([square.node]) })!
      for (const threads of [1, 3]) {
        const outputs = await runKernel(fused, new Map([[x, data]]), { threads })
        const [wantedSquare, wanted] = runReference([square, total], new Map([[x, data]]))
        expect(outputs.get(square)).toEqual(wantedSquare)
        outputs.get(total)!.forEach((sum, i) => expect(sum).toBeCloseTo(wanted![i]!, 4))
      }
    })
  }
})
