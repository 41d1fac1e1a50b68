import { scan, variable, type Tensor, type Variable } from '@snn/tensor'
import { expect } from 'vitest'
import type { Cell, SequenceCell } from '../src/index.js'

export type Rows = readonly (readonly number[])[]
export type Float = 'float32' | 'float64'

/** Rows as a value [rows, columns]. */
export function matrix(rows: Rows, dtype: Float = 'float64') {
  return {
    data: (dtype === 'float64' ? Float64Array : Float32Array).from(rows.flat()),
    shape: [rows.length, rows[0]!.length] as const,
  }
}

/** A Variable of this shape. */
export function value(
  name: string,
  data: readonly number[],
  shape: readonly number[] = data.length === 1 ? [] : [data.length],
  dtype: Float = 'float64',
): Variable {
  return variable({ data: (dtype === 'float64' ? Float64Array : Float32Array).from(data), shape }, { name })
}

/** What a layer hands on, its spikes and every state over time, x [T, ..]; of a sequence cell what it hands on. */
export function run(
  cell: Cell | SequenceCell,
  x: Tensor,
  { training = false } = {},
): Readonly<Record<string, Tensor>> & { readonly output: Tensor } {
  if ('apply' in cell) return { output: cell.apply([x], { training, lead: 2 }) }
  const start = cell.initialState(x.shape.slice(1), x.dtype)
  if (cell.sequence) {
    const { output, recorded } = cell.sequence(x, start, { training })
    return { ...recorded, output }
  }
  return scan(
    (state: ReturnType<Cell['initialState']>, now: Tensor) => {
      const { output, spike, state: after } = cell.step(now, state, { training })
      return [after, { ...after, spike, output }] as const
    },
    start,
    x,
  )[1]
}

export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-8): void {
  expect(actual.length).toBe(expected.length)
  Array.from(expected).forEach((entry, i) =>
    expect(Math.abs(actual[i]! - entry), `entry ${i}: ${actual[i]} for ${entry}`).toBeLessThan(tolerance),
  )
}
