import { fillUniform } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { assemble } from '../assemble.js'
import { printRandom, randomBlock } from './random.js'

const memory = new WebAssembly.Memory({ initial: 8 })
const module = await WebAssembly.compile(await assemble(printRandom({ isShared: false })))
const { run } = (await WebAssembly.instantiate(module, { memory: { memory } })).exports as { run: (...numbers: number[]) => void }

const untouched = 0x77777777

/** The bits that are written at `address`, in shares of blocks, with 16 words of what was there on both sides. */
function generated(address: number, offset: number, length: number, key: readonly [number, number]): Uint32Array {
  const words = new Uint32Array(memory.buffer).fill(untouched)
  const args = memory.buffer.byteLength - 64
  words.set([address, offset, length, ...key], args / 4)
  const blocks = Math.ceil(length / randomBlock)
  const share = Math.ceil(blocks / 3)
  for (let first = 0; first < blocks; first += share) run(args, first, Math.min(first + share, blocks), 0)
  return words.slice(address / 4 - 16, address / 4 + length + 16)
}

function expected(offset: number, length: number, key: readonly [number, number]): Uint32Array {
  const data = new Float32Array(length)
  fillUniform(data, key, offset)
  const words = new Uint32Array(length + 32).fill(untouched)
  words.set(new Uint32Array(data.buffer), 16)
  return words
}

describe('random numbers', () => {
  it('are the bits of fillUniform for every length, and nothing around them is written', () => {
    for (let length = 0; length <= 50; length++) expect(generated(64, 3, length, [1, 2]), `length ${length}`).toEqual(expected(3, length, [1, 2]))
  })

  it('are the bits of fillUniform for many blocks', () => {
    expect(generated(128, 12345, 100_003, [0xdeadbeef, 77])).toEqual(expected(12345, 100_003, [0xdeadbeef, 77]))
  })

  it('are the bits of fillUniform for keys and offsets of all sizes and signs', () => {
    const words = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 0x9e3779b9, 0xffffffff]
    for (const offset of words) {
      for (const key0 of words) for (const key1 of words) expect(generated(68, offset, 21, [key0, key1])).toEqual(expected(offset, 21, [key0, key1]))
    }
  })
})
