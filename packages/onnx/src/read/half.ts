/** IEEE 754 binary16 bits to float32. */
export function fromFloat16(bits: ArrayLike<number>): Float32Array {
  const out = new Float32Array(bits.length)
  for (let i = 0; i < out.length; i++) {
    const h = bits[i]!
    const exponent = (h >> 10) & 31
    const fraction = h & 1023
    const magnitude = exponent === 0 ? fraction * 2 ** -24 : exponent === 31 ? (fraction ? NaN : Infinity) : (1 + fraction / 1024) * 2 ** (exponent - 15)
    out[i] = h & 0x8000 ? -magnitude : magnitude
  }
  return out
}

/** bfloat16 bits (the upper half of a float32) to float32. */
export function fromBfloat16(bits: ArrayLike<number>): Float32Array {
  const words = new Uint32Array(bits.length)
  for (let i = 0; i < words.length; i++) words[i] = (bits[i]! & 0xffff) << 16
  return new Float32Array(words.buffer)
}

/** Two 4-bit integers a byte, the low half first. */
export function fromInt4(bytes: ArrayLike<number>, length: number, signed: boolean): Int8Array | Uint8Array {
  const out = signed ? new Int8Array(length) : new Uint8Array(length)
  for (let i = 0; i < length; i++) {
    const nibble = (bytes[i >> 1]! >> (i & 1 ? 4 : 0)) & 15
    out[i] = signed && nibble > 7 ? nibble - 16 : nibble
  }
  return out
}
