import {
  compile,
  conv,
  convTranspose,
  grad,
  reference,
  scan,
  sizeOf,
  variable,
  zeros,
  type Shape,
  type Tensor,
  type Variable,
} from '@snn/tensor'
import { expect, it } from 'vitest'
import { describeMemories } from '../../test/memories.js'

/** Numbers in [-1, 1) that look random. */
function numbers(shape: Shape): { data: Float32Array<ArrayBuffer>; shape: Shape } {
  let state = sizeOf(shape)
  return {
    data: Float32Array.from(
      { length: sizeOf(shape) },
      () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 31 - 1,
    ),
    shape,
  }
}

/** Membrane potentials without a threshold: what makes a program one of a spiking network. */
function integrate(xs: Tensor): Tensor {
  return scan(
    (v: Tensor, x: Tensor) => {
      const next = v.mul(0.5).add(x)
      return [next, next] as const
    },
    zeros(xs.shape.slice(1)),
    xs,
  )[1]
}

type Layer = (x: Tensor, weight: Tensor, bias: Tensor) => Tensor

const layers: Readonly<
  Record<string, { readonly layer: Layer; readonly x: Shape; readonly weight: Shape; readonly bias: Shape }>
> = {
  'a convolution': {
    layer: (x, w, b) => conv(x, w, { padding: 1 }).add(b),
    x: [4, 9, 8, 14, 14],
    weight: [12, 8, 3, 3],
    bias: [12, 1, 1],
  },
  'one channel each': {
    layer: (x, w, b) => conv(x, w, { padding: 1, groups: 16 }).add(b),
    x: [4, 25, 16, 20, 20],
    weight: [16, 1, 5, 5],
    bias: [16, 1, 1],
  },
  'one axis, with a stride': {
    layer: (x, w, b) => conv(x, w, { stride: 2 }).add(b),
    x: [4, 40, 16, 90],
    weight: [24, 16, 5],
    bias: [24, 1],
  },
  'a transposed convolution': {
    layer: (x, w, b) => convTranspose(x, w, { stride: 2, padding: 1, outputPadding: 1 }).add(b),
    x: [4, 12, 12, 9, 9],
    weight: [12, 10, 3, 3],
    bias: [10, 1, 1],
  },
  'three axes': {
    layer: (x, w, b) => conv(x, w).add(b),
    x: [4, 6, 4, 8, 8, 8],
    weight: [6, 4, 3, 3, 3],
    bias: [6, 1, 1, 1],
  },
}

describeMemories((create) => {
  for (const [name, { layer, x, weight, bias }] of Object.entries(layers)) {
    for (const threads of [1, 2, 3]) {
      it(`${name}, ${threads} threads`, async () => {
        const backend = await create({ threads })
        const [w, b] = [variable(numbers(weight), { name: 'weight' }), variable(numbers(bias), { name: 'bias' })]
        const known = (xs: Tensor): readonly Tensor[] => [integrate(layer(xs, w.read(), b.read()))]
        // weights that a step changes are no constants
        const step = (xs: Tensor): readonly Tensor[] => {
          const loss = integrate(layer(xs, w.read(), b.read()))
            .square()
            .mean()
          const [dw, dx] = grad(loss, [w.read(), xs])
          w.assign(w.read().sub(dw.mul(0.01)))
          return [loss, dx]
        }
        for (const run of [known, step]) {
          const before = await Promise.all(
            [w, b].map(async (variable) => ({ data: (await variable.data()).slice(), shape: variable.shape })),
          )
          const results: ArrayLike<number>[][] = []
          for (const on of [reference(), backend]) {
            ;[w, b].forEach((variable: Variable, i) => variable.set(before[i]!))
            const compiled = compile(run, { backend: on })
            const first = await compiled(numbers(x))
            const second = await compiled(numbers(x))
            results.push([...first, ...second].map(({ data }) => data))
            await compiled.dispose()
          }
          const [wanted, ours] = results as [ArrayLike<number>[], ArrayLike<number>[]]
          ours.forEach((values, k) => {
            const most = Array.from(wanted[k]!).reduce((most, value) => Math.max(most, Math.abs(value)), 0)
            let largest = 0
            for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]! - wanted[k]![i]!))
            expect(largest).toBeLessThan(1e-4 * Math.max(1, most))
          })
        }
        await backend.dispose()
      })
    }
  }

  it('a model that cannot be loaded is refused, and what follows runs', async () => {
    const backend = await create({ threads: 2 })
    await expect(
      backend.sessions.acquireForThreads(Uint8Array.of(1, 2, 3), { inputs: [], outputs: [], end: undefined }),
    ).rejects.toThrow('protobuf')
    const w = variable(numbers([16, 16, 3, 3]), { name: 'weight' })
    const run = compile((xs: Tensor) => integrate(conv(xs, w.read(), { padding: 1 })), { backend })
    expect((await run(numbers([4, 32, 16, 12, 12]))).data.every(Number.isFinite)).toBe(true)
    await backend.dispose()
  })

  it('give the same bits from run to run, whichever thread takes which images', async () => {
    const backend = await create({ threads: 3 })
    const w = variable(numbers([16, 16, 3, 3]), { name: 'weight' })
    const run = compile((xs: Tensor) => integrate(conv(xs, w.read(), { padding: 1 })), { backend })
    const xs = numbers([4, 33, 16, 12, 12])
    const first = await run(xs)
    for (let i = 0; i < 10; i++) expect((await run(xs)).data).toEqual(first.data)
    await backend.dispose()
  })
})
