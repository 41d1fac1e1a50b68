/**
 * Prints the polynomials of the generated functions of packages/codegen/src/form/functions:
 *
 *   node --import tsx tooling/minimax.ts
 *
 * Each is the best in the largest weighted error |w(x) (f(x) - c0 - c1 x - c2 x^2 ..)| over an interval, found by the
 * second algorithm of Remez (1934): level the error on n + 2 points with alternating signs, then move the points to
 * where the error is largest.
 */
import { erf } from '../packages/tensor/src/reference/erf.ts'

type Fn = (x: number) => number

interface Problem {
  /** The function, its weight, and where. */
  readonly f: Fn
  readonly weight: Fn
  readonly from: number
  readonly to: number
  readonly degree: number
  /** Whether the coefficients are float32. */
  readonly single?: boolean
}

/** Solves `rows` x = right by elimination with row pivots; each row ends with its right side. */
function solve(rows: number[][]): number[] {
  const n = rows.length
  for (let k = 0; k < n; k++) {
    const pivot = rows.reduce((best, row, i) => (i >= k && Math.abs(row[k]!) > Math.abs(rows[best]![k]!) ? i : best), k)
    ;[rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!]
    for (let i = 0; i < n; i++) {
      if (i === k) continue
      const factor = rows[i]![k]! / rows[k]![k]!
      for (let j = k; j <= n; j++) rows[i]![j]! -= factor * rows[k]![j]!
    }
  }
  return rows.map((row, k) => row[n]! / row[k]!)
}

const evaluate = (coefficients: readonly number[], x: number): number =>
  coefficients.reduceRight((sum, c) => sum * x + c, 0)

function minimax({ f, weight, from, to, degree, single = false }: Problem): { coefficients: number[]; error: number } {
  const size = 20_000
  const grid = Array.from(
    { length: size },
    (_, i) => (from + to) / 2 - ((to - from) / 2) * Math.cos((Math.PI * (i + 0.5)) / size),
  )
  const samples = grid.map((x) => ({ x, y: f(x), w: weight(x) }))
  const errors = (coefficients: readonly number[]): number[] =>
    samples.map(({ x, y, w }) => w * (y - evaluate(coefficients, x)))
  const largest = (values: readonly number[]): number =>
    values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)

  let points = Array.from(
    { length: degree + 2 },
    (_, i) => samples[Math.round(((size - 1) * (1 - Math.cos((Math.PI * i) / (degree + 1)))) / 2)]!,
  )
  let best: number[] = []
  for (let pass = 0; pass < 30; pass++) {
    const solution = solve(
      points.map(({ x, y, w }, i) => [...Array.from({ length: degree + 1 }, (_, j) => x ** j), (-1) ** i / w, y]),
    )
    const coefficients = solution.slice(0, degree + 1)
    const error = errors(coefficients)
    if (best.length === 0 || largest(error) < largest(errors(best))) best = coefficients
    const extremes: number[] = []
    error.forEach((value, i) => {
      const last = extremes.at(-1)
      if (last === undefined || value * error[last]! < 0) extremes.push(i)
      else if (Math.abs(value) > Math.abs(error[last]!)) extremes[extremes.length - 1] = i
    })
    while (extremes.length > degree + 2) {
      if (Math.abs(error[extremes[0]!]!) < Math.abs(error[extremes.at(-1)!]!)) extremes.shift()
      else extremes.pop()
    }
    if (extremes.length < degree + 2) break
    points = extremes.map((i) => samples[i]!)
  }
  const coefficients = single ? best.map(Math.fround) : best
  return { coefficients, error: largest(errors(coefficients)) }
}

/** Relative error of `rest(x) + factor(x) p(x)` to `whole(x)`. */
const relative = (whole: Fn, rest: Fn, factor: Fn) => ({
  f: (x: number) => (whole(x) - rest(x)) / factor(x),
  weight: (x: number) => factor(x) / whole(x),
})
const perX =
  (whole: Fn) =>
  (z: number): number =>
    whole(Math.sqrt(z)) / Math.sqrt(z)
/** The same for odd functions, as polynomials in z = x^2. */
const odd = (whole: Fn) =>
  relative(
    perX(whole),
    () => 1,
    (z) => z,
  )

const atanh = (s: number): number => Math.log1p((2 * s) / (1 - s)) / 2
const largestS = (Math.SQRT2 - 1) / (Math.SQRT2 + 1)
const half = Math.LN2 / 2 + 1e-4
const quarter = Math.PI / 4 + 1e-4
const problems: Record<string, Problem> = {
  'exp x = 1 + x + x^2 p(x)': {
    ...relative(
      Math.exp,
      (x) => 1 + x,
      (x) => x * x,
    ),
    from: -half,
    to: half,
    degree: 4,
    single: true,
  },
  '2 atanh s = 2 s + s z p(z), z = s^2': {
    ...relative(
      perX((s) => 2 * atanh(s)),
      () => 2,
      (z) => z,
    ),
    from: 0,
    to: largestS ** 2,
    degree: 2,
    single: true,
  },
  'tanh x = x + x z p(z), z = x^2': { ...odd(Math.tanh), from: 0, to: 0.55 ** 2, degree: 4, single: true },
  'atan x = x + x z p(z), z = x^2': { ...odd(Math.atan), from: 0, to: 1, degree: 7, single: true },
  'sin x = x + x z p(z), z = x^2': { ...odd(Math.sin), from: 0, to: quarter ** 2, degree: 2, single: true },
  'cos x = 1 - z / 2 + z^2 p(z), z = x^2': {
    ...relative(
      (z) => Math.cos(Math.sqrt(z)),
      (z) => 1 - z / 2,
      (z) => z * z,
    ),
    from: 0,
    to: quarter ** 2,
    degree: 2,
    single: true,
  },
  'erf x = x + x p(z), z = x^2': {
    ...relative(
      perX(erf),
      () => 1,
      () => 1,
    ),
    from: 0,
    to: 0.8 ** 2,
    degree: 5,
    single: true,
  },
  'log(1 - erf x) = p(x)': {
    f: (x) => Math.log(1 - erf(x)),
    weight: (x) => (1 - erf(x)) / erf(x),
    from: 0.8,
    to: 4,
    degree: 7,
    single: true,
  },
  'log2((1 + s) / (1 - s)) = s p(z), z = s^2': {
    ...relative(
      (z) => (perX(atanh)(z) * 2) / Math.LN2,
      () => 0,
      () => 1,
    ),
    from: 0,
    to: largestS ** 2,
    degree: 5,
  },
  '2^x = p(x)': {
    ...relative(
      (x) => 2 ** x,
      () => 0,
      () => 1,
    ),
    from: -0.5,
    to: 0.5,
    degree: 6,
  },
}

/** The shortest decimal number that rounds to the same float32. */
const shortest = (x: number): number =>
  [6, 7, 8, 9].map((digits) => Number(x.toPrecision(digits))).find((y) => Math.fround(y) === x) ?? x

for (const [name, problem] of Object.entries(problems)) {
  const { coefficients, error } = minimax(problem)
  console.log(
    `${name}, error ${error.toExponential(1)} = 2^${Math.log2(error).toFixed(1)}\n  [${coefficients.map(shortest).join(', ')}]`,
  )
}
