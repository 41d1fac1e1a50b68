import { f32x4, f64x2, shuffleWords, type Vec } from '../vector.js'
import { type Bind } from './define.js'

/** 1.5 * 2^52: added to a number of less than 2^51, it rounds it to a whole number, which then stands in the low bits. */
export const shift64 = 1.5 * 2 ** 52

/**
 * Computes in float64, two lanes at a time. `body` is written once for both halves, which differ in the names of their locals, and takes
 * the operands as f64x2.
 */
export function halves<Result>(bind: Bind, operands: readonly Vec[], body: (bind: Bind, ...operands: Vec[]) => Result): readonly [first: Result, second: Result] {
  const half = (name: string, lanes: (x: Vec) => Vec): Result => {
    const bindHalf: Bind = (local, value) => bind(`${local}.${name}`, value)
    return body(bindHalf, ...operands.map((x, i) => bindHalf(`operand${i}`, f64x2.promote_low_f32x4(lanes(x)))))
  }
  return [half('first', (x) => x), half('second', (x) => shuffleWords([2, 3, 2, 3], x))]
}

/** Two times two float64 as four float32. */
export const demote = (first: Vec, second: Vec): Vec => shuffleWords([0, 1, 4, 5], f32x4.demote_f64x2_zero(first), f32x4.demote_f64x2_zero(second))
