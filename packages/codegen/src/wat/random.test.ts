import { fillUniform } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { assemble } from '../assemble.js'
import { random } from './random.js'

const memory = new WebAssembly.Memory({ initial: 8 })
const module = await WebAssembly.compile(await assemble(random))
const { run } = (await WebAssembly.instantiate(module, { memory: { memory } })).exports as { run: (...numbers: number[]) => void }

const untouched = 0x77777777

/** The bits that `run` writes at `address`, with 16 words of what was there on both sides. */
function generated(address: number, offset: number, length: number, key: readonly [number, number]): Uint32Array {
  const words = new Uint32Array(memory.buffer).fill(untouched)
  run(address, offset, length, ...key)
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
