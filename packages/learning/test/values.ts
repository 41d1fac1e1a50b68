import type { TensorLike } from '@snn/tensor'
import { expect } from 'vitest'

export type Nested = number | readonly Nested[]

export function flat(values: Nested): number[] {
  return typeof values === 'number' ? [values] : values.flatMap(flat)
}

function shapeOf(values: Nested): number[] {
  return typeof values === 'number' ? [] : [values.length, ...shapeOf(values[0]!)]
}

export function f64(values: Nested, shape = shapeOf(values)) {
  return { data: Float64Array.from(flat(values)), shape }
}

export function expectClose({ data }: TensorLike, expected: Nested, tolerance = 1e-9): void {
  const values = flat(expected)
  expect(data.length).toBe(values.length)
  values.forEach((value, i) => expect(Math.abs(data[i]! - value)).toBeLessThan(tolerance))
}

/** Spikes that look random and depend on `seed` alone. */
export function spikes(shape: readonly number[], seed = 1) {
  return {
    data: Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
      Number(Math.sin(12.9898 * (i + 1) + 78.233 * seed + 1e-3 * i * i) > 0.2),
    ),
    shape,
  }
}
