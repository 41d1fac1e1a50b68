import { philox, uniformBits } from '../form/philox.js'
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

type Four<V> = readonly [V, V, V, V]

const splat = (value: Word): Vec => i32x4.splat(lowBits(value))
const advance = (to: Variable<'word'>, by: number): Instruction => set(to, add(to, by))
const uniform = (bits: Vec): Vec =>
  f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(bits, uniformBits.shift)), everywhere('f32x4', uniformBits.factor))

/** Vectors that are computed once and used several times, in the order in which they are bound. */
function bindings() {
  const once: Instruction[] = []
  const each: Instruction[] = []
  const bindTo = (list: Instruction[]) => (value: Vec) => {
    const bound = variable('v128', `w${once.length + each.length}`)
    list.push(set(bound, value))
    return bound
  }
  return { once, each, bindOnce: bindTo(once), bind: bindTo(each) }
}

/** Lane i of vector w to lane w of vector i. */
function transposed([c0, c1, c2, c3]: Four<Vec>, bind: (value: Vec) => Vec): Four<Vec> {
  const halves = (x: Vec, y: Vec) =>
    [bind(shuffleWords([0, 4, 1, 5], x, y)), bind(shuffleWords([2, 6, 3, 7], x, y))] as const
  const [low01, high01] = halves(c0, c1)
  const [low23, high23] = halves(c2, c3)
  return [
    shuffleWords([0, 1, 4, 5], low01, low23),
    shuffleWords([2, 3, 6, 7], low01, low23),
    shuffleWords([0, 1, 4, 5], high01, high23),
    shuffleWords([2, 3, 6, 7], high01, high23),
  ]
}

/**
 * `run(args, first, last, thread)` writes the blocks from `first` to before `last` of `length` uniform numbers in [0,
 * 1) as float32 at
 * `address`: bit for bit what `fillUniform` of @snn/tensor gives, four blocks of Philox at a time, one in each lane.
 */
export function randomFunction(): WasmFunction {
  const { once, each, bindOnce, bind } = bindings()
  const zero = everywhere('i32x4', 0)
  const lanes = philox<Vec>(
    {
      number: (value) => everywhere('i32x4', value),
      // only keys are added to, and they are those of all blocks
      add: (x, y) => bindOnce(i32x4.add(x, y)),
      xor: (x, y) => bind(v128.xor(x, y)),
      product: (x, y) => {
        const [low, high] = [bind(i64x2.extmul_low_i32x4_u(x, y)), bind(i64x2.extmul_high_i32x4_u(x, y))]
        return { low: shuffleWords([0, 2, 4, 6], low, high), high: shuffleWords([1, 3, 5, 7], low, high) }
      },
    },
    [bind(i32x4.add(splat(block), vector('i32x4', 0, 1, 2, 3))), zero, bindOnce(splat(offset)), zero],
    [bindOnce(splat(key0)), bindOnce(splat(key1))],
  )
  const blocks = transposed(lanes.map(bind) as unknown as Four<Vec>, bind)
  return runFunction([
    ...randomWords.map((name, i) => set(given[name], argument(args, i))),
    set(address, add(address, mul(first, 4 * randomBlock))),
    set(block, mul(first, randomBlock / 4)),
    set(length, sub(length, mul(first, randomBlock))),
    set(most, mul(sub(last, first), randomBlock)),
    set(length, choose(lt(length, most), length, most)),
    ...once,
    blockOf('last', [
      loop('blocks', [
        ...each,
        ...blocks.flatMap((bits) => [
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
