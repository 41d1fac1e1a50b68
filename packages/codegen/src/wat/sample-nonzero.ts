import type { MemoryType } from '../memory-type.js'
import { printModule } from './module.js'
import { add, bytes, count, get, i32, mul, set } from './text.js'

/** Where `run` finds what it needs, as words: the values, where the counts go, and the bytes of a group of values. */
export const sampleWords = ['x', 'counts', 'bytes'] as const

/** Smaller groups are too small for a sample. */
export const lineBytes = 64
/** One line of the cache in so many is looked at: a prime number, so that rows of usual lengths are met at all columns. */
const everyLine = 11

/** How many values of a group, of at least one line, are looked at. */
export function sampledValues(groupBytes: number): number {
  return (lineBytes / 4) * Math.ceil((groupBytes - lineBytes + 1) / (lineBytes * everyLine))
}

/**
 * Counts floats that are not zero, in a sample of each group, as WebAssembly text: `run(args, first, last, thread)` counts in the groups from
 * `first` to before `last`. It looks at whole lines of a group alone: at nothing behind the values.
 */
export function printSampleNonZero(memory: MemoryType): string {
  const argument = (name: (typeof sampleWords)[number]): string => `(i32.load offset=${4 * sampleWords.indexOf(name)} ${get('args')})`
  const nonZero = (i: number): string => `(f32x4.ne (v128.load offset=${16 * i} ${get('at')}) (v128.const i32x4 0 0 0 0))`
  const lane = (i: number): string => `(i32x4.extract_lane ${i} ${get('total')})`
  return printModule(memory, [
    '(func (export "run") (param $args i32) (param $first i32) (param $last i32) (param $thread i32)',
    '(local $n i32) (local $at i32) (local $end i32) (local $total v128)',
    ...count('n', get('first'), get('last'), [
      set('at', add(argument('x'), mul(get('n'), argument('bytes')))),
      set('end', add(get('at'), argument('bytes'), i32(1 - lineBytes))),
      set('total', '(v128.const i32x4 0 0 0 0)'),
      '(loop $lines',
      ...[0, 1, 2, 3].map((i) => set('total', `(i32x4.sub ${get('total')} ${nonZero(i)})`)),
      `(br_if $lines (i32.lt_u (local.tee $at ${add(get('at'), i32(lineBytes * everyLine))}) ${get('end')})))`,
      `(i32.store ${add(argument('counts'), bytes(get('n')))} ${add(lane(0), lane(1), lane(2), lane(3))})`,
    ]),
    ')',
  ])
}
