import { checkArrayLike, checkMembers, wrongArgument } from '@snn/tensor/library'
import type { OnnxDataOf, OnnxDType, OnnxTensor } from './graph.js'

type Constructor = new (buffer: ArrayBufferLike, offset: number, length: number) => OnnxTensor['data']

interface ElementType {
  /** TensorProto.DataType. */
  readonly code: number
  readonly bytes: number
  readonly array: Constructor & { readonly BYTES_PER_ELEMENT: number }
}

export const elementTypes: Readonly<Record<OnnxDType, ElementType>> = {
  float32: { code: 1, bytes: 4, array: Float32Array },
  uint8: { code: 2, bytes: 1, array: Uint8Array },
  int8: { code: 3, bytes: 1, array: Int8Array },
  uint16: { code: 4, bytes: 2, array: Uint16Array },
  int16: { code: 5, bytes: 2, array: Int16Array },
  int32: { code: 6, bytes: 4, array: Int32Array },
  int64: { code: 7, bytes: 8, array: BigInt64Array },
  bool: { code: 9, bytes: 1, array: Uint8Array },
  float64: { code: 11, bytes: 8, array: Float64Array },
  uint32: { code: 12, bytes: 4, array: Uint32Array },
  uint64: { code: 13, bytes: 8, array: BigUint64Array },
}

const byCode = new Map(Object.entries(elementTypes).map(([name, type]) => [type.code, name as OnnxDType]))

/** Names of the element types that no graph value has, for messages. */
const otherTypes: Readonly<Record<number, string>> = {
  0: 'undefined',
  8: 'string',
  10: 'float16',
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  21: 'uint4',
  22: 'int4',
  23: 'float4e2m1',
  24: 'float8e8m0',
  25: 'uint2',
  26: 'int2',
}

export const dataType = {
  float32: 1,
  float16: 10,
  float64: 11,
  bfloat16: 16,
  uint4: 21,
  int4: 22,
  int32: 6,
  int64: 7,
  bool: 9,
} as const

export function dataTypeName(code: number): string {
  return byCode.get(code) ?? otherTypes[code] ?? `data type ${code}`
}

/**
 * The dtype a value of this data type has in a graph: every float is float32, 4-bit integers are bytes; undefined for
 * the others.
 */
export function graphDType(code: number): OnnxDType | undefined {
  if (code === dataType.float16 || code === dataType.bfloat16 || code === dataType.float64) return 'float32'
  if (code === dataType.int4) return 'int8'
  if (code === dataType.uint4) return 'uint8'
  return byCode.get(code)
}

/** A zeroed array of `length` elements. */
export function allocateData<D extends OnnxDType>(dtype: D, length: number): OnnxDataOf[D] {
  const { array, bytes } = elementTypes[dtype]
  return new array(new ArrayBuffer(length * bytes), 0, length) as OnnxDataOf[D]
}

/** A tensor of whole or real numbers, converted to the storage of `dtype`. */
export function tensorOf(dtype: OnnxDType, shape: readonly number[], values: ArrayLike<number | bigint>): OnnxTensor {
  if (!Object.hasOwn(elementTypes, dtype))
    throw wrongArgument('tensorOf', 'dtype', dtype, `one of ${Object.keys(elementTypes).join(', ')}`)
  checkArrayLike('tensorOf', values, 'values')
  const data = allocateData(dtype, values.length)
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < values.length; i++) data[i] = toBigInt(values[i]!)
  } else {
    for (let i = 0; i < values.length; i++) data[i] = Number(values[i]!)
  }
  return { dtype, shape, data } as OnnxTensor
}

const int64Max = 2n ** 63n - 1n

function toBigInt(value: number | bigint): bigint {
  if (typeof value === 'bigint') return value
  if (!Number.isFinite(value)) return value > 0 ? int64Max : value < 0 ? -int64Max : 0n
  const whole = BigInt(Math.trunc(value))
  return whole > int64Max ? int64Max : whole < -int64Max ? -int64Max : whole
}

/** The values of a tensor as numbers (64-bit integers beyond 2^53 lose their last digits). */
export function numbersOf(tensor: OnnxTensor): number[] {
  checkMembers('numbersOf', tensor, 'tensor', ['data'], 'a tensor of a graph: { dtype, shape, data }')
  return Array.from(tensor.data as ArrayLike<number | bigint>, Number)
}

export function isFloatType(dtype: OnnxDType): boolean {
  return dtype === 'float32' || dtype === 'float64'
}
