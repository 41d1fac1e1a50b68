import { checkMembers, wrongArgument } from './check.js'
import { dtypeOf, type DType, type TypedArray } from './dtype.js'
import { SnnError } from './error.js'
import { checkShape, formatShape, sizeOf, type Shape } from './shape.js'

/**
 * A value on the host, in row-major order: the form in which all packages hand tensors to each other.
 * Without `dtype` it is that of the typed array (a Uint8Array is `uint8`; say `dtype: 'bool'` for flags).
 */
export interface TensorLike {
  readonly data: TypedArray
  readonly shape: Shape
  readonly dtype?: DType
}

/** A host value that a run returned. */
export interface HostTensor extends TensorLike {
  readonly dtype: DType
  /** The only element. Throws `SHAPE` when there is not exactly one. */
  item(): number
}

/** `value` with its dtype filled in, after checking that data and shape fit each other. */
export function hostTensor(value: TensorLike, operation = 'tensor'): HostTensor {
  checkMembers(operation, value, 'value', ['data', 'shape'], '{ data, shape }: a typed array and its shape')
  checkShape(value.shape, operation)
  if (!ArrayBuffer.isView(value.data))
    throw wrongArgument(operation, 'data', value.data, 'a typed array', 'Give Float32Array.from(it).')
  const { data, shape } = value
  if (data.length !== sizeOf(shape)) {
    throw new SnnError(
      'SHAPE',
      `[${operation}] data of ${data.length} elements for shape ${formatShape(shape)}, expected ${sizeOf(shape)}.`,
      { shapes: [[data.length], shape] },
    )
  }
  const stored = dtypeOf(data)
  const dtype = value.dtype ?? stored
  if (dtype !== stored && !(dtype === 'bool' && stored === 'uint8')) {
    throw new SnnError(
      'DTYPE',
      `[${operation}] dtype ${dtype} with data of ${data.constructor.name}, expected ${stored}. Convert the data first.`,
      { dtypes: [dtype, stored] },
    )
  }
  return {
    data,
    shape,
    dtype,
    item() {
      if (data.length !== 1) {
        throw new SnnError(
          'SHAPE',
          `[item] tensor of shape ${formatShape(shape)}, expected one element. Read .data instead.`,
          { shapes: [shape] },
        )
      }
      return data[0]!
    },
  }
}
