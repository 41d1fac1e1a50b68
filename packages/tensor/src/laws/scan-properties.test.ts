import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compile, grad, reference, scalar, scan, stack, tensor, variable, type Tensor } from '../index.js'
import { topological } from '../for-backends.js'
import { values, type Value } from '../testing/case.js'
import { compare } from '../testing/compare.js'

type State = { readonly a: Tensor; readonly b: Tensor }
type Step = (state: State, x: Tensor, t: Tensor) => readonly [State, { readonly y: Tensor; readonly z: Tensor }]

/** What a scan means. */
function loop(step: Step, state: State, xs: Tensor, reverse: boolean): ReturnType<Step> {
  const T = xs.shape[0]!
  const outputs: ReturnType<Step>[1][] = []
  let now = state
  for (let i = 0; i < T; i++) {
    const t = reverse ? T - 1 - i : i
    const [next, out] = step(now, xs.at(0, t), scalar(t, 'int32'))
    now = next
    outputs[t] = out
  }
  return [now, { y: stack(outputs.map(({ y }) => y)), z: stack(outputs.map(({ z }) => z)) }]
}

/** Steps of many kinds over states of shape [n], with a captured matrix w [n, n] and a captured vector u [n]. */
const steps: Record<string, (w: Tensor, u: Tensor) => Step> = {
  'a recurrence':
    (w, u) =>
    ({ a, b }, x) => {
      const next = a.expandDims(0).matmul(w).squeeze(0).add(x.mul(u)).tanh()
      return [
        { a: next, b: b.mul(0.5).add(a) },
        { y: next.mul(b), z: x },
      ]
    },
  'exchange of states':
    (w, u) =>
    ({ a, b }, x) => [
      { a: b.add(x), b: a.mul(u) },
      { y: a, z: w.sum() },
    ],
  'use of the step index':
    (_, u) =>
    ({ a, b }, x, t) => {
      const k = t.cast('float64')
      return [
        { a: a.mul(u).add(k.mul(x)), b },
        { y: a.sin(), z: k.mul(b) },
      ]
    },
  'a state that is not read':
    (w, u) =>
    ({ b }, x) => [
      { a: x, b: b.add(u.mul(w.at(0, 0))) },
      { y: b, z: x.square() },
    ],
  'a nested scan':
    (w, u) =>
    ({ a, b }, x) => {
      const [last, ys] = scan((s: Tensor, row: Tensor) => [s.mul(row).add(x).sin(), s.mul(u)] as const, a, w)
      return [
        { a: last, b: ys.sum(0).add(b.mul(0.1)) },
        { y: ys, z: last },
      ]
    },
  'a nested scan in reverse, over the state':
    (w, u) =>
    ({ a, b }, x) => {
      const [last, ys] = scan(
        (s: Tensor, entry: Tensor) => [s.mul(0.3).add(entry.mul(x)), s] as const,
        u,
        stack([a, b, w.at(0, 0)]),
        { reverse: true },
      )
      return [
        { a: last.tanh(), b: a },
        { y: ys, z: b },
      ]
    },
  'a gradient in the step':
    (w, u) =>
    ({ a, b }, x) => {
      const energy = a.expandDims(0).matmul(w).squeeze(0).mul(x).sin().sum().add(a.mul(u).sum())
      return [
        { a: a.sub(grad(energy, a).mul(0.1)), b: b.add(energy) },
        { y: energy, z: a },
      ]
    },
}

const setting = fc.record({
  T: fc.integer({ min: 1, max: 5 }),
  n: fc.integer({ min: 1, max: 3 }),
  reverse: fc.boolean(),
  seed: fc.nat(1000),
})

describe.each(Object.entries(steps))('a scan of %s equals the loop', (_, step) => {
  it('in values, gradients and second derivatives', async () => {
    await fc.assert(
      fc.asyncProperty(setting, async ({ T, n, reverse, seed }) => {
        const run = compile(
          (w: Tensor, u: Tensor, a: Tensor, b: Tensor, xs: Tensor) => {
            const both = [scan(step(w, u), { a, b }, xs, { reverse }), loop(step(w, u), { a, b }, xs, reverse)]
            return both.map(([last, ys]) => {
              const loss = last.a.sum().add(last.b.square().sum()).add(ys.y.mul(2).sin().sum()).add(ys.z.sum())
              const gradients = grad(loss, [w, u, a, b, xs])
              const size = gradients.map((g) => g.square().sum()).reduce((sum, term) => sum.add(term))
              return { last, ys, gradients, second: grad(size, [w, u, a, b, xs]) }
            })
          },
          { backend: reference() },
        )
        const [scanned, looped] = await run(
          values('float64', [n, n], seed, (x) => x / 2),
          values('float64', [n], seed + 1),
          values('float64', [n], seed + 2),
          values('float64', [n], seed + 3),
          values('float64', [T, n], seed + 4),
        )
        const leaves = ({ last, ys, gradients, second }: NonNullable<typeof scanned>) => [
          last.a,
          last.b,
          ys.y,
          ys.z,
          ...gradients,
          ...second,
        ]
        const expected = leaves(looped!)
        leaves(scanned!).forEach((result, i) =>
          compare(result, expected[i]!, { relative: 1e-9, absolute: 1e-9 }, `leaf ${i}`),
        )
      }),
      { numRuns: 15 },
    )
  })
})

describe('Variables in a scan', () => {
  it('equal those of the unrolled loop, with gradients through them', async () => {
    await fc.assert(
      fc.asyncProperty(setting, async ({ T, n, reverse, seed }) => {
        const results: Value[][] = []
        for (const form of ['scan', 'loop'] as const) {
          const weight = variable(values('float64', [n], seed), { name: 'weight' })
          const trace = variable(values('float64', [n], seed + 1), { name: 'trace' })
          const inner = variable(values('float64', [], seed + 2), { name: 'inner' })
          const step: Step = ({ a, b }, x) => {
            trace.assign(trace.read().mul(0.5).add(x.mul(weight.read())))
            const [c] = scan(
              (s: Tensor, entry: Tensor) => {
                inner.assign(inner.read().mul(0.9).add(entry))
                return [s.add(inner.read()), {}] as const
              },
              a.sum(),
              x,
            )
            return [
              { a: trace.read().sin(), b: b.add(inner.read()) },
              { y: c, z: trace.read() },
            ]
          }
          const run = compile(
            (a: Tensor, b: Tensor, xs: Tensor) => {
              const start = weight.read()
              const [last, ys] =
                form === 'scan' ? scan(step, { a, b }, xs, { reverse }) : loop(step, { a, b }, xs, reverse)
              const loss = last.a.sum().add(last.b.sum()).add(ys.y.square().sum()).add(ys.z.sum()).add(inner.read())
              const gradients = grad(loss, [weight, a, xs])
              weight.assign(start.sub(gradients[0].mul(0.01)))
              return [last.a, last.b, ys.y, ys.z, ...gradients]
            },
            { backend: reference() },
          )
          const args = [
            values('float64', [n], seed + 3),
            values('float64', [n], seed + 4),
            values('float64', [T, n], seed + 5),
          ] as const
          const twice = [...(await run(...args)), ...(await run(...args))]
          const cells = await Promise.all(
            [weight, trace, inner].map(async (cell) => ({
              data: await cell.data(),
              shape: cell.shape,
              dtype: cell.dtype,
            })),
          )
          results.push([...twice, ...cells])
        }
        results[0]!.forEach((result, i) =>
          compare(result, results[1]![i]!, { relative: 1e-9, absolute: 1e-9 }, `leaf ${i}`),
        )
      }),
      { numRuns: 25 },
    )
  })
})

it('a program with gradients holds two scans, whatever T is', () => {
  const nodes = (T: number): string[] => {
    const [w, s, xs] = [values('float64', [3, 3]), values('float64', [3]), values('float64', [T, 3])].map((value) =>
      tensor(value),
    ) as [Tensor, Tensor, Tensor]
    const [last] = scan(
      (s: Tensor, x: Tensor) => [s.expandDims(0).matmul(w).squeeze(0).add(x).tanh(), {}] as const,
      s,
      xs,
    )
    return topological({ parameters: [], results: [grad(last.sum(), w)] }).map((node) => node.primitive)
  }
  expect(nodes(100)).toEqual(nodes(2))
  expect(nodes(100).filter((primitive) => primitive === 'scan')).toHaveLength(2)
})
