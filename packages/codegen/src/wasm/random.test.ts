import { fillUniform } from '@snn/tensor/backend'
import { describe, expect, it } from 'vitest'
import { argumentsOf, inEachForm, kernelOf } from '../../test/memories.js'
import { randomC } from '../c/random.js'
import { randomBlock, randomWords } from '../layout/arguments.js'
import { randomFunction } from './random.js'

const untouched = 0x77777777

/**
 * The bits that are written 64 KiB behind the start, plus `shift` bytes, in shares of blocks, with 16 words of what was
 * there on both sides.
 */
function generated(
  shift: number,
  offset: number,
  length: number,
  key: readonly [number, number],
): Promise<Uint32Array> {
  return inEachForm(8, async (where) => {
    const run = await kernelOf(randomFunction, where, randomC)
    const address = where.start + 2 ** 16 + shift
    const words = new Uint32Array(where.memory.buffer, address - 64, length + 32).fill(untouched)
    argumentsOf(where, randomWords.length).set([address, offset, length, ...key])
    const blocks = Math.ceil(length / randomBlock)
    const share = Math.ceil(blocks / 3)
    for (let first = 0; first < blocks; first += share) run(where.start, first, Math.min(first + share, blocks), 0)
    return words.slice()
  })
}

function expected(offset: number, length: number, key: readonly [number, number]): Uint32Array {
  const data = new Float32Array(length)
  fillUniform(data, key, offset)
  const words = new Uint32Array(length + 32).fill(untouched)
  words.set(new Uint32Array(data.buffer), 16)
  return words
}

describe('random numbers', () => {
  it('are the bits of fillUniform for every length, and nothing around them is written', async () => {
    for (let length = 0; length <= 50; length++)
      expect(await generated(0, 3, length, [1, 2]), `length ${length}`).toEqual(expected(3, length, [1, 2]))
  })

  it('are the bits of fillUniform for many blocks', async () => {
    expect(await generated(64, 12345, 100_003, [0xdeadbeef, 77])).toEqual(expected(12345, 100_003, [0xdeadbeef, 77]))
  })

  it('are the bits of fillUniform for keys and offsets of all sizes and signs', async () => {
    const words = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 0x9e3779b9, 0xffffffff]
    for (const offset of words) {
      for (const key0 of words)
        for (const key1 of words)
          expect(await generated(4, offset, 21, [key0, key1])).toEqual(expected(offset, 21, [key0, key1]))
    }
  })
})
