import { placeholder } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { argumentsOf, far, farMemory, kernelOf } from '../../test/memories.js'
import { argumentWords, divide, encodeModule, fuse, kernelFunction, operandWord } from '../index.js'
import { loadHalfWord, loadWord, storeWord } from './access.js'
import { argument } from './argument.js'
import { branch, set, variable, vectors, words, type Instruction } from './instruction.js'
import { printModule } from './print.js'
import { args, first, runFunction, thread } from './run-function.js'
import { i32x4 } from './vector.js'
import { add, choose, fill, isZero, lowBits, lt, widen } from './word.js'

const { x } = words('x')
const { v } = vectors('v')

/** The line that an instruction is printed as, for addresses of 32 and of 64 bits. */
const lines = (instruction: Instruction): string[] =>
  [false, true].map((is64) =>
    printModule(runFunction([instruction]), { isShared: false, is64 })
      .split('\n')
      .find((line) => /^\((?!module|import|func|local \$)/.test(line))!,
  )

it.each<[Instruction, string, string]>([
  // arithmetic and addresses have the width of an address, data in memory and lanes keep 32 bits
  [
    set(x, add(x, -4)),
    '(local.set $x (i32.add (local.get $x) (i32.const -4)))',
    '(local.set $x (i64.add (local.get $x) (i64.const -4)))',
  ],
  [
    storeWord(x, loadWord(x), 4),
    '(i32.store offset=4 (local.get $x) (i32.load (local.get $x)))',
    '(i64.store32 offset=4 (local.get $x) (i64.load32_u (local.get $x)))',
  ],
  [
    set(x, loadHalfWord(x)),
    '(local.set $x (i32.load16_u (local.get $x)))',
    '(local.set $x (i64.load16_u (local.get $x)))',
  ],
  [
    set(x, argument(args, 3)),
    '(local.set $x (i32.load offset=12 (local.get $args)))',
    '(local.set $x (i64.trunc_f64_s (f64.load offset=24 (local.get $args))))',
  ],
  [
    set(v, i32x4.splat(lowBits(x))),
    '(local.set $v (i32x4.splat (local.get $x)))',
    '(local.set $v (i32x4.splat (i32.wrap_i64 (local.get $x))))',
  ],
  [
    set(x, widen(i32x4.extract_lane(0, v))),
    '(local.set $x (i32x4.extract_lane 0 (local.get $v)))',
    '(local.set $x (i64.extend_i32_u (i32x4.extract_lane 0 (local.get $v))))',
  ],
  [
    set(v, i32x4.shl(v, 3)),
    '(local.set $v (i32x4.shl (local.get $v) (i32.const 3)))',
    '(local.set $v (i32x4.shl (local.get $v) (i32.const 3)))',
  ],
  [
    fill(x, 0, 64),
    '(memory.fill (local.get $x) (i32.const 0) (i32.const 64))',
    '(memory.fill (local.get $x) (i32.const 0) (i64.const 64))',
  ],
  // conditions have 32 bits
  [
    set(x, choose(isZero(x), x, 0)),
    '(local.set $x (select (local.get $x) (i32.const 0) (i32.eqz (local.get $x))))',
    '(local.set $x (select (local.get $x) (i64.const 0) (i64.eqz (local.get $x))))',
  ],
])('%o', (instruction, narrow, wide) => {
  expect(lines(instruction)).toEqual([narrow, wide])
})

it('finds what is no function', () => {
  expect(() => encodeModule(runFunction([branch('out', lt(first, 1))]), { isShared: false })).toThrow('out')
  expect(() => encodeModule(runFunction([set(x, 1), set(variable('v128', 'x'), v)]), { isShared: false })).toThrow(
    'variable x of run',
  )
})

// all tests of kernels run in both memories where these run
describe.skipIf(!farMemory)('beyond 4 GiB', () => {
  const where = farMemory!

  it('parameters and words of arguments are whole', async () => {
    const run = await kernelOf(() => runFunction([storeWord(argument(args, 1), add(first, thread))]), where)
    const to = new Uint32Array(where.memory.buffer, where.start + 1024, 1)
    argumentsOf(where, 2).set([0, to.byteOffset])
    run(where.start, 40, 0, 2)
    expect(to[0]).toBe(42)
  })

  it('a value may take more than 4 GiB', async () => {
    // the last block of so many numbers, which begin so early that it lies where tests may write
    const length = far / 4 + 1000
    const x = placeholder([length])
    const y = x.add(1)
    const { kernel, ...rest } = fuse([y], [], { inside: new Set([y.node]), isBound: (tensor) => tensor === x })!
    const blocks = divide({ kernel, ...rest })
    const run = await kernelOf(() => kernelFunction(blocks.kernel), where)
    const args = argumentsOf(where, operandWord(2))
    argumentWords.forEach((name, i) => (args[i] = name === 'scratch' ? 0 : blocks.words[name]))
    const begin = where.start + 65536 - far
    args.set([begin, 0, begin + 65536, 0], operandWord(0))
    const tail = (at: number) => new Float32Array(where.memory.buffer, at + far, 1000)
    tail(begin).forEach((_, i, data) => (data[i] = i))
    run(where.start, blocks.count - 1, blocks.count, 0)
    expect([...tail(begin + 65536)]).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1))
  })
})
