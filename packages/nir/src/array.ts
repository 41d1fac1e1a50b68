import { sizeOf, SnnError, type Shape } from '@snn/tensor'
import { checkArray, wrongArgument } from '@snn/tensor/library'

/**
 * Numbers with a shape, in C order, and how a file stores them. Integers of all widths are `int64`, and exact up to
 * 2^53.
 */
export interface NirArray {
  readonly dtype: 'float32' | 'float64' | 'int64'
  readonly shape: Shape
  readonly data: Float32Array | Float64Array
}

/**
 * An array of a graph: a Float32Array is stored as float32, anything else as float64. Without a shape: one axis.
 *
 * @throws `SHAPE` for a shape of another size
 */
export function nirArray(data: ArrayLike<number>, shape: Shape = [data?.length]): NirArray {
  if (typeof data !== 'object' || typeof data?.length !== 'number')
    throw wrongArgument('nirArray', 'data', data, 'a list of numbers')
  checkArray('nirArray', shape, 'shape', 'a list of sizes')
  if (sizeOf(shape) !== data.length)
    throw new SnnError(
      'SHAPE',
      `[nirArray] ${data.length} values for the shape [${shape.join(',')}], expected ${sizeOf(shape)}. Correct one of them.`,
      { shapes: [shape, [data.length]] },
    )
  return data instanceof Float32Array
    ? { dtype: 'float32', shape, data }
    : { dtype: 'float64', shape, data: Float64Array.from(data) }
}

/** The one value that all elements have, or undefined. */
export function uniform({ data }: NirArray): number | undefined {
  const first = data[0]
  return first !== undefined && data.every((value) => value === first) ? first : undefined
}

/** An array of this shape that holds one value, in the dtype of `like`. */
export function filled(value: number, shape: Shape, dtype: 'float32' | 'float64' = 'float64'): NirArray {
  return {
    dtype,
    shape,
    data: (dtype === 'float32' ? new Float32Array(sizeOf(shape)) : new Float64Array(sizeOf(shape))).fill(value),
  }
}
