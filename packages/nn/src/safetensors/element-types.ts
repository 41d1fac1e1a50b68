import type { DType, TypedArray } from '@snn/tensor'
import { allocate } from '@snn/tensor/library'

/** How the elements of a tensor are stored, and what they become. */
export interface ElementType {
  readonly bytes: number
  readonly dtype: DType
  /**
   * Reads the element at a byte; absent where the bytes are those of the dtype. Whole numbers that the dtype cannot
   * hold come as they are.
   */
  readonly read?: (view: DataView, at: number) => number
}

/**
 * The types that a file may have, by their names in the format. Those without a `read` are our own, in the order in
 * which the reference implementation writes them.
 */
export const elementTypes: Readonly<Record<string, ElementType>> = {
  F64: { bytes: 8, dtype: 'float64' },
  F32: { bytes: 4, dtype: 'float32' },
  I32: { bytes: 4, dtype: 'int32' },
  U8: { bytes: 1, dtype: 'uint8' },
  BOOL: { bytes: 1, dtype: 'bool' },
  F16: { bytes: 2, dtype: 'float32', read: (view, at) => halfToNumber(view.getUint16(at, true)) },
  BF16: { bytes: 2, dtype: 'float32', read: (view, at) => brainToNumber(view.getUint16(at, true)) },
  I64: { bytes: 8, dtype: 'int32', read: (view, at) => Number(view.getBigInt64(at, true)) },
  U64: { bytes: 8, dtype: 'int32', read: (view, at) => Number(view.getBigUint64(at, true)) },
  U32: { bytes: 4, dtype: 'int32', read: (view, at) => view.getUint32(at, true) },
  I16: { bytes: 2, dtype: 'int32', read: (view, at) => view.getInt16(at, true) },
  U16: { bytes: 2, dtype: 'int32', read: (view, at) => view.getUint16(at, true) },
  I8: { bytes: 1, dtype: 'int32', read: (view, at) => view.getInt8(at) },
}

/** Elements as the dtype that they become, or the first whole number that it cannot hold. */
export function elementsFrom(bytes: Uint8Array, { bytes: size, dtype, read }: ElementType): TypedArray | number {
  const data = allocate(dtype, bytes.length / size)
  if (!read) {
    new Uint8Array(data.buffer).set(bytes)
    return data
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let i = 0; i < data.length; i++) {
    const value = read(view, i * size)
    if (dtype === 'int32' && value !== (value | 0)) return value
    data[i] = value
  }
  return data
}

/** IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction. */
function halfToNumber(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 0x1f, bits & 0x3ff]
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15))
}

const word = new DataView(new ArrayBuffer(4))

/** bfloat16: the upper half of a float32. */
function brainToNumber(bits: number): number {
  word.setUint32(0, bits << 16)
  return word.getFloat32(0)
}
