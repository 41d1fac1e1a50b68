import { checkArray, checkArrayLike } from '../check.js'
import type { Node } from '../graph.js'
import type { Inputs } from '../interpret.js'
import type { TypedArray } from '../dtype.js'
import { output, type Value } from './value.js'

/** Four 32-bit words. */
export type Block = readonly [number, number, number, number]

/**
 * Philox4x32 with ten rounds (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"): a bijection of the
 * 128-bit counter chosen by the 64-bit key. One round, with hi and lo the halves of a 64-bit product:
 *
 *   c <- [hi(M1 c2) ^ c1 ^ k0, lo(M1 c2), hi(M0 c0) ^ c3 ^ k1, lo(M0 c0)],    k <- k + [W0, W1]
 */
export function philox(counter: Block, key: readonly [number, number]): Block {
  let [c0, c1, c2, c3] = counter
  let [k0, k1] = key
  for (let round = 0; round < 10; round++) {
    const [high0, low0] = multiply(0xd2511f53, c0)
    const [high1, low1] = multiply(0xcd9e8d57, c2)
    c0 = (high1 ^ c1 ^ k0) >>> 0
    c1 = low1
    c2 = (high0 ^ c3 ^ k1) >>> 0
    c3 = low0
    k0 = (k0 + 0x9e3779b9) >>> 0
    k1 = (k1 + 0xbb67ae85) >>> 0
  }
  return [c0, c1, c2, c3]
}

/** High and low word of the product of two unsigned 32-bit words, by halves of 16 bits. */
function multiply(a: number, b: number): [high: number, low: number] {
  const [aHigh, aLow] = [a >>> 16, a & 0xffff]
  const [bHigh, bLow] = [b >>> 16, b & 0xffff]
  const first = aHigh * bLow + ((aLow * bLow) >>> 16)
  const second = aLow * bHigh + (first & 0xffff)
  return [aHigh * bHigh + Math.floor(first / 65536) + Math.floor(second / 65536), Math.imul(a, b) >>> 0]
}

/**
 * Fills `data` with uniform numbers: element i is word i % 4 of the block with counter [floor(i / 4), 0, offset, 0], as
 * the float32 (word >>> 8) 2^-24 in [0, 1). Every backend gives the same bits.
 */
export function fillUniform(data: TypedArray, key: readonly [number, number], offset: number): void {
  checkArrayLike('fillUniform', data, 'data', 'a typed array')
  checkArray('fillUniform', key, 'key', 'two numbers of 32 bits')
  const key32 = [key[0] >>> 0, key[1] >>> 0] as const
  for (let i = 0; i < data.length; i += 4) {
    const words = philox([i / 4, 0, offset >>> 0, 0], key32)
    for (let w = 0; w < 4 && i + w < data.length; w++) data[i + w] = (words[w]! >>> 8) * 2 ** -24
  }
}

export function random([offset]: Inputs<Value>, node: Node<'random'>): Value {
  const out = output(node)
  fillUniform(out.data, node.attributes.key, offset.data[0]!)
  return out
}
