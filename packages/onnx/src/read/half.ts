import { wrongArgument } from '@snn/tensor/library'

function checkNumbers(operation: string, name: string, value: ArrayLike<number> | null | undefined): void {
  if (typeof value !== 'object' || typeof value?.length !== 'number')
    throw wrongArgument(operation, name, value, 'an array of numbers')
}

/** IEEE 754 binary16 bits to float32. */
export function fromFloat16(bits: ArrayLike<number>): Float32Array {
  checkNumbers('fromFloat16', 'bits', bits)
  const out = new Float32Array(bits.length)
  for (let i = 0; i < out.length; i++) {
    const h = bits[i]!
    const exponent = (h >> 10) & 31
    const fraction = h & 1023
    const magnitude =
      exponent === 0
        ? fraction * 2 ** -24
        : exponent === 31
          ? fraction
            ? NaN
            : Infinity
          : (1 + fraction / 1024) * 2 ** (exponent - 15)
    out[i] = h & 0x8000 ? -magnitude : magnitude
  }
  return out
}

/** The nearest IEEE 754 binary16 bits, to even; Infinity from 65520 on. */
export function toFloat16(values: ArrayLike<number>): Uint16Array {
  checkNumbers('toFloat16', 'values', values)
  const out = new Uint16Array(values.length)
  for (let i = 0; i < out.length; i++) out[i] = (values[i]! < 0 ? 0x8000 : 0) | magnitude16(Math.abs(values[i]!))
  return out
}

function magnitude16(a: number): number {
  if (Number.isNaN(a)) return 0x7e00
  if (a >= 65520) return 0x7c00
  // below 2^-14 all numbers lie 2^-24 apart; a carry into the exponent is what the bits need
  const exponent = a < 2 ** -14 ? -14 : Math.floor(Math.log2(a))
  const steps = a / 2 ** (exponent - 10)
  const low = Math.floor(steps)
  const rest = steps - low
  const rounded = rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low
  return a < 2 ** -14 ? rounded : ((exponent + 14) << 10) + rounded
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
