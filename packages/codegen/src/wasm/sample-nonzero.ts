import { storeBits } from './access.js'
import { argument } from './argument.js'
import { count } from './flow.js'
import { branch, loop, set, tee, vectors, words, type Value, type WasmFunction } from './instruction.js'
import { args, first, last, runFunction } from './run-function.js'
import { f32x4, i32x4, loadVector, zeros, type Vec } from './vector.js'
import { add, addBits, bytes, lt, mul } from './word.js'

/** Where `run` finds what it needs, as words: the values, where the counts go, and the bytes of a group of values. */
export const sampleWords = ['x', 'counts', 'bytes'] as const

/** Smaller groups are too small for a sample. */
export const lineBytes = 64
/**
 * One line of the cache in so many is looked at: a prime number, so that rows of usual lengths are met at all columns.
 */
const everyLine = 11

/** How many values of a group, of at least one line, are looked at. */
export function sampledValues(groupBytes: number): number {
  return (lineBytes / 4) * Math.ceil((groupBytes - lineBytes + 1) / (lineBytes * everyLine))
}

const given = (name: (typeof sampleWords)[number]): Value<'word'> => argument(args, sampleWords.indexOf(name))
const { n, at, end } = words('n', 'at', 'end')
const { total } = vectors('total')

/**
 * Counts floats that are not zero, in a sample of each group: `run(args, first, last, thread)` counts in the groups
 * from `first` to before
 * `last`. It looks at whole lines of a group alone: at nothing behind the values.
 */
export function sampleNonZeroFunction(): WasmFunction {
  const nonZero = (i: number): Vec => f32x4.ne(loadVector(at, 16 * i), zeros)
  const lane = (i: number): Value<'i32'> => i32x4.extract_lane(i, total)
  return runFunction(
    count(n, first, last, [
      set(at, add(given('x'), mul(n, given('bytes')))),
      set(end, add(at, given('bytes'), 1 - lineBytes)),
      set(total, zeros),
      loop('lines', [
        ...[0, 1, 2, 3].map((i) => set(total, i32x4.sub(total, nonZero(i)))),
        branch('lines', lt(tee(at, add(at, lineBytes * everyLine)), end)),
      ]),
      storeBits(
        add(given('counts'), bytes(n)),
        [1, 2, 3].reduce((sum, i) => addBits(sum, lane(i)), lane(0)),
      ),
    ]),
  )
}
