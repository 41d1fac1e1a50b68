import { placeholder } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { argumentsOf, far, farMemory, kernelOf } from '../../test/memories.js'
import { argumentWords, divide, fuse, operandWord, printKernel } from '../index.js'
import { printModule } from './module.js'
import { withWideAddresses } from './wide-addresses.js'

/** The function `run` with these lines, without what calls it. */
const lines = (...body: string[]): string => withWideAddresses(`(module (func (export "run") (param $args i32) (local $v v128) (local $x i32) ${body.join(' ')}))`)

it.each([
  // arithmetic and addresses get 64 bits, data in memory and lanes keep 32
  ['(local.set $x (i32.add (local.get $x) (i32.const -4)))', '(local.set $x (i64.add (local.get $x) (i64.const -4)))'],
  ['(i32.store offset=4 (local.get $x) (i32.load (local.get $x)))', '(i32.store offset=4 (local.get $x) (i32.load (local.get $x)))'],
  ['(i32.store (local.get $x) (local.get $x))', '(i32.store (local.get $x) (i32.wrap_i64 (local.get $x)))'],
  ['(local.set $x (i32.load16_u (local.get $x)))', '(local.set $x (i64.load16_u (local.get $x)))'],
  ['(local.set $x (i32.load (local.get $x)))', '(local.set $x (i64.load32_u (local.get $x)))'],
  ['(local.set $x (i32.load offset=12 (local.get $args)))', '(local.set $x (i64.trunc_f64_s (f64.load offset=24 (local.get $args))))'],
  ['(local.set $v (i32x4.splat (local.get $x)))', '(local.set $v (i32x4.splat (i32.wrap_i64 (local.get $x))))'],
  ['(local.set $x (i32x4.extract_lane 0 (local.get $v)))', '(local.set $x (i64.extend_i32_u (i32x4.extract_lane 0 (local.get $v))))'],
  ['(local.set $v (i32x4.shl (local.get $v) (i32.const 3)))', '(local.set $v (i32x4.shl (local.get $v) (i32.const 3)))'],
  ['(memory.fill (local.get $x) (i32.const 0) (i32.const 64))', '(memory.fill (local.get $x) (i32.const 0) (i64.const 64))'],
  // conditions: a comparison as it is, a number when any of its bits is set
  ['(if (i32.lt_u (local.get $x) (i32.const 1)) (then (nop)))', '(if (i64.lt_u (local.get $x) (i64.const 1)) (then (nop)))'],
  ['(if (local.get $x) (then (nop)))', '(if (i64.ne (local.get $x) (i64.const 0)) (then (nop)))'],
  ['(local.set $x (select (local.get $x) (i32.const 0) (i32.eqz (local.get $x))))', '(local.set $x (select (local.get $x) (i64.const 0) (i64.eqz (local.get $x))))'],
])('%s', (before, after) => {
  expect(lines(before).replaceAll('\n', ' ')).toContain(`(func $run (param $args i64) (local $v v128) (local $x i64) ${after})`)
})

// all tests of kernels run in both memories where these run
describe.skipIf(!farMemory)('beyond 4 GiB', () => {
  const where = farMemory!

  it('parameters and words of arguments are whole', async () => {
    const print = (type: typeof where.type): string =>
      printModule(type, [
        '(func (export "run") (param $args i32) (param $first i32) (param $last i32) (param $thread i32)',
        '(i32.store (i32.load offset=4 (local.get $args)) (i32.add (local.get $first) (local.get $thread)))',
        ')',
      ])
    const run = await kernelOf(print, where)
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
    const run = await kernelOf((type) => printKernel(kernel, type), where)
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
