import { describe, expect, it } from 'vitest'
import {
  compile,
  conv,
  grad,
  reference,
  repeat,
  scan,
  scalar,
  stack,
  take,
  tensor,
  variable,
  zeros,
  type Tensor,
} from '../index.js'
import { isPrimitive, topological } from '../for-backends.js'

const backend = reference()
const values = (n: number, seed = 1): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => Math.sin(i * 1.7 + seed))
const f64 = (shape: readonly number[], seed = 1) => ({
  data: values(
    shape.reduce((a, b) => a * b, 1),
    seed,
  ),
  shape,
})

/** A leaky cell with a weight from outside: h = tanh(h W + x), y = h^2. */
const step =
  (w: Tensor) =>
  (h: Tensor, x: Tensor): readonly [Tensor, Tensor] => {
    const next = h.matmul(w).add(x).tanh()
    return [next, next.square()]
  }

function unrolled(w: Tensor, h0: Tensor, xs: Tensor, reverse: boolean): readonly [Tensor, Tensor] {
  const T = xs.shape[0]!
  const ys: Tensor[] = []
  let h = h0
  for (let i = 0; i < T; i++) {
    const t = reverse ? T - 1 - i : i
    const [next, y] = step(w)(h, xs.at(0, t))
    h = next
    ys[t] = y
  }
  return [h, stack(ys)]
}

describe('scan', () => {
  for (const reverse of [false, true]) {
    it(`equals the loop of its step, value and gradients, reverse: ${reverse}`, async () => {
      const run = compile(
        (w: Tensor, h0: Tensor, xs: Tensor) => {
          const results = [scan(step(w), h0, xs, { reverse }), unrolled(w, h0, xs, reverse)] as const
          return results.map(([h, ys]) => {
            const loss = h.mul(3).sum().add(ys.mul(ys).sum())
            return { h, ys, loss, gradients: grad(loss, [w, h0, xs]) }
          })
        },
        { backend },
      )
      const [a, b] = await run(f64([3, 3]), f64([2, 3], 2), f64([5, 2, 3], 3))
      for (const key of ['h', 'ys', 'loss'] as const) expect(a![key].data).toEqual(b![key].data)
      a!.gradients.forEach((g, i) => {
        expect(g.shape).toEqual(b!.gradients[i]!.shape)
        g.data.forEach((x, k) => expect(x).toBeCloseTo(b!.gradients[i]!.data[k]!, 12))
      })
    })
  }

  it('second derivatives equal those of the loop', async () => {
    const run = compile(
      (w: Tensor, h0: Tensor, xs: Tensor) => {
        const second = ([h, ys]: readonly [Tensor, Tensor]) => {
          const g = grad(h.sum().add(ys.sum()), w)
          return grad(g.square().sum(), [w, h0, xs])
        }
        return [second(scan(step(w), h0, xs)), second(unrolled(w, h0, xs, false))] as const
      },
      { backend },
    )
    const [a, b] = await run(f64([3, 3]), f64([2, 3], 2), f64([4, 2, 3], 3))
    a.forEach((g, i) => g.data.forEach((x, k) => expect(x).toBeCloseTo(b[i]!.data[k]!, 10)))
  })

  it('nests, and differentiates inside of a body', async () => {
    const energy = (v: Tensor) => v.square().mul(v).sum()
    const run = compile(
      (v0: Tensor, xs: Tensor) => {
        const descend = (v: Tensor, x: Tensor) => v.sub(grad(energy(v), v).mul(0.1)).add(x)
        const inner = (v: Tensor, rows: Tensor) => scan((u: Tensor, x: Tensor) => [descend(u, x), u], v, rows)[0]
        const [nested] = scan((v: Tensor, rows: Tensor) => [inner(v, rows), null], v0, xs)
        let loop = v0
        for (let i = 0; i < 2; i++) for (let j = 0; j < 3; j++) loop = descend(loop, xs.at(0, i).at(0, j))
        return { nested, loop, g: grad(nested.sum(), xs), h: grad(loop.sum(), xs) }
      },
      { backend },
    )
    const { nested, loop, g, h } = await run(f64([2]), f64([2, 3, 2], 4))
    expect(nested.data).toEqual(loop.data)
    g.data.forEach((x, k) => expect(x).toBeCloseTo(h.data[k]!, 12))
  })

  it('carries Variables assigned in the step, like the unrolled loop', async () => {
    const count = variable({ data: Float64Array.of(1), shape: [] }, { name: 'count' })
    const run = compile(
      (xs: Tensor) => {
        const [, ys] = scan(
          (state: readonly Tensor[], x: Tensor) => {
            count.assign(count.read().mul(2).add(x))
            return [state, count.read()]
          },
          [],
          xs,
        )
        return { ys, after: count.read() }
      },
      { backend },
    )
    const { ys, after } = await run({ data: Float64Array.of(1, 2, 3), shape: [3] })
    expect([...ys.data]).toEqual([3, 8, 19])
    expect(after.item()).toBe(19)
    expect([...(await count.data())]).toEqual([19])
  })

  it('takes what only counts from t: it is not carried, and equals the loop that carries it', async () => {
    const table = f64([9, 2], 4)
    type Counting = { readonly at: Tensor; readonly h: Tensor }
    const loop = (
      rows: Tensor,
      xs: Tensor,
      stride: Tensor | number,
      options: { readonly reverse?: boolean; readonly checkpoint?: number },
    ) =>
      scan(
        ({ at, h }: Counting, x: Tensor) => {
          const next = h.mul(0.5).add(x.mul(take(rows, at.reshape([1]), 0).at(0, 0)))
          return [
            { at: at.add(stride), h: next },
            { next, at },
          ] as const
        },
        { at: scalar(1, 'int32'), h: zeros([2], { dtype: 'float64' }) },
        xs,
        options,
      )
    for (const options of [{}, { reverse: true }, { checkpoint: 3 }, { checkpoint: 2, reverse: true }]) {
      const run = compile(
        (rows: Tensor, xs: Tensor, two: Tensor) =>
          [loop(rows, xs, 2, options), loop(rows, xs, two, options)].map(([state, ys]) => ({
            state,
            ys,
            gradients: grad(ys.next.square().sum().add(state.h.sum()), [rows, xs]),
          })),
        { backend },
      )
      const [counted, carried] = await run(table, f64([4, 2]), { data: Int32Array.of(2), shape: [], dtype: 'int32' })
      expect([...counted!.ys.at.data]).toEqual(options.reverse ? [7, 5, 3, 1] : [1, 3, 5, 7])
      expect([...counted!.state.at.data]).toEqual([9])
      expect(JSON.stringify(counted)).toBe(JSON.stringify(carried))
    }
    await compile(
      (rows: Tensor, xs: Tensor) => {
        const [state] = loop(rows, xs, 2, {})
        const { node } = state.h
        expect(isPrimitive(node, 'scan') && node.attributes.carries).toBe(1)
        return state.h
      },
      { backend },
    )(table, f64([4, 2]))
  })

  it('computes what does not depend on the step once: a repeated image is convolved on N images', () => {
    const image = tensor({ data: new Float32Array(2 * 3 * 8 * 8), shape: [2, 3, 8, 8] })
    const weight = tensor({ data: new Float32Array(4 * 3 * 3 * 3), shape: [4, 3, 3, 3] })
    const current = conv(repeat(image, 16), weight)
    expect(current.shape).toEqual([16, 2, 4, 6, 6])
    const dw = grad(current.tanh().sum(), weight)
    const shapes = topological({ parameters: [], results: [current, dw] })
      .filter((node) => node.primitive.startsWith('conv'))
      .map((node) => [node.primitive, node.inputs[0]!.shape, node.outputs[0]!.shape])
    expect(shapes).toEqual([
      ['conv', [2, 3, 8, 8], [2, 4, 6, 6]],
      ['convWeightGradient', [2, 3, 8, 8], [4, 3, 3, 3]],
    ])
    const [, ys] = scan((v: Tensor, x: Tensor) => [v.add(x.mul(2)), v], scalar(0).broadcastTo([2, 4, 6, 6]), current)
    const [scanNode] = topological({ parameters: [], results: [ys] }).filter((node) => node.primitive === 'scan')
    expect(scanNode!.inputs.map((t) => t.shape)).toEqual([
      [2, 4, 6, 6],
      [2, 4, 6, 6],
    ])
  })
})
