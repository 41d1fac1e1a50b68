import { compile, reference, type HostTensor, type Tensor } from '@snn/tensor'
import { expect } from 'vitest'

const backend = reference()

export const f32 = (data: readonly number[], shape: readonly number[] = [data.length]) => ({
  data: Float32Array.from(data),
  shape,
})
export const f64 = (data: readonly number[], shape: readonly number[] = [data.length]) => ({
  data: Float64Array.from(data),
  shape,
})

/** What `encode` makes of a vector, or of a tensor, on the reference backend. */
export function encoded(
  x: readonly number[] | ReturnType<typeof f32> | ReturnType<typeof f64>,
  encode: (x: Tensor) => Tensor,
): Promise<HostTensor> {
  return compile(encode, { backend })('shape' in x ? x : f32(x))
}

/** The rows of a matrix [R, C]. */
export function rowsOf({ data, shape }: HostTensor): number[][] {
  const columns = shape[shape.length - 1]!
  return Array.from({ length: data.length / columns }, (_, row) =>
    Array.from(data.slice(row * columns, (row + 1) * columns)),
  )
}

export function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length)
  expected.forEach((value, i) => expect(Math.abs(actual[i]! - value)).toBeLessThan(tolerance))
}
