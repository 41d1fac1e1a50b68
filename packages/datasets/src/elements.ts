import type { TensorLike } from '@snn/tensor'
import { invalid } from './invalid.js'

/** Element types of files: unsigned, signed, floating point and bool, with their size in bytes. */
export type ElementType = 'u1' | 'u2' | 'u4' | 'u8' | 'i1' | 'i2' | 'i4' | 'i8' | 'f2' | 'f4' | 'f8' | 'b1'

export interface ElementsSource {
  readonly operation: string
  readonly file: string
  readonly bytes: Uint8Array
  /** Where the elements start. */
  readonly offset: number
  readonly type: ElementType
  readonly bigEndian: boolean
  readonly shape: readonly number[]
  /** Integers of 32 and 64 bits become float64, exact to 2^53, instead of int32. Default false. */
  readonly wide?: boolean
}

/**
 * The array that fills the file from `offset` to its end, as the nearest dtype: u1 -> uint8 (a view of the bytes, no
 * copy), b1 -> bool, other integers -> int32, f2 and f4 -> float32, f8 -> float64. Throws `DATA_INVALID` when the bytes
 * are fewer or more than the shape needs, before memory is taken, and when an integer does not fit int32.
 */
export function readElements(source: ElementsSource): TensorLike {
  const { operation, file, bytes, offset, type, bigEndian, shape, wide = false } = source
  const size = Number(type[1])
  const count = shape.reduce((product, n) => product * n, 1)
  const present = bytes.length - offset
  if (count * size !== present || !shape.every(Number.isSafeInteger)) {
    throw invalid(
      operation,
      file,
      `${present} bytes of data, expected ${count * size} for shape [${shape.join(',')}] of ${type}. The file is damaged.`,
      offset,
    )
  }
  if (type === 'u1') return { data: bytes.subarray(offset), shape, dtype: 'uint8' }
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, present)
  const little = !bigEndian
  const fill = <A extends Int32Array | Uint8Array | Float32Array | Float64Array>(
    data: A,
    at: (position: number) => number,
  ): A => {
    for (let i = 0; i < count; i++) data[i] = at(i * size)
    return data
  }
  const integer = (position: number, value: number): number => {
    if (value === (value | 0)) return value
    throw invalid(
      operation,
      file,
      `integer ${value}, expected one that fits 32 bits. Store smaller numbers.`,
      offset + position,
    )
  }
  const unsigned64 = (p: number): number =>
    view.getUint32(little ? p + 4 : p, little) * 2 ** 32 + view.getUint32(little ? p : p + 4, little)
  const signed64 = (p: number): number =>
    view.getInt32(little ? p + 4 : p, little) * 2 ** 32 + view.getUint32(little ? p : p + 4, little)
  if (wide && type === 'u4')
    return { data: fill(new Float64Array(count), (p) => view.getUint32(p, little)), shape, dtype: 'float64' }
  if (wide && type === 'u8') return { data: fill(new Float64Array(count), unsigned64), shape, dtype: 'float64' }
  if (wide && type === 'i8') return { data: fill(new Float64Array(count), signed64), shape, dtype: 'float64' }
  switch (type) {
    case 'b1':
      return { data: fill(new Uint8Array(count), (p) => (view.getUint8(p) === 0 ? 0 : 1)), shape, dtype: 'bool' }
    case 'i1':
      return { data: fill(new Int32Array(count), (p) => view.getInt8(p)), shape, dtype: 'int32' }
    case 'i2':
      return { data: fill(new Int32Array(count), (p) => view.getInt16(p, little)), shape, dtype: 'int32' }
    case 'u2':
      return { data: fill(new Int32Array(count), (p) => view.getUint16(p, little)), shape, dtype: 'int32' }
    case 'i4':
      return { data: fill(new Int32Array(count), (p) => view.getInt32(p, little)), shape, dtype: 'int32' }
    case 'u4':
      return { data: fill(new Int32Array(count), (p) => integer(p, view.getUint32(p, little))), shape, dtype: 'int32' }
    case 'i8':
      return { data: fill(new Int32Array(count), (p) => integer(p, signed64(p))), shape, dtype: 'int32' }
    case 'u8':
      return { data: fill(new Int32Array(count), (p) => integer(p, unsigned64(p))), shape, dtype: 'int32' }
    case 'f2':
      return {
        data: fill(new Float32Array(count), (p) => halfToNumber(view.getUint16(p, little))),
        shape,
        dtype: 'float32',
      }
    case 'f4':
      return { data: fill(new Float32Array(count), (p) => view.getFloat32(p, little)), shape, dtype: 'float32' }
    case 'f8':
      return { data: fill(new Float64Array(count), (p) => view.getFloat64(p, little)), shape, dtype: 'float64' }
  }
}

export interface FieldSource extends Omit<ElementsSource, 'shape' | 'wide'> {
  /** Bytes of a record, and how many there are. */
  readonly record: number
  readonly count: number
}

/** One field, which stands at `offset`, of records after one another; integers of 32 and 64 bits become float64. */
export function readField({ bytes, offset, record, count, ...source }: FieldSource): ArrayLike<number> {
  const size = Number(source.type[1])
  const column = new Uint8Array(count * size)
  for (let i = 0, from = offset; i < count; i++, from += record)
    for (let k = 0; k < size; k++) column[i * size + k] = bytes[from + k]!
  return readElements({ ...source, bytes: column, offset: 0, shape: [count], wide: true }).data
}

/** The number that 16 bits of IEEE 754 binary16 stand for. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1024 + fraction) * 2 ** (exponent - 25)
}
