import type { TypedArray } from '@snn/tensor'

/** A key for texts and arrays: two hashes of 32 bits over their values as floats. Equal ones have equal keys. */
export function hashOf(text: string, arrays: readonly TypedArray[]): string {
  let [a, b] = [0x811c9dc5, 0x9747b28c]
  const add = (bits: number): void => {
    a = Math.imul(a ^ bits, 0x01000193)
    b = Math.imul(b, 0x85ebca6b) ^ (bits + (b >>> 13))
  }
  for (let i = 0; i < text.length; i++) add(text.charCodeAt(i))
  for (const array of arrays) {
    const floats = array instanceof Float32Array ? array : Float32Array.from(array)
    const bits = new Int32Array(floats.buffer, floats.byteOffset, floats.length)
    for (let i = 0; i < bits.length; i++) add(bits[i]!)
  }
  return `${(a >>> 0).toString(16)}:${(b >>> 0).toString(16)}`
}
