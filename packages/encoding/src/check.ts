import { formatShape, SnnError, type Tensor } from '@snn/tensor'
import { checkArray, isFloat } from '@snn/tensor/library'

/** Throws `DTYPE` unless `x` is of a floating-point type. */
export function checkFloat(operation: string, x: Tensor): void {
  if (isFloat(x.dtype)) return
  throw new SnnError(
    'DTYPE',
    `[${operation}] input of dtype ${x.dtype}, expected float32. Cast it, and scale it to the range of the encoder.`,
    { dtypes: [x.dtype] },
  )
}

/** Throws `SHAPE` unless `x` has at least `rank` axes, called `names` in the message. */
export function checkRank(operation: string, x: Tensor, rank: number, names: string): void {
  if (x.shape.length >= rank) return
  throw new SnnError(
    'SHAPE',
    `[${operation}] input of shape ${formatShape(x.shape)}, expected ${names}. Add the missing axes.`,
    { shapes: [x.shape] },
  )
}

/** Throws `ARGUMENT` unless the option is a whole number of [low, high]. */
export function checkWhole(operation: string, name: string, value: number, low: number, high = Infinity): void {
  if (Number.isSafeInteger(value) && value >= low && value <= high) return
  throw wrong(
    operation,
    name,
    value,
    `a whole number ${high === Infinity ? `of at least ${low}` : `from ${low} to ${high}`}`,
  )
}

/** Throws `ARGUMENT` unless the option is a finite number, within [low, high] where given. */
export function checkNumber(operation: string, name: string, value: number, low = -Infinity, high = Infinity): void {
  if (Number.isFinite(value) && value >= low && value <= high) return
  throw wrong(
    operation,
    name,
    value,
    low === -Infinity
      ? 'a finite number'
      : high === Infinity
        ? `a finite number of at least ${low}`
        : `a number from ${low} to ${high}`,
  )
}

/** Throws `ARGUMENT` unless the option is a finite number greater than 0. */
export function checkPositive(operation: string, name: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return
  throw wrong(operation, name, value, 'a finite number greater than 0')
}

/** Throws `ARGUMENT` unless the option is one of `names`. */
export function checkChoice(operation: string, name: string, value: string, names: readonly string[]): void {
  if (names.includes(value)) return
  throw wrong(operation, name, value, names.map((known) => `'${known}'`).join(', '))
}

/** Throws `ARGUMENT` unless `range` is two finite numbers in rising order. */
export function checkRange(operation: string, range: readonly [number, number]): void {
  checkArray(operation, range, 'range', 'two numbers')
  if (Array.isArray(range) && range.length === 2 && range.every(Number.isFinite) && range[0] < range[1]) return
  throw wrong(operation, 'range', range, '[low, high] with low < high')
}

/** The error for an option that has a wrong value. */
export function wrong(
  operation: string,
  name: string,
  value: number | string | readonly number[],
  expected: string,
): SnnError {
  return new SnnError(
    'ARGUMENT',
    `[${operation}] option ${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}, expected ${expected}. Correct it.`,
    { name, value },
  )
}
