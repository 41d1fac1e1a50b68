import { build } from '../build.js'
import { where } from '../ops/elementwise.js'
import { scalar, tensor, zeros } from '../ops/leaf.js'
import { conv } from '../ops/linear.js'
import { grad } from '../grad.js'
import { scan } from '../scan.js'
import type { Tensor } from '../tensor.js'
import { values, type Case } from './case.js'

/** A leaky integrate-and-fire neuron with soft reset and a triangular surrogate: state v, output spike. */
function leakyStep(v: Tensor, x: Tensor): readonly [Tensor, Tensor] {
  const charged = v.add(x.sub(v).mul(0.5))
  const above = charged.sub(0.4)
  const spike = build('customGradient', [above.ge(0).cast('float32'), above], {
    rule: (cotangent) => [cotangent.mul(above.abs().neg().add(1).maximum(0))],
  })
  return [charged.sub(spike.mul(0.4)), spike]
}

/** Scans, built by `scan` and differentiated by `grad`, as programs have them. */
export function scanCases(): Case[] {
  const x = values('float32', [5, 2, 3], 1)
  return [
    {
      name: 'running sum',
      inputs: [values('float32', [2, 3], 2), x],
      build: (s0, xs) => {
        const [s, ys] = scan((s: Tensor, x: Tensor) => [s.add(x), s.mul(x)] as const, s0, xs)
        return [s, ys]
      },
    },
    {
      name: 'reverse',
      inputs: [values('float32', [2, 3], 2), x],
      build: (s0, xs) =>
        scan((s: Tensor, x: Tensor) => [s.mul(0.5).add(x), s.sub(x)] as const, s0, xs, { reverse: true }),
    },
    {
      name: 'one step',
      inputs: [values('float32', [3], 2), values('float32', [1, 3], 1)],
      build: (s0, xs) => scan((s: Tensor, x: Tensor) => [s.add(x), s.mul(x)] as const, s0, xs),
    },
    {
      name: 'several carries of several dtypes, swapped',
      inputs: [
        values('float32', [3], 2),
        values('float32', [3], 3),
        values('int32', [2], 4),
        values('float32', [4, 3], 1),
      ],
      build: (a0, b0, n0, xs) => {
        const step = ({ a, b, n }: { a: Tensor; b: Tensor; n: Tensor }, x: Tensor) =>
          [
            { a: b, b: a.add(x), n: n.mul(3).add(1) },
            { a, n },
          ] as const
        const [last, ys] = scan(step, { a: a0, b: b0, n: n0 }, xs)
        return [last.a, last.b, last.n, ys.a, ys.n]
      },
    },
    {
      name: 'the step index',
      inputs: [values('float32', [3], 2)],
      build: (s0) =>
        scan((s: Tensor, _: object, t: Tensor) => [s.add(t.cast('float32')), t.mul(t)] as const, s0, {}, { length: 4 }),
    },
    {
      name: 'the step index, in reverse',
      inputs: [values('float32', [3], 2)],
      build: (s0) =>
        scan(
          (s: Tensor, _: object, t: Tensor) => [s.mul(0.5).add(t.cast('float32')), t] as const,
          s0,
          {},
          { length: 4, reverse: true },
        ),
    },
    {
      name: 'several sequences and captured tensors',
      inputs: [
        values('float32', [2, 3], 2),
        x,
        values('int32', [5, 3], 5),
        values('float32', [3, 3], 3),
        values('float32', [3], 4),
      ],
      build: (s0, xs, ns, weight, bias) =>
        scan(
          (s: Tensor, { x, n }: { x: Tensor; n: Tensor }) => {
            const next = s.matmul(weight).add(bias).add(x).tanh()
            return [next, next.mul(n.cast('float32'))] as const
          },
          s0,
          { x: xs, n: ns },
        ),
    },
    {
      name: 'no state',
      inputs: [x, values('float32', [3], 4)],
      build: (xs, w) => [scan((_: object, x: Tensor) => [{}, x.mul(w).sum(0)] as const, {}, xs)[1]],
    },
    {
      name: 'results that are not computed: a carry, a slice, a captured tensor, a constant',
      inputs: [values('float32', [3], 2), values('float32', [4, 3], 1), values('float32', [2], 3)],
      build: (s0, xs, w) => {
        const [s, ys] = scan((s: Tensor, x: Tensor) => [x, { s, x, w: w, one: scalar(1) }] as const, s0, xs)
        return [s, ys.s, ys.x, ys.w, ys.one]
      },
    },
    {
      name: 'nested',
      inputs: [values('float32', [3], 2), values('float32', [4, 2, 3], 1), values('float32', [3], 3)],
      build: (s0, xs, w) =>
        scan(
          (outer: Tensor, x: Tensor) => {
            const [inner, ys] = scan(
              (s: Tensor, row: Tensor) => [s.add(row.mul(w)).add(outer.mul(0.1)), s.mul(row)] as const,
              outer,
              x,
            )
            return [inner, ys] as const
          },
          s0,
          xs,
        ),
    },
    {
      name: 'one after another',
      inputs: [values('float32', [2, 3], 2), x],
      build: (s0, xs) => {
        const [s, ys] = scan((s: Tensor, x: Tensor) => [s.add(x), s.mul(x)] as const, s0, xs)
        return scan((s: Tensor, y: Tensor) => [s.mul(0.5).sub(y), s] as const, s, ys, { reverse: true })
      },
    },
    {
      name: 'many steps',
      inputs: [values('float32', [200, 4], 1)],
      build: (xs) => scan((s: Tensor, x: Tensor) => [s.mul(0.9).add(x), s] as const, zeros([4]), xs),
    },
    {
      name: 'convolution inside, with state',
      inputs: [values('float32', [3, 2, 2, 5, 5], 1), values('float32', [2, 2, 3, 3], 2)],
      build: (xs, weight) =>
        scan(
          (s: Tensor, x: Tensor) => {
            const next = conv(s, weight, { padding: 1 }).mul(0.1).add(x)
            return [next, next.sum([2, 3])] as const
          },
          zeros([2, 2, 5, 5]),
          xs,
        ),
    },
    {
      name: 'gradient of a recurrence, to state, sequence and captured weight',
      inputs: [values('float32', [2, 3], 2), x, values('float32', [3, 3], 3)],
      build: (s0, xs, w) => {
        const [s, ys] = scan((s: Tensor, x: Tensor) => [s.matmul(w).add(x).tanh(), s.mul(x)] as const, s0, xs)
        return grad(s.sum().add(ys.square().mean()), [s0, xs, w])
      },
    },
    {
      name: 'gradient with checkpoints, of steps that these do not divide',
      inputs: [values('float32', [2, 3], 2), values('float32', [7, 2, 3], 1), values('float32', [3, 3], 3)],
      build: (s0, xs, w) => {
        const [s, ys] = scan(
          (s: Tensor, x: Tensor, t: Tensor) =>
            [s.matmul(w).add(x).add(t.cast('float32').mul(0.1)).tanh(), s.mul(x)] as const,
          s0,
          xs,
          { checkpoint: 3 },
        )
        return [s, ys, ...grad(s.sum().add(ys.square().mean()), [s0, xs, w])]
      },
    },
    {
      name: 'gradient of a spiking neuron with checkpoints',
      inputs: [values('float32', [8, 2, 3], 1), values('float32', [3], 4)],
      build: (xs, w) => {
        const [v, spikes] = scan((v: Tensor, x: Tensor) => leakyStep(v, x.mul(w)), zeros([2, 3]), xs, { checkpoint: 2 })
        return [spikes, v, ...grad(spikes.mul(xs).sum(), [xs, w])]
      },
    },
    {
      name: 'gradient of a spiking neuron',
      inputs: [x, values('float32', [3], 4)],
      build: (xs, w) => {
        const [v, spikes] = scan((v: Tensor, x: Tensor) => leakyStep(v, x.mul(w)), zeros([2, 3]), xs)
        return [spikes, v, ...grad(spikes.mul(xs).sum(), [xs, w])]
      },
    },
    {
      name: 'gradient of a nested scan',
      inputs: [values('float32', [3], 2), values('float32', [3, 2, 3], 1), values('float32', [3], 3)],
      build: (s0, xs, w) => {
        const [s] = scan(
          (outer: Tensor, x: Tensor) => {
            const [inner] = scan((s: Tensor, row: Tensor) => [s.mul(w).add(row).sin(), {}] as const, outer, x)
            return [inner.add(outer), {}] as const
          },
          s0,
          xs,
        )
        return grad(s.square().sum(), [s0, xs, w])
      },
    },
    {
      name: 'gradient inside of the body',
      inputs: [values('float32', [3], 2), values('float32', [4, 3], 1)],
      build: (w0, xs) =>
        scan(
          (w: Tensor, x: Tensor) => {
            const loss = w.mul(x).sub(1).square().sum()
            return [w.sub(grad(loss, w).mul(0.1)), loss] as const
          },
          w0,
          xs,
        ),
    },
    {
      name: 'choice by a flag carried on',
      inputs: [values('float32', [6, 3], 1)],
      build: (xs) => {
        const step = (seen: Tensor, x: Tensor) => [seen.or(x.gt(1)), where(seen, scalar(0), x)] as const
        return scan(step, tensor({ data: new Uint8Array(3), shape: [3], dtype: 'bool' }), xs)
      },
    },
  ]
}
