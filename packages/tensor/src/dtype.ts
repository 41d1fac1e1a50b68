import { wrongArgument } from './check.js'
import { SnnError } from './error.js'

/** Element types. `bool` is stored as one byte, 0 or 1. `float64` runs on the reference backend only. */
export type DType = 'float32' | 'float64' | 'int32' | 'bool' | 'uint8'

/** The arrays that hold values on the host: uint8 and bool share one. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array

interface ArrayOf {
  float32: Float32Array
  float64: Float64Array
  int32: Int32Array
  bool: Uint8Array
  uint8: Uint8Array
}

/** The typed array that stores elements of `D`. */
export type TypedArrayOf<D extends DType> = ArrayOf[D]

const constructors = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  bool: Uint8Array,
  uint8: Uint8Array,
} as const

function constructorOf(dtype: DType): (typeof constructors)[DType] {
  if (!Object.hasOwn(constructors, dtype))
    throw wrongArgument('tensor', 'dtype', dtype, `one of ${Object.keys(constructors).join(', ')}`)
  return constructors[dtype]
}

/** Bytes one element takes. */
export function bytesPerElement(dtype: DType): number {
  return constructorOf(dtype).BYTES_PER_ELEMENT
}

/** A zeroed typed array of `length` elements of `dtype`. */
export function allocate<D extends DType>(dtype: D, length: number): TypedArrayOf<D> {
  return new (constructorOf(dtype))(length) as TypedArrayOf<D>
}

/** Whether an element type is a floating-point one. */
export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64'
}

/** The dtype that a typed array holds when none is stated: Uint8Array is `uint8`, never `bool`. */
export function dtypeOf(data: ArrayBufferView): DType {
  if (data instanceof Float32Array) return 'float32'
  if (data instanceof Float64Array) return 'float64'
  if (data instanceof Int32Array) return 'int32'
  if (data instanceof Uint8Array) return 'uint8'
  throw new SnnError(
    'DTYPE',
    `[tensor] data is a ${data.constructor.name}, expected Float32Array, Float64Array, Int32Array or Uint8Array. Copy it into one of these.`,
    { dtypes: [data.constructor.name] },
  )
}
