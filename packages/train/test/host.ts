import type { HostTensor, Shape, TensorLike } from '@snn/tensor'
import { expect } from 'vitest'

export const f64 = (data: readonly number[], shape: Shape): TensorLike => ({ data: Float64Array.from(data), shape })
export const f32 = (data: readonly number[], shape: Shape): TensorLike => ({ data: Float32Array.from(data), shape })
export const i32 = (data: readonly number[], shape: Shape = [data.length]): TensorLike => ({
  data: Int32Array.from(data),
  shape,
})

export function expectClose(
  actual: HostTensor | ArrayLike<number>,
  expected: readonly number[],
  tolerance = 1e-9,
): void {
  const numbers = 'data' in actual ? actual.data : actual
  expect(numbers.length).toBe(expected.length)
  let worst = 0
  expected.forEach((x, i) => (worst = Math.max(worst, Math.abs(numbers[i]! - x))))
  expect(worst).toBeLessThan(tolerance)
}
