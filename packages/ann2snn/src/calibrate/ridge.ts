/**
 * The correction D [outputs, inputs] with the least |D r - e|^2 + lambda |D|^2 and the shift of its means, from sums
 * over rows r [inputs] and errors e [outputs]:
 *
 *   D = E' (G + lambda I)^-1,   shift = mean(e) - D mean(r),   lambda = 0.01 mean(diagonal of G) max(1, 10 inputs /
 *   rows)
 *
 * with G and E' the centred sums of r r^T and e r^T. Rows count from an `origin`, one of them, so that inputs that do
 * not vary are zero and not the difference of large sums; lambda is at least what rounding leaves of them.
 */
export interface RidgeSums {
  readonly inputs: number
  readonly outputs: number
  /** What r counts from, [inputs]. */
  readonly origin: Float32Array
  rows: number
  /** Sum of r r^T, [inputs, inputs]. */
  readonly rr: Float64Array
  /** Sum of r, [inputs]. */
  readonly r: Float64Array
  /** Sum of e r^T, [outputs, inputs]. */
  readonly er: Float64Array
  /** Sum of e, [outputs]. */
  readonly e: Float64Array
}

/** Corrections of weights [outputs, inputs] and biases [outputs]. */
export interface Correction {
  readonly weight: Float64Array
  readonly bias: Float64Array
}

export function emptySums(inputs: number, outputs: number, origin = new Float32Array(inputs)): RidgeSums {
  return {
    inputs,
    outputs,
    origin,
    rows: 0,
    rr: new Float64Array(inputs * inputs),
    r: new Float64Array(inputs),
    er: new Float64Array(outputs * inputs),
    e: new Float64Array(outputs),
  }
}

const strength = 0.01
/** A variance of this share of the mean square is rounding. */
const rounding = 1e-6

/**
 * The correction that `found` and `held`, sums over rows of different samples, ask for: found on all rows, and shrunk
 * by what a correction found on the first alone is worth on the others, alpha = sum of e D r / sum of (D r)^2 from 0 to
 * 1, so that what few samples say by chance stays out.
 */
export function correctionOf(found: RidgeSums, held: RidgeSums): Correction {
  const { inputs, outputs } = found
  const all: RidgeSums = {
    inputs,
    outputs,
    origin: found.origin,
    rows: found.rows + held.rows,
    rr: sum(found.rr, held.rr),
    r: sum(found.r, held.r),
    er: sum(found.er, held.er),
    e: sum(found.e, held.e),
  }
  return shiftedMeans(solveRidge(all), held.rows > 0 && found.rows > 0 ? worthOf(solveRidge(found), held) : 1, all)
}

function sum(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value + b[i]!)
}

function worthOf(weight: Float64Array, { inputs, outputs, rows, rr, r, er, e }: RidgeSums): number {
  let explained = 0
  let spent = 0
  for (let o = 0; o < outputs; o++) {
    const d = weight.subarray(o * inputs, (o + 1) * inputs)
    let mean = 0
    for (let i = 0; i < inputs; i++) {
      mean += d[i]! * r[i]!
      explained += d[i]! * er[o * inputs + i]!
      spent += d[i]! * dot(rr, i * inputs, d, 0, inputs)
    }
    explained -= (mean * e[o]!) / rows
    spent -= (mean * mean) / rows
  }
  return spent > 0 ? Math.min(1, Math.max(0, explained / spent)) : 1
}

function shiftedMeans(
  weight: Float64Array,
  share: number,
  { inputs, outputs, origin, rows, r, e }: RidgeSums,
): Correction {
  for (let i = 0; i < weight.length; i++) weight[i]! *= share
  const bias = Float64Array.from({ length: outputs }, (_, o) => {
    let shift = e[o]! / rows
    for (let i = 0; i < inputs; i++) shift -= weight[o * inputs + i]! * (origin[i]! + r[i]! / rows)
    return shift
  })
  return { weight, bias }
}

/** The weights of a correction, [outputs, inputs]. */
function solveRidge({ inputs, outputs, origin, rows, rr, r, er, e }: RidgeSums): Float64Array {
  const gram = new Float64Array(inputs * inputs)
  let trace = 0
  let square = 0
  for (let i = 0; i < inputs; i++) {
    for (let j = 0; j <= i; j++) gram[i * inputs + j] = rr[i * inputs + j]! - (r[i]! * r[j]!) / rows
    trace += gram[i * inputs + i]!
    square += gram[i * inputs + i]! + rows * (origin[i]! + r[i]! / rows) ** 2
  }
  const lambda = Math.max(strength * (trace / inputs) * Math.max(1, (10 * inputs) / rows), rounding * (square / inputs))
  for (let i = 0; i < inputs; i++) gram[i * inputs + i]! += lambda > 0 ? lambda : 1
  cholesky(gram, inputs)
  const weight = new Float64Array(outputs * inputs)
  for (let o = 0; o < outputs; o++) {
    const own = weight.subarray(o * inputs, (o + 1) * inputs)
    for (let i = 0; i < inputs; i++) own[i] = er[o * inputs + i]! - (e[o]! * r[i]!) / rows
    substitute(gram, inputs, own)
  }
  return weight
}

/** The lower triangle becomes that of L with L L^T = a. */
function cholesky(a: Float64Array, n: number): void {
  for (let j = 0; j < n; j++) {
    const rowJ = j * n
    const root = Math.sqrt(Math.max(a[rowJ + j]! - dot(a, rowJ, a, rowJ, j), 1e-30))
    a[rowJ + j] = root
    for (let i = j + 1; i < n; i++) {
      const rowI = i * n
      a[rowI + j] = (a[rowI + j]! - dot(a, rowI, a, rowJ, j)) / root
    }
  }
}

/** x <- (L L^T)^-1 x */
function substitute(l: Float64Array, n: number, x: Float64Array): void {
  for (let i = 0; i < n; i++) x[i] = (x[i]! - dot(l, i * n, x, 0, i)) / l[i * n + i]!
  for (let i = n - 1; i >= 0; i--) {
    const row = i * n
    const value = x[i]! / l[row + i]!
    x[i] = value
    for (let k = 0; k < i; k++) x[k]! -= l[row + k]! * value
  }
}

/** Sum of a[from + i] b[at + i] for i < n; four sums side by side, which do not wait for each other. */
function dot(a: Float64Array, from: number, b: Float64Array, at: number, n: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0]
  let i = 0
  for (; i + 3 < n; i += 4) {
    s0 += a[from + i]! * b[at + i]!
    s1 += a[from + i + 1]! * b[at + i + 1]!
    s2 += a[from + i + 2]! * b[at + i + 2]!
    s3 += a[from + i + 3]! * b[at + i + 3]!
  }
  for (; i < n; i++) s0 += a[from + i]! * b[at + i]!
  return s0 + s1 + s2 + s3
}
