import { placeholder, type Tensor, type TypedArray } from '@snn/tensor'
import { interpret, referenceKernels } from '@snn/tensor/backend'
import { describe, expect, it } from 'vitest'
import { functions, type FunctionName } from '../form/functions.js'
import { encodeModule } from './encode.js'
import { count } from './flow.js'
import { functionOf } from './functions.js'
import { call, set, words } from './instruction.js'
import { printModule } from './print.js'
import { args, first, last, runFunction } from './run-function.js'
import { loadVector, storeVector, vector } from './vector.js'
import { add, mul } from './word.js'

type Unary = Exclude<FunctionName, Binary>
type Binary = 'pow' | 'mod'

/** Largest error in units in the last place that the table in functions.ts states. */
const bounds: Readonly<Record<FunctionName, number>> = {
  exp: 1,
  log: 0.85,
  tanh: 1.5,
  atan: 1.7,
  erf: 1.6,
  sin: 1.6,
  cos: 1.6,
  pow: 0.55,
  mod: 0.5,
}
const names = Object.keys(functions) as FunctionName[]
const unary = names.filter((name): name is Unary => name !== 'pow' && name !== 'mod')

const { n, at } = words('n', 'at')

async function evaluate(name: FunctionName, x: Float32Array, y = x): Promise<Float32Array> {
  const lengths = Math.ceil(x.length / 4)
  const memory = new WebAssembly.Memory({ initial: Math.ceil((48 * lengths) / 2 ** 16) })
  const [atX, atY, atResult] = [0, 16 * lengths, 32 * lengths]
  new Float32Array(memory.buffer, atX).set(x)
  new Float32Array(memory.buffer, atY).set(y)
  const operands = [loadVector(at, atX), loadVector(at, atY)].slice(0, functions[name].parameters)
  const kernel = runFunction(
    count(n, first, last, [
      set(at, add(args, mul(n, 16))),
      storeVector(at, call(functionOf(functions[name]), ...operands), atResult),
    ]),
  )
  const { instance } = await WebAssembly.instantiate(encodeModule(kernel, { isShared: false }), { memory: { memory } })
  const run = instance.exports['run'] as (args: number, first: number, last: number, thread: number) => void
  run(0, 0, lengths, 0)
  return new Float32Array(memory.buffer, atResult, x.length)
}

/** What the reference gives for these numbers in float64. */
function reference(name: FunctionName, x: Float32Array, y = x): TypedArray {
  const [a, b] = [placeholder([x.length], 'float64'), placeholder([x.length], 'float64')]
  const result = name === 'pow' || name === 'mod' ? a[name](b) : a[name]()
  const bind = (tensor: Tensor, data: Float32Array) =>
    [tensor, { data: Float64Array.from(data), shape: tensor.shape, dtype: tensor.dtype }] as const
  return interpret([result], referenceKernels, new Map([bind(a, x), bind(b, y)]))[0].data
}

/**
 * Distance in units in the last place of the rounded result; a wrong NaN, infinity or sign of zero is infinitely far.
 */
function distance(got: number, exact: number): number {
  const rounded = Math.fround(exact)
  if (Number.isNaN(rounded) || Number.isNaN(got)) return Number.isNaN(rounded) && Number.isNaN(got) ? 0 : Infinity
  if (rounded === 0 && got === 0) return Object.is(rounded, got) ? 0 : Infinity
  const inside = (x: number): number => Math.max(-(2 ** 128), Math.min(2 ** 128, x))
  if (Math.sign(got) * Math.sign(rounded) < 0 || (!Number.isFinite(exact) && got !== exact)) return Infinity
  const exponent = Math.floor(Math.log2(Math.min(Math.max(Math.abs(rounded), 2 ** -126), 2 ** 127)))
  return Math.abs(inside(got) - inside(exact)) / 2 ** (exponent - 23)
}

/** Evaluates and gives the largest distance from the reference, with where it is. */
async function worst(
  name: FunctionName,
  x: Float32Array,
  y?: Float32Array,
): Promise<{ ulp: number; at: readonly number[]; got: number; exact: number }> {
  const [got, exact] = [await evaluate(name, x, y), reference(name, x, y)]
  const distances = got.map((value, i) => distance(value, exact[i]!))
  const i = distances.reduce((most, value, at) => (value > distances[most]! ? at : most), 0)
  return { ulp: distances[i]!, at: y ? [x[i]!, y[i]!] : [x[i]!], got: got[i]!, exact: exact[i]! }
}

function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const ofBits = (bits: Iterable<number>): Float32Array => new Float32Array(Uint32Array.from(bits).buffer)
const evenly = (from: number, to: number, length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => from + ((to - from) * i) / (length - 1))
const everywhere = ofBits({
  *[Symbol.iterator]() {
    for (let i = 0; i < 2 ** 18; i++) yield i * 2 ** 14 + (i % 2 ** 14)
  },
})
const positive = [
  0,
  2 ** -149,
  2 ** -127,
  2 ** -126,
  2 ** -24,
  1 / 3,
  0.5,
  Math.fround(Math.SQRT1_2),
  1 - 2 ** -24,
  1,
  1 + 2 ** -23,
  1.5,
  2,
  2.5,
  3,
  4,
  10,
  127,
  128,
  2 ** 22 + 0.5,
  2 ** 23,
  2 ** 24 - 1,
  2 ** 24,
  2 ** 24 + 2,
  2 ** 127,
  (2 - 2 ** -23) * 2 ** 127,
  Infinity,
]
const special = [...positive, ...positive.map((x) => -x), NaN]
const edges = {
  exp: evenly(-104.5, -86.5, 2 ** 15),
  log: evenly(0.7, 1.45, 2 ** 16),
  tanh: evenly(0.5, 0.6, 2 ** 15),
  atan: evenly(0.9, 1.1, 2 ** 15),
  erf: evenly(0.75, 0.85, 2 ** 15),
  sin: Float32Array.from({ length: 2 ** 16 }, (_, i) => ((i * 509 + 1) * Math.PI) / 2),
  cos: Float32Array.from({ length: 2 ** 16 }, (_, i) => (i * 509 * Math.PI) / 2),
} satisfies Record<Unary, Float32Array>

describe('functions of one operand', () => {
  for (const name of unary) {
    const trigonometric = name === 'sin' || name === 'cos'
    const sets = {
      'special values': Float32Array.from(special),
      'all magnitudes': everywhere,
      'small numbers': evenly(-4, 4, 2 ** 16 + 1),
      'larger numbers': evenly(-110, 110, 2 ** 16 + 1),
      'where it is hardest': edges[name],
    }
    for (const [what, set] of Object.entries(sets)) {
      it(`${name} is the reference to ${bounds[name]} ulp for ${what}`, async () => {
        const x = trigonometric ? set.filter((x) => !Number.isFinite(x) || Math.abs(x) <= 5e7) : set
        const found = await worst(name, x)
        expect(found.ulp, JSON.stringify(found)).toBeLessThanOrEqual(bounds[name])
      })
    }
  }

  it('sin and cos lose accuracy slowly beyond 5e7, and stay in [-1, 1]', async () => {
    for (const name of ['sin', 'cos'] as const) {
      const x = everywhere.filter((x) => Math.abs(x) > 5e7 && Number.isFinite(x))
      const [got, exact] = [await evaluate(name, x), reference(name, x)]
      const allowed = (x: number): number => (x <= 1e15 ? Math.max(1e-7, 2 ** -52 * x) : 2)
      const wrong = [...x].filter(
        (x, i) => !(Math.abs(got[i]!) <= 1 && Math.abs(got[i]! - exact[i]!) <= allowed(Math.abs(x))),
      )
      expect(x.length).toBeGreaterThan(1e5)
      expect(wrong).toEqual([])
    }
  })

  it('take exact values', async () => {
    const at = async (name: FunctionName, ...x: number[]): Promise<number[]> => [
      ...(await evaluate(name, Float32Array.from(x))),
    ]
    expect(await at('exp', 0, -0, 1, Infinity, -Infinity, NaN)).toEqual([1, 1, Math.fround(Math.E), Infinity, 0, NaN])
    expect(await at('log', 1, 0, -0, -1, 2 ** -149, Infinity)).toEqual([
      0,
      -Infinity,
      -Infinity,
      NaN,
      Math.fround(-149 * Math.LN2),
      Infinity,
    ])
    expect(await at('tanh', 0, -0, Infinity, -Infinity, 2 ** -149)).toEqual([0, -0, 1, -1, 2 ** -149])
    expect(await at('atan', 1, -1, 0, -0, Infinity, -Infinity)).toEqual(
      [Math.PI / 4, -Math.PI / 4, 0, -0, Math.PI / 2, -Math.PI / 2].map(Math.fround),
    )
    expect(await at('erf', 0, -0, 4, -4, Infinity, -Infinity)).toEqual([0, -0, 1, -1, 1, -1])
    expect(await at('sin', 0, -0, Infinity, -Infinity, NaN)).toEqual([0, -0, NaN, NaN, NaN])
    expect(await at('cos', 0, -0, Infinity, -Infinity, NaN)).toEqual([1, 1, NaN, NaN, NaN])
  })

  it('are exactly odd or even', async () => {
    const x = everywhere.filter((x) => x > 0)
    const negative = x.map((x) => -x)
    for (const name of ['tanh', 'atan', 'erf', 'sin'] as const) {
      expect(await evaluate(name, negative)).toEqual((await evaluate(name, x)).map((y) => -y))
    }
    expect(await evaluate('cos', negative)).toEqual(await evaluate('cos', x))
  })

  it('are monotonic where the pieces meet, to one unit in the last place', async () => {
    const following = (middle: number): Float32Array => {
      const bits = new Uint32Array(Float32Array.of(middle).buffer)[0]!
      return ofBits(Array.from({ length: 2 ** 15 }, (_, i) => bits - 2 ** 14 + i))
    }
    for (const [name, middle] of [
      ['exp', Math.LN2 / 2],
      ['log', Math.SQRT2],
      ['tanh', 0.55],
      ['atan', 1],
      ['erf', 0.8],
    ] as const) {
      const y = await evaluate(name, following(middle))
      const fall = y.reduce(
        (most, value, i) => Math.max(most, i > 0 ? distance(value, Math.max(value, y[i - 1]!)) : 0),
        0,
      )
      expect(fall, name).toBeLessThanOrEqual(1)
    }
  })
})

describe('functions of two operands', () => {
  const pairs = (length: number, next: () => readonly [number, number]): [Float32Array, Float32Array] => {
    const all = Array.from({ length }, next)
    return [Float32Array.from(all, ([x]) => x), Float32Array.from(all, ([, y]) => y)]
  }
  const specialPairs = special.flatMap((x) => special.map((y) => [x, y] as const))
  const next = random(1)
  const any = (): number => ofBits([Math.floor(next() * 2 ** 32)])[0]!
  const between = (low: number, high: number): number => low + (high - low) * next()
  let i = 0
  const sets: Record<Binary, Record<string, [Float32Array, Float32Array]>> = {
    pow: {
      'special values': pairs(specialPairs.length, () => specialPairs[i++]!),
      'all magnitudes': pairs(2 ** 17, () => [any(), any()]),
      'small numbers': pairs(2 ** 16, () => [between(0, 10), between(-5, 5)]),
      'whole powers': pairs(2 ** 16, () => [between(-20, 20), Math.round(between(-30, 30))]),
      'bases near 1': pairs(2 ** 16, () => [
        1 + between(-1, 1) * 2 ** -between(1, 24),
        between(-1, 1) * 2 ** between(0, 27),
      ]),
      'results of all magnitudes': pairs(2 ** 17, () => {
        const x = Math.abs(any())
        return [x, between(-160, 130) / Math.log2(x)]
      }),
    },
    mod: {
      'special values': pairs(specialPairs.length, () => specialPairs[i++ % specialPairs.length]!),
      'all magnitudes': pairs(2 ** 17, () => [any(), any()]),
      'small numbers': pairs(2 ** 17, () => [between(-20, 20), between(-5, 5)]),
      'whole numbers': pairs(2 ** 16, () => [Math.round(between(-2000, 2000)), Math.round(between(-20, 20))]),
    },
  }

  for (const name of ['pow', 'mod'] as const) {
    for (const [what, [x, y]] of Object.entries(sets[name])) {
      it(`${name} is the reference to ${bounds[name]} ulp for ${what}`, async () => {
        const found = await worst(name, x, y)
        expect(found.ulp, JSON.stringify(found)).toBeLessThanOrEqual(bounds[name])
      })
    }
  }

  it('mod is the reference exactly', async () => {
    for (const [x, y] of Object.values(sets.mod))
      expect(await evaluate('mod', x, y)).toEqual(Float32Array.from(reference('mod', x, y)))
  })
})

it('a module has every function that is called, once', () => {
  const run = runFunction(
    [...names, ...names].map((name) =>
      storeVector(
        args,
        call(
          functionOf(functions[name]),
          ...[vector('f32x4', 1), vector('f32x4', 2)].slice(0, functions[name].parameters),
        ),
      ),
    ),
  )
  const text = printModule(run, { isShared: false })
  const defined = [...text.matchAll(/^\(func \$(\w+)/gm)].map(([, name]) => name!)
  expect(defined).toHaveLength(names.length + 1)
  expect(new Set(defined)).toEqual(new Set([...names, 'run']))
})
