import { describe, expect, it } from 'vitest'
import { compile, grad, reference, repeat, scan, sizeOf, variable, type Tensor } from '../index.js'
import { bytesPerElement, isPrimitive, topological, traceFunction, type Graph, type Program } from '../for-backends.js'

const backend = reference()
const values = (n: number, seed: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => Math.sin(i * 1.7 + seed))
const f64 = (shape: readonly number[], seed = 1) => ({ data: values(sizeOf(shape), seed), shape })
const T = 8
const sizes = [1, 2, 3, 5, 8, 20]

/** h = tanh(h W + x + t / 10), y = h^2 */
const step =
  (w: Tensor) =>
  (h: Tensor, x: Tensor, t: Tensor): readonly [Tensor, { readonly y: Tensor; readonly positive: Tensor }] => {
    const next = h.matmul(w).add(x).add(t.cast('float64').mul(0.1)).tanh()
    return [next, { y: next.square(), positive: next.gt(0) }]
  }

describe.each(sizes.flatMap((checkpoint) => [false, true].map((reverse) => ({ checkpoint, reverse }))))(
  'a scan with checkpoint $checkpoint, reverse: $reverse',
  ({ checkpoint, reverse }) => {
    it('equals the plain one in values and gradients', async () => {
      const run = compile(
        (w: Tensor, h0: Tensor, xs: Tensor) =>
          [{ reverse }, { reverse, checkpoint }].map((options) => {
            const [h, { y, positive }] = scan(step(w), h0, xs, options)
            const loss = h.mul(3).sum().add(y.mul(y).sum())
            const [dw, dh0, dxs] = grad(loss, [w, h0, xs])
            return { h, y, positive, dh0, dxs, dw, second: grad(dxs.square().sum(), [w, h0, xs]) }
          }),
        { backend },
      )
      const [plain, pieces] = (await run(f64([3, 3]), f64([2, 3], 2), f64([T, 2, 3], 3))) as [
        Awaited<ReturnType<typeof run>>[number],
        Awaited<ReturnType<typeof run>>[number],
      ]
      for (const key of ['h', 'y', 'positive', 'dh0', 'dxs'] as const) expect(pieces[key].data).toEqual(plain[key].data)
      // added up piece by piece
      pieces.dw.data.forEach((x, i) => expect(x).toBeCloseTo(plain.dw.data[i]!, 12))
      pieces.second.forEach((of, k) => of.data.forEach((x, i) => expect(x).toBeCloseTo(plain.second[k]!.data[i]!, 10)))
    })

    it('carries Variables assigned in the step, and constants', async () => {
      const count = variable({ data: Float64Array.of(1), shape: [] }, { name: 'count' })
      const run = compile(
        (x: Tensor) => {
          const [, ys] = scan(
            (state: readonly Tensor[], now: Tensor) => {
              count.assign(count.read().mul(0.5).add(now))
              return [state, count.read()] as const
            },
            [],
            repeat(x, T),
            { reverse, checkpoint },
          )
          return { ys, after: count.read() }
        },
        { backend },
      )
      const { ys, after } = await run({ data: Float64Array.of(2), shape: [] })
      const expected = Array.from({ length: T }, (_, i) => 4 - 3 * 0.5 ** (i + 1))
      expect([...ys.data]).toEqual(reverse ? expected.reverse() : expected)
      expect(after.item()).toBe(4 - 3 * 0.5 ** T)
    })
  },
)

/**
 * Bytes of the states that a program stacks for its gradients: in a loop over pieces, those of one piece count once, as
 * they live.
 */
function savedBytes(graph: Graph): number {
  return topological(graph).reduce((sum, node) => {
    if (!isPrimitive(node, 'scan')) return sum
    const { body, carries } = node.attributes
    const stacks = node.outputs.filter(
      (_, i) => i >= carries && body.parameters.slice(0, carries).includes(body.results[i]!),
    )
    return (
      sum +
      savedBytes(body) +
      stacks.reduce((bytes, { dtype, shape }) => bytes + bytesPerElement(dtype) * sizeOf(shape), 0)
    )
  }, 0)
}

describe('the memory of a gradient', () => {
  const program = (steps: number, checkpoint?: number): Program =>
    traceFunction(
      (w, h0, xs) => {
        const [h] = scan(
          (state: Tensor, x: Tensor) => [state.matmul(w).add(x).tanh(), null] as const,
          h0,
          xs,
          checkpoint === undefined ? {} : { checkpoint },
        )
        return grad(h.sum(), [w, h0, xs])
      },
      [
        [16, 16],
        [4, 16],
        [steps, 4, 16],
      ].map((shape) => ({ shape, dtype: 'float32' as const })),
    ).program
  const one = 4 * 4 * 16

  it.each([
    [64, undefined, 64],
    [64, 8, 8 + 8],
    [64, 16, 4 + 16],
    [70, 8, 8 + 8 + 6],
  ])('%i steps, checkpoint %s: %i states', (steps, checkpoint, states) => {
    expect(savedBytes(program(steps, checkpoint))).toBe(states * one)
  })
})

it.each([0, -1, 1.5, NaN])('refuses checkpoint %s', (checkpoint) => {
  expect(() =>
    traceFunction(
      (xs) => scan((state: Tensor, x: Tensor) => [state.add(x), null] as const, xs.at(0, 0), xs, { checkpoint })[0],
      [{ shape: [4], dtype: 'float32' }],
    ),
  ).toThrow(expect.objectContaining({ code: 'ARGUMENT' }))
})
