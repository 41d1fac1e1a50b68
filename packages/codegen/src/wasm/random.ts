import { randomBlock, randomWords } from '../layout/arguments.js'
import { argument } from './argument.js'
import {
  block as blockOf,
  branch,
  loop,
  set,
  variable,
  vectors,
  when,
  words,
  type Instruction,
  type Variable,
  type WasmFunction,
  type Word,
} from './instruction.js'
import { args, first, last, runFunction } from './run-function.js'
import {
  everywhere,
  f32x4,
  i32x4,
  i64x2,
  shuffleWords,
  storeLane,
  storeVector,
  v128,
  vector,
  type Vec,
} from './vector.js'
import { add, choose, gt, lowBits, lt, mul, sub } from './word.js'

const given = words(...randomWords)
const { address, offset, length, key0, key1 } = given
const { block, most } = words('block', 'most')
const { four } = vectors('four')
/** The key of each round. */
const keys = Array.from(
  { length: 10 },
  (_, round) => [variable('v128', `k0.${round}`), variable('v128', `k1.${round}`)] as const,
)
/** Word `w` of four blocks, and the low and high halves of two products. */
const counter = Array.from({ length: 4 }, (_, w) =>
  variable('v128', `c${w}`),
) as readonly Variable<'v128'>[] as readonly [Variable<'v128'>, Variable<'v128'>, Variable<'v128'>, Variable<'v128'>]
const [c0, c1, c2, c3] = counter
const product = (name: string) => ({ low: variable('v128', `${name}.low`), high: variable('v128', `${name}.high`) })
const [p0, p1] = [product('p0'), product('p1')]

const splat = (value: Word): Vec => i32x4.splat(lowBits(value))
const advance = (to: Variable<'word'>, by: number): Instruction => set(to, add(to, by))

/** One round on four blocks: lane i of `c0` is the first word of block i. */
const round = ([k0, k1]: readonly [Vec, Vec]): Instruction[] => {
  const multiply = ({ low, high }: typeof p0, c: Vec, factor: number): Instruction[] => [
    set(low, i64x2.extmul_low_i32x4_u(c, everywhere('i32x4', factor))),
    set(high, i64x2.extmul_high_i32x4_u(c, everywhere('i32x4', factor))),
  ]
  const lowWords = ({ low, high }: typeof p0): Vec => shuffleWords([0, 2, 4, 6], low, high)
  const highWords = ({ low, high }: typeof p0): Vec => shuffleWords([1, 3, 5, 7], low, high)
  return [
    ...multiply(p0, c0, 0xd2511f53),
    ...multiply(p1, c2, 0xcd9e8d57),
    set(c0, v128.xor(v128.xor(highWords(p1), c1), k0)),
    set(c1, lowWords(p1)),
    set(c2, v128.xor(v128.xor(highWords(p0), c3), k1)),
    set(c3, lowWords(p0)),
  ]
}

/** Word `w` of block i, in lane i of `c<w>`, to lane w of `c<i>`. */
const transpose: readonly Instruction[] = [
  ...(
    [
      [p0, c0, c1],
      [p1, c2, c3],
    ] as const
  ).flatMap(([{ low, high }, x, y]) => [
    set(low, shuffleWords([0, 4, 1, 5], x, y)),
    set(high, shuffleWords([2, 6, 3, 7], x, y)),
  ]),
  set(c0, shuffleWords([0, 1, 4, 5], p0.low, p1.low)),
  set(c1, shuffleWords([2, 3, 6, 7], p0.low, p1.low)),
  set(c2, shuffleWords([0, 1, 4, 5], p0.high, p1.high)),
  set(c3, shuffleWords([2, 3, 6, 7], p0.high, p1.high)),
]

const uniform = (bits: Vec): Vec =>
  f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(bits, 8)), everywhere('f32x4', 2 ** -24))

/**
 * `run(args, first, last, thread)` writes the blocks from `first` to before `last` of `length` uniform numbers in [0,
 * 1) as float32 at
 * `address`: bit for bit what `fillUniform` of @snn/tensor gives, by Philox4x32-10 (Salmon et al. 2011), four of its
 * blocks at a time.
 */
export function randomFunction(): WasmFunction {
  return runFunction([
    ...randomWords.map((name, i) => set(given[name], argument(args, i))),
    set(address, add(address, mul(first, 4 * randomBlock))),
    set(block, mul(first, randomBlock / 4)),
    set(length, sub(length, mul(first, randomBlock))),
    set(most, mul(sub(last, first), randomBlock)),
    set(length, choose(lt(length, most), length, most)),
    ...keys.flatMap(([k0, k1], i) => [
      set(k0, splat(add(key0, (i * 0x9e3779b9) >>> 0))),
      set(k1, splat(add(key1, (i * 0xbb67ae85) >>> 0))),
    ]),
    blockOf('last', [
      loop('blocks', [
        set(c0, i32x4.add(splat(block), vector('i32x4', 0, 1, 2, 3))),
        set(c1, everywhere('i32x4', 0)),
        set(c2, splat(offset)),
        set(c3, everywhere('i32x4', 0)),
        ...keys.flatMap(round),
        ...transpose,
        ...counter.flatMap((bits) => [
          set(four, uniform(bits)),
          branch('last', lt(length, 4)),
          storeVector(address, four),
          advance(address, 16),
          advance(length, -4),
        ]),
        advance(block, 4),
        branch('blocks'),
      ]),
    ]),
    ...[0, 1, 2].map((lane) => when(gt(length, lane), [storeLane(lane, address, four, 4 * lane)])),
  ])
}
