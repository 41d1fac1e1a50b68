import {
  argmaxPool,
  averagePool,
  customGradient,
  grad,
  maxPool,
  scan,
  sizeOf,
  zeros,
  full,
  type Tensor,
  type TypedArray,
} from '@snn/tensor'
import { isPrimitive, topological, traceFunction, type Node } from '@snn/tensor/backend'
import { describe, expect, it } from 'vitest'
import { random, runKernel, runReference } from '../../test/run-kernel.js'
import { divide } from '../layout/blocks.js'
import { fuseScan } from './fuse-scan.js'
import type { Fused } from './kernel-builder.js'
import { fusePlanes, type FusedPlanes } from './planes.js'

/** H(u), with the derivative of a hat. */
function spike(u: Tensor): Tensor {
  const s = u.ge(0).cast('float32')
  return customGradient(s, [u], (dy, [x]) => [dy.mul(x!.abs().neg().add(1).maximum(0))])
}

type Step = (v: Tensor, x: Tensor, tau: Tensor) => { readonly v: Tensor; readonly s: Tensor }

const leaky: Step = (v, x, tau) => {
  const charged = v.add(x.sub(v).div(tau))
  const s = spike(charged.sub(0.5))
  return { v: charged.mul(s.neg().add(1)), s }
}

/** The scans of a traced function, fused, and what the reference says of their outputs. */
async function check(
  fn: (...args: Tensor[]) => Tensor[],
  shapes: readonly (readonly number[])[],
  count: number,
  options?: { block?: number; threads?: number },
): Promise<Fused[]> {
  const next = random(7)
  const { program } = traceFunction(
    fn,
    shapes.map((shape) => ({ shape, dtype: 'float32' })),
  )
  const data = new Map<Tensor, TypedArray>(
    program.parameters.map((x) => [x, Float32Array.from({ length: sizeOf(x.shape) }, () => next() * 1.5 + 0.2)]),
  )
  const scans = topological(program).filter((node): node is Node<'scan'> => isPrimitive(node, 'scan'))
  expect(scans).toHaveLength(count)
  const fusions: Fused[] = []
  const bound = new Set(program.parameters)
  for (const node of scans) {
    const fused = fuseScan(node, { isBound: (t) => bound.has(t) })!
    expect(fused).toBeDefined()
    fusions.push(fused)
    const outputs = await runKernel(fused, data, options)
    const wanted = runReference(node.outputs, data)
    node.outputs.forEach((output, i) => {
      outputs
        .get(output)!
        .forEach((x, k) =>
          expect(Math.abs(x - wanted[i]![k]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(wanted[i]![k]!))),
        )
    })
  }
  return fusions
}

describe('generated kernels of scans', () => {
  const run =
    (tau: Tensor, reverse = false) =>
    (xs: Tensor): Tensor[] => {
      const [v, s] = scan(
        (v: Tensor, x: Tensor) => {
          const r = leaky(v, x, tau)
          return [r.v, r.s]
        },
        zeros(xs.shape.slice(1)),
        xs,
        { reverse },
      )
      return [v, s]
    }

  it('equal the reference forwards and backwards in time', async () => {
    for (const reverse of [false, true])
      for (const options of [{ block: 4 }, { block: 64, threads: 2 }])
        await check((xs, tau) => run(tau, reverse)(xs), [[5, 3, 4, 7], []], 1, options)
  })

  it('compute several steps at once where that divides their number', async () => {
    for (const [length, together] of [
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 4],
      [6, 3],
      [7, 1],
      [8, 4],
    ] as const) {
      const fusions = await check(
        (xs, dy) => {
          const [, s] = run(full([], 2))(xs)
          return [s!, grad(s!.mul(dy).sum(), xs)]
        },
        [
          [length, 3, 7],
          [length, 3, 7],
        ],
        2,
        { block: 16 },
      )
      expect(divide(fusions[0]!).kernel.stepsAtOnce).toBe(together)
    }
  })

  it('hand states on from step to step all at once', async () => {
    // Fibonacci: each state becomes what the other was
    await check(
      (xs) =>
        scan(
          ({ a, b }: { a: Tensor; b: Tensor }, x: Tensor) => [{ a: b, b: a.add(b).add(x) }, a] as const,
          { a: zeros([3, 5]), b: zeros([3, 5]) },
          xs,
        ).slice(1) as Tensor[],
      [[8, 3, 5]],
      1,
    )
  })

  it('keep one value of each repeated step where the gradient needs no more', async () => {
    const [, backward] = await check(
      (xs, dy) => {
        // two states, of which the gradient only needs what the threshold is compared with
        const [, s] = scan(
          ({ v, a }: { v: Tensor; a: Tensor }, x: Tensor) => {
            const s = spike(v.mul(0.5).add(x).sub(a.mul(0.1)).sub(0.5))
            return [{ v: v.mul(0.5).add(x).sub(s), a: a.mul(0.9).add(s) }, s] as const
          },
          { v: zeros([3, 5]), a: zeros([3, 5]) },
          xs,
        )
        return [grad(s.mul(dy).sum(), xs)]
      },
      [
        [8, 3, 5],
        [8, 3, 5],
      ],
      2,
    )
    expect(backward!.kernel.slots.filter(({ isStacked }) => isStacked)).toHaveLength(1)
  })

  it('take parameters per channel and per element', async () => {
    await check(
      (xs, tau) => run(tau)(xs),
      [
        [4, 2, 3, 5],
        [3, 1],
      ],
      1,
    )
    await check((xs, tau) => run(tau)(xs), [[4, 2, 3], [3]], 1)
    await check(
      (xs, tau) => run(tau)(xs),
      [
        [4, 2, 3],
        [2, 3],
      ],
      1,
    )
  })

  it('take a value per channel for each step, without a copy for each element', async () => {
    const [fused] = await check(
      (xs, bias, tau) => {
        const repeated = bias.reshape([4, 1, 3, 1]).broadcastTo(xs.shape)
        const [v, s] = scan(
          (v: Tensor, { x, b }: { x: Tensor; b: Tensor }) => {
            const r = leaky(v, x.add(b), tau)
            return [r.v, r.s]
          },
          zeros(xs.shape.slice(1)),
          { x: xs, b: repeated },
        )
        return [v, s]
      },
      [[4, 2, 3, 5], [4, 3], []],
      1,
    )
    expect(fused!.tensors.map(({ shape }) => sizeOf(shape))).toContain(12)
  })

  it('run the gradient with the forward pass repeated inside', async () => {
    for (const shape of [[], [3, 1], [2, 3, 5]]) {
      const [, backward] = await check(
        (xs, tau, dy) => {
          const [, s] = run(tau)(xs)
          const { dx, dtau } = grad(s!.mul(dy).sum(), { dx: xs, dtau: tau })
          return [s!, dx, dtau]
        },
        [[6, 2, 3, 5], shape, [6, 2, 3, 5]],
        2,
        { block: 8, threads: 2 },
      )
      const { kernel } = backward!
      expect(kernel.phases.map(({ steps }) => steps).slice(0, 3)).toEqual(['once', 'ascending', 'descending'])
      expect(kernel.slots.filter(({ isStacked }) => isStacked)).toHaveLength(1)
      // only what the forward scan read, the cotangent and the gradients
      expect(kernel.operands.filter(({ role }) => role === 'input')).toHaveLength(3)
    }
  })

  it('give the gradient of a constant input, summed over the steps', async () => {
    await check(
      (x, dy) => {
        const [, s] = scan(
          (v: Tensor, _: null) => {
            const r = leaky(v, x, full([], 2))
            return [r.v, r.s]
          },
          zeros(x.shape),
          null,
          { length: 4 },
        )
        return [grad(s.mul(dy).sum(), x)]
      },
      [
        [3, 5],
        [4, 3, 5],
      ],
      2,
    )
  })

  it('know the step, carry numbers and see through cotangents that repeat', async () => {
    await check(
      (xs) => {
        const [, y] = scan(
          ({ sum, count }: { sum: Tensor; count: Tensor }, x: Tensor, t: Tensor) => {
            const next = { sum: sum.add(x.mul(t.cast('float32'))), count: count.add(1) }
            return [next, next.sum.div(next.count)]
          },
          { sum: zeros([3, 5]), count: zeros([]) },
          xs,
        )
        return [y, grad(y.mean(0).square().sum(), xs)]
      },
      [[4, 3, 5]],
      2,
    )
  })

  it('pool in the same pass what they stack', async () => {
    const poolings: readonly { readonly shape: readonly number[]; readonly pool: (s: Tensor) => Tensor }[] = [
      { shape: [2, 3, 6, 9], pool: (s) => maxPool(s, [2, 2]) },
      { shape: [1, 2, 14, 27], pool: (s) => averagePool(s, [4, 4]) },
      { shape: [1, 2, 4, 75], pool: (s) => maxPool(s, [2, 2]) },
      { shape: [2, 1, 5, 80], pool: (s) => averagePool(s, [2, 3], { stride: 2, padding: [0, 1] }) },
      { shape: [2, 1, 7, 18], pool: (s) => maxPool(s, [3, 3], { stride: 2, padding: 1 }) },
      {
        shape: [2, 1, 7, 11],
        pool: (s) => averagePool(s, [3, 2], { stride: [2, 1], padding: [1, 0], countIncludePad: false }),
      },
      { shape: [2, 2, 23], pool: (s) => averagePool(s, [3]) },
      { shape: [1, 2, 9, 12], pool: (s) => argmaxPool(s, [2, 2]) },
    ]
    for (const { shape, pool } of poolings) {
      for (const options of [{ block: 1 }, { block: 1000, threads: 2 }]) {
        const next = random(3)
        const { program } = traceFunction(
          (x: Tensor, bias: Tensor) => {
            const [, v] = scan(
              (v: Tensor, _: null) => {
                const next = leaky(v, x, full([], 2)).v.add(bias)
                return [next, next]
              },
              zeros(shape),
              null,
              { length: 8 },
            )
            return [v, pool(v.reshape([8 * shape[0]!, ...shape.slice(1)]))]
          },
          [
            { shape, dtype: 'float32' },
            { shape: [shape[1]!, ...shape.slice(2).map(() => 1)], dtype: 'float32' },
          ],
        )
        const [stack, pooled] = program.results as [Tensor, Tensor]
        const data = new Map<Tensor, TypedArray>(
          program.parameters.map((x) => [x, Float32Array.from({ length: sizeOf(x.shape) }, () => next() * 1.5 - 0.4)]),
        )
        const fused = fuseScan(stack.node as Node<'scan'>, {
          isBound: (t) => program.parameters.includes(t),
          isWanted: () => false,
          pools: [fusePlanes(pooled.node)!],
        })!
        const outputs = await runKernel(fused, data, options)
        expect([...outputs.keys()]).toEqual([pooled])
        const [wanted] = runReference([pooled], data)
        outputs.get(pooled)!.forEach((x, k) => expect(Math.abs(x - wanted![k]!)).toBeLessThan(1e-5))
      }
    }
  })

  it('refuse to pool planes that lie across what a parameter varies along', () => {
    const { program } = traceFunction(
      (x: Tensor, bias: Tensor) => {
        const [, v] = scan(
          (v: Tensor, _: null) => {
            const next = v.mul(bias).add(x)
            return [next, next]
          },
          zeros([2, 4, 4]),
          null,
          { length: 3 },
        )
        return [maxPool(v, [2, 2])]
      },
      [
        { shape: [2, 4, 4], dtype: 'float32' },
        { shape: [4, 1], dtype: 'float32' },
      ],
    )
    const [pooled] = program.results as [Tensor]
    const fuse = (pools: readonly FusedPlanes[]): Fused | undefined =>
      fuseScan(pooled.node.inputs[0]!.node as Node<'scan'>, { isBound: (t) => program.parameters.includes(t), pools })
    expect(fuse([])).toBeDefined()
    expect(fuse([fusePlanes(pooled.node)!])).toBeUndefined()
  })

  it('refuse bodies that are not elementwise', () => {
    const { program } = traceFunction(
      (xs) =>
        scan(
          (v: Tensor, x: Tensor) => {
            const next = v.add(x.matmul(v))
            return [next, next]
          },
          zeros([3, 3]),
          xs,
        )[1],
      [{ shape: [4, 3, 3], dtype: 'float32' }],
    )
    expect(fuseScan(program.results[0]!.node as Node<'scan'>)).toBeUndefined()
  })
})
