import { describe, expect, it } from 'vitest'
import { averagePool, conv, grad, maxPool, scalar, scan, take, variable, where, zeros, type Tensor } from '@snn/tensor'
import {
  interpret,
  isPrimitive,
  referenceKernels,
  topological,
  traceFunction,
  type Graph,
  type Node,
} from '@snn/tensor/backend'
import { splitScans } from './split-scans.js'

type Program = (xs: Tensor, w: Tensor) => Tensor[]

const spike = (v: Tensor): Tensor => v.ge(0.5).cast('float32')
const weights = variable({ data: Float32Array.from({ length: 36 }, (_, i) => Math.sin(i) / 2), shape: [2, 2, 3, 3] })

/** Integrate-and-fire, twice, each behind a convolution; xs [T, 1, 2, 4, 4], w [2, 2, 3, 3]. */
const network: Program = (xs, w) => {
  type State = { a: Tensor; b: Tensor; sum: Tensor }
  const [state, out] = scan<State, Tensor, Tensor>(
    (s, x, t) => {
      const a = s.a.add(conv(x, w, { padding: 1 }))
      const s1 = spike(a)
      const b = s.b.mul(0.9).add(conv(s1, weights.read(), { padding: 1 }).add(t.cast('float32').mul(0.01)))
      const s2 = spike(b).mul(0.7)
      const pooled = averagePool(s2, [2, 2]).reshape([1, 8])
      return [{ a: a.sub(s1), b: where(s2.gt(0), 0, b), sum: s.sum.add(pooled) }, pooled.add(s.sum)]
    },
    { a: zeros([1, 2, 4, 4]), b: zeros([1, 2, 4, 4]).add(0.2), sum: zeros([1, 8]) },
    xs,
  )
  return [out, state.a, state.b, state.sum]
}

const programs: Record<string, Program> = {
  'two layers of neurons': network,
  'a state that only adds up': (xs, w) => {
    const [sums] = scan(
      ([s, p]: readonly Tensor[], x: Tensor) =>
        [[s!.add(conv(x, w, { padding: 1 }).sum([0, 2, 3])), p!.add(1)], []] as const,
      [zeros([2]), zeros([])],
      xs as never,
    )
    return [...sums]
  },
  'a maximum of sums, and its change': (xs) => {
    const [, y] = scan(
      ([sum, before]: readonly Tensor[], x: Tensor) => {
        const next = sum!.add(x)
        const now = maxPool(next, [2, 2])
        return [[next, now], now.sub(before!)] as const
      },
      [zeros([1, 2, 4, 4]), zeros([1, 2, 2, 2])],
      xs as never,
    )
    return [y]
  },
  'two layers of neurons that count their steps, from the last step on': (xs, w) => {
    const [state, y] = scan(
      ({ v, u }: { v: Tensor; u: Tensor }, x: Tensor, t: Tensor) => {
        const a = v
          .mul(0.8)
          .add(conv(x, w, { padding: 1 }))
          .add(t.cast('float32').mul(0.1))
        const s = spike(a)
        const b = u
          .mul(0.9)
          .add(conv(s, w, { padding: 1 }))
          .sub(t.cast('float32').mul(0.05))
        return [{ v: a.sub(s), u: b }, b] as const
      },
      { v: zeros([1, 2, 4, 4]), u: zeros([1, 2, 4, 4]) },
      xs,
      { reverse: true },
    )
    return [y, state.v, state.u]
  },
  'a recurrent layer behind a linear one': (xs, w) => {
    const m = w.reshape([6, 6]).slice(1, 0, 4)
    const [last, y] = scan(
      (h: Tensor, x: Tensor) => {
        const next = h
          .matmul(m.slice(0, 0, 4))
          .add(x.reshape([2, 16]).slice(1, 0, 6).matmul(m))
          .tanh()
        return [next, next.transpose()] as const
      },
      zeros([2, 4]),
      xs,
    )
    return [last, y]
  },
  'broadcasts, products of two moving matrices, and constants of the loop': (xs, w) => {
    const [, y] = scan(
      (v: Tensor, x: Tensor) => {
        const rows = x.reshape([8, 4])
        const mixed = rows.matmul(rows.transpose()).add(w.reshape([-1]).slice(0, 0, 8))
        const next = v.mul(0.5).add(mixed)
        return [
          next,
          next
            .max(1, { keepDims: true })
            .sub(next)
            .pad(
              [
                [0, 0],
                [1, 0],
              ],
              2,
            ),
        ] as const
      },
      zeros([8, 8]),
      xs,
    )
    return [y]
  },
  gradients: (xs, w) => {
    const relaxed = (x: Tensor): Tensor => x.sub(0.3).tanh()
    const [, y] = scan(
      (v: Tensor, x: Tensor) => {
        const next = v.mul(0.8).add(conv(relaxed(v.mul(0.1).add(x)), w, { padding: 1 }))
        return [
          v
            .mul(0.8)
            .add(conv(x, w, { padding: 1 }))
            .tanh(),
          relaxed(next),
        ] as const
      },
      zeros([1, 2, 4, 4]),
      xs,
    )
    const { dx, dw } = grad(y.square().sum(), { dx: xs, dw: w })
    return [y, dx, dw]
  },
}

const T = 8
/** Steps, and the most bytes of a value for all steps that run at once; a value is 128 bytes a step, or 256. */
const pieces = [
  [T, 2 ** 20],
  [T, 4 * 256],
  [T, 4 * 128],
  [11, 4 * 128],
  [11, 5 * 256],
  [7, 4 * 256],
] as const
const data = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.cos(i * 1.7))

function trace(build: Program, steps: number = T) {
  return traceFunction(
    (xs, w) => build(xs, w),
    [
      { shape: [steps, 1, 2, 4, 4], dtype: 'float32' },
      { shape: [2, 2, 3, 3], dtype: 'float32' },
    ],
  ).program
}

function nodesOf(graph: Graph): Node[] {
  return topological(graph).flatMap((node) =>
    isPrimitive(node, 'scan') ? [node, ...nodesOf(node.attributes.body)] : [node],
  )
}

describe('splitScans', () => {
  for (const [name, build] of Object.entries(programs)) {
    for (const [steps, maximumBytes] of pieces) {
      it(`keeps what a program computes: ${name}, ${steps} steps, values of at most ${maximumBytes} bytes`, () => {
        const program = trace(build, steps)
        const split = splitScans(program, { maximumBytes })
        const bindings = new Map(
          program.parameters.map((x, i) => [
            x,
            { data: data(i === 0 ? steps * 32 : 36), shape: x.shape, dtype: x.dtype },
          ]),
        )
        const [before, after] = [program, split].map(({ results }) =>
          interpret([...results], referenceKernels, bindings),
        )
        before!.forEach((value, i) => {
          expect(after![i]!.shape).toEqual(value.shape)
          value.data.forEach((x, k) => expect(after![i]!.data[k]).toBeCloseTo(x, 4))
        })
      })
    }
  }

  it('leaves elementwise loops, each layer by itself, and runs each convolution once', () => {
    const split = splitScans(trace(network), { maximumBytes: 2 ** 20 })
    const scans = topological(split).filter((node) => isPrimitive(node, 'scan'))
    expect(scans.map((node) => node.attributes.carries)).toEqual([1, 1, 1])
    for (const { attributes } of scans)
      expect(nodesOf(attributes.body).map(({ primitive }) => primitive)).not.toContain('conv')
    expect(
      topological(split)
        .filter((node) => isPrimitive(node, 'conv'))
        .map((node) => node.outputs[0]!.shape),
    ).toEqual([
      [T, 1, 2, 4, 4],
      [T, 1, 2, 4, 4],
    ])
  })

  it('cuts a loop into equal pieces, or into pieces and what is left', () => {
    const lengths = (steps: number, maximumBytes: number): number[] =>
      topological(splitScans(trace(network, steps), { maximumBytes })).flatMap((node) =>
        isPrimitive(node, 'scan') ? [node.attributes.length] : [],
      )
    expect(lengths(8, 7 * 128)).toEqual([2])
    // two pieces of four steps, then three steps in loops of their own
    expect(lengths(11, 4 * 128)).toEqual([2, 3, 3, 3])
    expect(lengths(8, 3 * 128)).toEqual([8])
  })

  it('takes the weight gradient of all steps at once', () => {
    const split = splitScans(trace(programs['gradients']!), { maximumBytes: 2 ** 20 })
    const found = nodesOf(split).filter((node) => isPrimitive(node, 'convWeightGradient'))
    expect(found.length).toBeGreaterThan(0)
    const inLoops = nodesOf({ parameters: split.parameters, results: split.results })
      .filter((node) => isPrimitive(node, 'scan'))
      .flatMap((node) => nodesOf(node.attributes.body))
    expect(inLoops.map(({ primitive }) => primitive)).not.toContain('convWeightGradient')
  })

  it('does not cut a loop for what it only repeats, nor for what it stacks in any case', () => {
    // one number for each step, chosen by a counter, against a whole image: [1, 2, 4, 4] are 128 bytes
    const program = trace((xs, w) => [
      scan(
        ({ v, t }: { v: Tensor; t: Tensor }, x: Tensor) => {
          const next = v.mul(0.9).add(x.mul(take(w.reshape([-1]), t.reshape([1]), 0).at(0, 0)))
          return [{ v: next, t: t.add(3) }, next] as const
        },
        { v: zeros([1, 2, 4, 4]), t: scalar(0, 'int32') },
        xs,
      )[1],
    ])
    const scans = topological(splitScans(program, { maximumBytes: 32 })).filter((node) => isPrimitive(node, 'scan'))
    expect(
      scans.map(({ attributes: { length, body } }) => [
        length,
        nodesOf(body).some(({ primitive }) => primitive === 'gather'),
      ]),
    ).toEqual([[T, false]])
  })

  it('leaves a loop alone that nothing can leave', () => {
    const program = trace((xs, w) => [
      scan(
        (h: Tensor, x: Tensor) => [conv(h.add(x), w, { padding: 1 }).tanh(), []] as const,
        zeros([1, 2, 4, 4]),
        xs,
      )[0],
    ])
    expect(splitScans(program, { maximumBytes: 2 ** 20 })).toBe(program)
  })
})
