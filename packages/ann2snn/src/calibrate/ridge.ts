/**
 * The correction D [outputs, inputs] with the least |D r - e|^2 + lambda |D|^2 and the shift of its means, from sums over rows r [inputs]
 * and errors e [outputs]:
 *
 *   D = E' (G + lambda I)^-1,   shift = mean(e) - D mean(r),   lambda = 0.01 mean(diagonal of G) max(1, 10 inputs / rows)
 *
 * with G and E' the centred sums of r r^T and e r^T.
 */
export interface RidgeSums {
  readonly inputs: number
  readonly outputs: number
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

export function emptySums(inputs: number, outputs: number): RidgeSums {
  return { inputs, outputs, rows: 0, rr: new Float64Array(inputs * inputs), r: new Float64Array(inputs), er: new Float64Array(outputs * inputs), e: new Float64Array(outputs) }
}

const strength = 0.01

/** Corrections of weights [outputs, inputs] and biases [outputs]. */
export function solveRidge({ inputs, outputs, rows, rr, r, er, e }: RidgeSums): { readonly weight: Float64Array; readonly bias: Float64Array } {
  const gram = new Float64Array(inputs * inputs)
  let trace = 0
  for (let i = 0; i < inputs; i++) {
    for (let j = 0; j <= i; j++) gram[i * inputs + j] = rr[i * inputs + j]! - (r[i]! * r[j]!) / rows
    trace += gram[i * inputs + i]!
  }
  const lambda = strength * (trace / inputs) * Math.max(1, (10 * inputs) / rows)
  for (let i = 0; i < inputs; i++) gram[i * inputs + i]! += lambda > 0 ? lambda : 1
  cholesky(gram, inputs)
  const weight = new Float64Array(outputs * inputs)
  const bias = new Float64Array(outputs)
  for (let o = 0; o < outputs; o++) {
    const own = weight.subarray(o * inputs, (o + 1) * inputs)
    for (let i = 0; i < inputs; i++) own[i] = er[o * inputs + i]! - (e[o]! * r[i]!) / rows
    substitute(gram, inputs, own)
    bias[o] = own.reduce((sum, d, i) => sum - d * (r[i]! / rows), e[o]! / rows)
  }
  return { weight, bias }
}

/** The lower triangle becomes that of L with L L^T = a. */
function cholesky(a: Float64Array, n: number): void {
  for (let j = 0; j < n; j++) {
    const rowJ = j * n
    let diagonal = a[rowJ + j]!
    for (let k = 0; k < j; k++) diagonal -= a[rowJ + k]! ** 2
    const root = Math.sqrt(Math.max(diagonal, 1e-30))
    a[rowJ + j] = root
    for (let i = j + 1; i < n; i++) {
      const rowI = i * n
      let sum = a[rowI + j]!
      for (let k = 0; k < j; k++) sum -= a[rowI + k]! * a[rowJ + k]!
      a[rowI + j] = sum / root
    }
  }
}

/** x <- (L L^T)^-1 x */
function substitute(l: Float64Array, n: number, x: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = x[i]!
    for (let k = 0; k < i; k++) sum -= l[i * n + k]! * x[k]!
    x[i] = sum / l[i * n + i]!
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = x[i]!
    for (let k = i + 1; k < n; k++) sum -= l[k * n + i]! * x[k]!
    x[i] = sum / l[i * n + i]!
  }
}
