import fc from 'fast-check'
import { build } from '../src/build.js'
import { customGradient } from '../src/ops/elementwise.js'
import { constant } from '../src/ops/leaf.js'
import type { Padding, Primitive } from '../src/primitive.js'
import { scan } from '../src/scan.js'
import { sizeOf, type Shape } from '../src/shape.js'
import type { Tensor } from '../src/tensor.js'
import { given, values, type Value } from '../src/testing/case.js'
import type { Precision } from './finite-difference.js'

/** A primitive applied to random inputs: float64, away from kinks. */
export interface Sample {
  readonly inputs: readonly Value[]
  readonly build: (...inputs: Tensor[]) => readonly Tensor[]
  readonly precision?: Precision
}

export interface GradientTest {
  readonly samples: fc.Arbitrary<Sample>
  /** Whether its gradient is differentiable too. */
  readonly smooth: boolean
}

const shapes = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 })
const seeds = fc.nat(1000)
const size = (max: number, min = 1) => fc.integer({ min, max })

/** Different numbers with gaps far above the step of the difference, none near 0, in random order. */
function distinct(shape: Shape, seed: number): Value {
  const n = sizeOf(shape)
  const keys = values('float64', [n], seed).data
  const order = [...keys.keys()].sort((a, b) => keys[a]! - keys[b]!)
  return given(
    'float64',
    order.map((rank) => (4 * (rank + 0.5)) / n - 2 + 1e-3),
    shape,
  )
}

const positive = (x: number): number => Math.abs(x) + 0.3
/** Away from whole numbers and from 0. */
const between = (x: number): number => Math.floor(2 * x) / 2 + 0.25
const awayFromZero = (x: number): number => (x < 0 ? x - 0.3 : x + 0.3)

function unary(
  primitive: 'neg' | 'abs' | 'exp' | 'log' | 'sqrt' | 'sin' | 'cos' | 'tanh' | 'atan' | 'erf',
  smooth = true,
  domain?: (x: number) => number,
): GradientTest {
  const samples = fc
    .tuple(shapes, seeds)
    .map(([shape, seed]): Sample => ({
      inputs: [values('float64', shape, seed, domain)],
      build: (x) => [build(primitive, [x], {})],
    }))
  return { samples, smooth }
}

function binary(
  primitive: 'add' | 'sub' | 'mul' | 'div' | 'pow' | 'mod' | 'minimum' | 'maximum',
  smooth = true,
  left: (x: number) => number = (x) => x,
  right: (x: number) => number = (x) => x,
): GradientTest {
  const samples = fc
    .tuple(shapes, seeds)
    .map(([shape, seed]): Sample => ({
      inputs: [values('float64', shape, seed, left), values('float64', shape, seed + 5000, right)],
      build: (x, y) => [build(primitive, [x, y], {})],
    }))
  return { samples, smooth }
}

/** A shape, one of its axes, and a seed. */
const withAxis = fc
  .tuple(fc.array(size(3), { minLength: 1, maxLength: 4 }), fc.nat(), seeds)
  .map(([shape, axis, seed]) => ({ shape, axis: axis % shape.length, seed }))

const withAxes = fc
  .tuple(fc.array(fc.tuple(size(3), fc.boolean()), { minLength: 1, maxLength: 4 }), seeds)
  .map(([list, seed]) => ({
    shape: list.map(([n]) => n),
    axes: list.flatMap(([, chosen], axis) => (chosen ? [axis] : [])),
    seed,
  }))

const indices = (shape: Shape, below: number, seed: number): Value =>
  values('int32', shape, seed, (x) => (x + 5) % below)

/** One spatial axis under a window. */
const windowAxis = fc
  .record({ kernel: size(3), stride: size(3), dilation: size(2), low: fc.nat(2), high: fc.nat(2), extra: fc.nat(3) })
  .map(({ kernel, stride, dilation, low, high, extra }) => ({
    kernel,
    stride,
    dilation,
    padding: [low, high] as Padding,
    extra,
  }))

const windows = fc
  .array(windowAxis, { minLength: 1, maxLength: 2 })
  .map((axes) => ({
    kernel: axes.map((a) => a.kernel),
    stride: axes.map((a) => a.stride),
    dilation: axes.map((a) => a.dilation),
    padding: axes.map((a) => a.padding),
    spatial: axes.map((a) => Math.max(1, a.dilation * (a.kernel - 1) + 1 - a.padding[0] - a.padding[1] + a.extra)),
  }))

const convolutions = fc
  .record({
    window: windows,
    groups: size(2),
    inputs: size(2),
    outputs: size(2),
    lead: fc.array(size(2), { minLength: 1, maxLength: 2 }),
    seed: seeds,
  })
  .map(({ window: { kernel, spatial, ...window }, groups, inputs, outputs, lead, seed }) => {
    const attributes = { ...window, groups }
    const x = [...lead, inputs * groups, ...spatial]
    const weight = [outputs * groups, inputs, ...kernel]
    const places = spatial.map(
      (n, i) =>
        Math.floor(
          (n + window.padding[i]![0] + window.padding[i]![1] - window.dilation[i]! * (kernel[i]! - 1) - 1) /
            window.stride[i]!,
        ) + 1,
    )
    return { attributes, kernel, spatial, x, weight, dy: [...lead, outputs * groups, ...places], seed }
  })

/**
 * Padding less than the kernel and planes no smaller than the dilation, so that no window lies in the padding alone.
 */
const pools = fc
  .tuple(windows, fc.array(size(2), { minLength: 1, maxLength: 2 }), seeds, fc.boolean())
  .map(([{ spatial, ...window }, lead, seed, countIncludePad]) => {
    const padding = window.padding.map(
      ([low, high], i) => [Math.min(low, window.kernel[i]! - 1), Math.min(high, window.kernel[i]! - 1)] as const,
    )
    const fitted = spatial.map((n, i) =>
      Math.max(
        n,
        window.dilation[i]!,
        window.dilation[i]! * (window.kernel[i]! - 1) + 1 - padding[i]![0] - padding[i]![1],
      ),
    )
    return { window: { ...window, padding }, shape: [...lead, ...fitted], spatial: fitted, seed, countIncludePad }
  })

/** How the gradient of each primitive is tested; 'none' says that it has none. */
export const gradientTests: { readonly [P in Primitive]: GradientTest | 'none' } = {
  placeholder: 'none',
  constant: 'none',
  read: 'none',
  iota: 'none',
  random: 'none',

  neg: unary('neg'),
  abs: unary('abs', false, between),
  sign: 'none',
  floor: 'none',
  round: 'none',
  exp: unary('exp'),
  log: unary('log', true, positive),
  sqrt: unary('sqrt', true, positive),
  sin: unary('sin'),
  cos: unary('cos'),
  tanh: unary('tanh'),
  atan: unary('atan'),
  erf: unary('erf'),

  add: binary('add'),
  sub: binary('sub'),
  mul: binary('mul'),
  div: binary('div', true, undefined, awayFromZero),
  pow: binary('pow', true, positive),
  // x / y lies between whole numbers: x = k + 1/4 (k whole or half) and y = 1
  mod: binary('mod', false, between, () => 1),
  minimum: binary('minimum', false, between, Math.round),
  maximum: binary('maximum', false, between, Math.round),

  less: 'none',
  lessEqual: 'none',
  equal: 'none',
  and: 'none',
  or: 'none',
  not: 'none',

  select: {
    samples: fc
      .tuple(shapes, seeds)
      .map(([shape, seed]) => ({
        inputs: [values('bool', shape, seed), values('float64', shape, seed + 1), values('float64', shape, seed + 2)],
        build: (c, x, y) => [build('select', [c, x.square(), y.exp()], {})],
      })),
    smooth: true,
  },
  cast: {
    samples: fc
      .tuple(shapes, seeds)
      .map(([shape, seed]) => ({
        inputs: [values('float64', shape, seed)],
        build: (x) => [build('cast', [x], { dtype: 'float32' })],
        precision: { step: 0.25, tolerance: 1e-5 },
      })),
    smooth: false,
  },

  reduceSum: {
    samples: withAxes.map(({ shape, axes, seed }) => ({
      inputs: [values('float64', shape, seed)],
      build: (x) => [build('reduceSum', [x.square()], { axes })],
    })),
    smooth: true,
  },
  reduceMax: {
    samples: withAxes.map(({ shape, axes, seed }) => ({
      inputs: [distinct(shape, seed)],
      build: (x) => [build('reduceMax', [x], { axes })],
    })),
    smooth: false,
  },
  argmax: 'none',

  reshape: {
    samples: fc
      .tuple(shapes, seeds)
      .map(([shape, seed]) => ({
        inputs: [values('float64', shape, seed)],
        build: (x) => [build('reshape', [x.sin()], { shape: [...shape, 1].reverse() })],
      })),
    smooth: true,
  },
  transpose: {
    samples: fc.tuple(fc.array(fc.tuple(size(3), fc.nat()), { maxLength: 4 }), seeds).map(([list, seed]) => ({
      inputs: [
        values(
          'float64',
          list.map(([n]) => n),
          seed,
        ),
      ],
      build: (x) => [
        build('transpose', [x.sin()], { permutation: [...list.keys()].sort((a, b) => list[a]![1] - list[b]![1]) }),
      ],
    })),
    smooth: true,
  },
  broadcast: {
    samples: fc
      .tuple(fc.array(fc.tuple(size(3), fc.boolean()), { maxLength: 3 }), fc.array(size(2), { maxLength: 2 }), seeds)
      .map(([list, lead, seed]) => ({
        inputs: [
          values(
            'float64',
            list.map(([n, repeated]) => (repeated ? 1 : n)),
            seed,
          ),
        ],
        build: (x) => [build('broadcast', [x.sin()], { shape: [...lead, ...list.map(([n]) => n)] }).square()],
      })),
    smooth: true,
  },
  slice: {
    samples: fc
      .tuple(
        fc.array(fc.record({ low: fc.nat(2), length: fc.nat(4), high: fc.nat(2), step: size(3) }), {
          minLength: 1,
          maxLength: 3,
        }),
        seeds,
      )
      .map(([axes, seed]) => ({
        inputs: [
          values(
            'float64',
            axes.map(({ low, length, high }) => low + length + high + 1),
            seed,
          ),
        ],
        build: (x) => [
          build('slice', [x.sin()], {
            start: axes.map(({ low }) => low),
            end: axes.map(({ low, length }) => low + length),
            step: axes.map(({ step }) => step),
          }),
        ],
      })),
    smooth: true,
  },
  pad: {
    samples: fc
      .tuple(
        fc.array(fc.record({ n: fc.nat(3), low: fc.nat(2), high: fc.nat(2), interior: fc.nat(2) }), {
          minLength: 1,
          maxLength: 3,
        }),
        seeds,
      )
      .map(([axes, seed]) => ({
        inputs: [
          values(
            'float64',
            axes.map(({ n }) => n),
            seed,
          ),
        ],
        build: (x) => [
          build('pad', [x.sin()], {
            padding: axes.map(({ low, high }) => [low, high] as const),
            interior: axes.map(({ interior }) => interior),
            value: 0.5,
          }),
        ],
      })),
    smooth: true,
  },
  concat: {
    samples: fc
      .tuple(withAxis, fc.array(size(3), { minLength: 1, maxLength: 3 }))
      .map(([{ shape, axis, seed }, sizes]) => ({
        inputs: sizes.map((n, i) =>
          values(
            'float64',
            shape.map((m, at) => (at === axis ? n : m)),
            seed + i,
          ),
        ),
        build: (...xs) => [
          build(
            'concat',
            xs.map((x) => x.sin()),
            { axis },
          ),
        ],
      })),
    smooth: true,
  },
  gather: {
    samples: fc.tuple(withAxis, size(4)).map(([{ shape, axis, seed }, count]) => ({
      inputs: [
        values('float64', shape, seed),
        indices(
          shape.map((n, i) => (i === axis ? count : n)),
          shape[axis]!,
          seed + 1,
        ),
      ],
      build: (x, at) => [build('gather', [x.sin(), at], { axis })],
    })),
    smooth: true,
  },
  scatterAdd: {
    samples: fc
      .tuple(withAxis, size(4))
      .map(([{ shape, axis, seed }, target]) => ({
        inputs: [indices(shape, target, seed + 1), values('float64', shape, seed)],
        build: (at, x) => [build('scatterAdd', [at, x.sin()], { axis, size: target })],
      })),
    smooth: true,
  },

  matmul: {
    samples: fc
      .record({
        lead: fc.array(fc.tuple(size(2), fc.constantFrom('both', 'a', 'b')), { maxLength: 2 }),
        shortA: fc.nat(2),
        shortB: fc.nat(2),
        m: size(3),
        k: size(3),
        n: size(3),
        seed: seeds,
      })
      .map(({ lead, shortA, shortB, m, k, n, seed }) => ({
        inputs: [
          values('float64', [...lead.map(([size, has]) => (has === 'b' ? 1 : size)).slice(shortA), m, k], seed),
          values('float64', [...lead.map(([size, has]) => (has === 'a' ? 1 : size)).slice(shortB), k, n], seed + 1),
        ],
        build: (a, b) => [build('matmul', [a, b], {})],
      })),
    smooth: true,
  },
  conv: {
    samples: convolutions.map(({ attributes, x, weight, seed }) => ({
      inputs: [values('float64', x, seed), values('float64', weight, seed + 1)],
      build: (x, weight) => [build('conv', [x, weight], attributes)],
    })),
    smooth: true,
  },
  convInputGradient: {
    samples: convolutions.map(({ attributes, spatial, dy, weight, seed }) => ({
      inputs: [values('float64', dy, seed), values('float64', weight, seed + 1)],
      build: (dy, weight) => [build('convInputGradient', [dy, weight], { ...attributes, spatial })],
    })),
    smooth: true,
  },
  convWeightGradient: {
    samples: convolutions.map(({ attributes, kernel, x, dy, seed }) => ({
      inputs: [values('float64', x, seed), values('float64', dy, seed + 1)],
      build: (x, dy) => [build('convWeightGradient', [x, dy], { ...attributes, kernel })],
    })),
    smooth: true,
  },

  maxPool: {
    samples: pools.map(({ window, shape, seed }) => ({
      inputs: [distinct(shape, seed)],
      build: (x) => [build('maxPool', [x], window)],
    })),
    smooth: false,
  },
  argmaxPool: 'none',
  averagePool: {
    samples: pools.map(({ window: { dilation: _, ...window }, shape, seed, countIncludePad }) => ({
      inputs: [values('float64', shape, seed)],
      build: (x) => [build('averagePool', [x.sin()], { ...window, countIncludePad })],
    })),
    smooth: true,
  },
  averagePoolGradient: {
    samples: pools.map(({ window: { dilation: _, ...window }, shape, spatial, seed, countIncludePad }) => {
      const places = spatial.map(
        (n, i) =>
          Math.floor((n + window.padding[i]![0] + window.padding[i]![1] - window.kernel[i]!) / window.stride[i]!) + 1,
      )
      return {
        inputs: [values('float64', [...shape.slice(0, -spatial.length), ...places], seed)],
        build: (dy) => [build('averagePoolGradient', [dy.sin()], { ...window, spatial, countIncludePad })],
      }
    }),
    smooth: true,
  },

  scan: {
    samples: fc
      .record({ T: size(4), n: size(3), reverse: fc.boolean(), seed: seeds })
      .map(({ T, n, reverse, seed }) => ({
        inputs: [
          values('float64', [n], seed),
          values('float64', [T, n], seed + 1),
          values('float64', [n, n], seed + 2),
          values('float64', [], seed + 3),
        ],
        build: (s0, xs, weight, leak) => {
          const step = ({ a, b }: { a: Tensor; b: Tensor }, x: Tensor, t: Tensor) => {
            const next = a.expandDims(0).matmul(weight).reshape([n]).mul(leak).add(x).tanh()
            return [
              { a: next, b: b.mul(a).add(t.cast('float64')) },
              { y: next.mul(x), b },
            ] as const
          }
          const [last, ys] = scan(step, { a: s0, b: constant(values('float64', [n], seed)) }, xs, { reverse })
          return [last.a, last.b, ys.y, ys.b]
        },
      })),
    smooth: true,
  },
  customGradient: {
    samples: fc
      .tuple(shapes, seeds)
      .map(([shape, seed]) => ({
        inputs: [values('float64', shape, seed), values('float64', shape, seed + 1)],
        build: (x, y) => [
          customGradient(x.mul(y).sin(), [x, y], (dy, [x, y]) => [
            dy.mul(x!.mul(y!).cos()).mul(y!),
            dy.mul(x!.mul(y!).cos()).mul(x!),
          ]),
        ],
      })),
    smooth: true,
  },
  stopGradient: 'none',
}
