import type { TensorLike } from '../tensor-like.js'
import type { Value } from './case.js'

/** How far a result may be from the expected one. */
export interface Tolerance {
  /** |actual - expected| <= absolute + relative |expected| */
  readonly relative: number
  readonly absolute: number
}

/** Throws unless `condition` holds. */
export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message)
}

/** Throws unless both have the same shape and dtype, and elements within the tolerance (floats; all others equal). */
export function compare(actual: TensorLike, expected: Value, tolerance: Tolerance, what: string): void {
  check(actual.dtype === expected.dtype, `${what}: dtype ${actual.dtype}, expected ${expected.dtype}`)
  check(
    actual.shape.join() === expected.shape.join(),
    `${what}: shape [${actual.shape.join()}], expected [${expected.shape.join()}]`,
  )
  check(
    actual.data.length === expected.data.length,
    `${what}: ${actual.data.length} elements, expected ${expected.data.length}`,
  )
  check(
    actual.data.constructor === expected.data.constructor,
    `${what}: a ${actual.data.constructor.name}, expected a ${expected.data.constructor.name}`,
  )
  const { relative, absolute } =
    expected.dtype === 'float32' || expected.dtype === 'float64' ? tolerance : { relative: 0, absolute: 0 }
  let worst = -1
  let excess = 0
  let wrong = 0
  expected.data.forEach((right, i) => {
    const got = actual.data[i]!
    if (got === right || (Number.isNaN(got) && Number.isNaN(right))) return
    const over = Math.abs(got - right) - absolute - relative * Math.abs(right)
    if (over <= 0) return
    wrong++
    if (worst < 0 || !(over <= excess)) [worst, excess] = [i, over]
  })
  check(
    wrong === 0,
    `${what}: ${wrong} of ${expected.data.length} elements differ, the most at ${worst}: ${actual.data[worst]}, expected ${expected.data[worst]}`,
  )
}

/** What `promise` is rejected with; throws when it is fulfilled. */
export async function rejection(promise: Promise<unknown>, what: string): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error(`${what}: no error, expected one`)
}
