import { createNeuron } from '@snn/neuron'
import { sizeOf, variable, type HostTensor, type Shape, type TensorLike, type Variable } from '@snn/tensor'
import { expect } from 'vitest'
import { createLayer, type Layer } from '../src/index.js'

/** Numbers in (-scale, scale) that look random and depend on `seed` alone. */
export function values(shape: Shape, seed = 1, scale = 1): { readonly data: Float64Array; readonly shape: Shape } {
  return {
    data: Float64Array.from(
      { length: sizeOf(shape) },
      (_, i) => scale * Math.sin(12.9898 * (i + 1) + 78.233 * seed + 1e-3 * i * i),
    ),
    shape,
  }
}

export function weight(shape: Shape, seed = 1, scale = 1): Variable {
  return variable(values(shape, seed, scale), { name: `weight${seed}` })
}

/** Element by multi-index. */
export function at({ data, shape }: TensorLike, ...index: readonly number[]): number {
  return data[shape.reduce((flat, n, axis) => flat * n + index[axis]!, 0)]!
}

export function expectClose(actual: HostTensor, expected: TensorLike, tolerance = 1e-12): void {
  expect(actual.shape).toEqual(expected.shape)
  let worst = 0
  actual.data.forEach((x, i) => (worst = Math.max(worst, Math.abs(x - expected.data[i]!))))
  expect(worst).toBeLessThan(tolerance)
}

/** The same layer with other arrays, in float64. */
export function inDouble<L extends Layer>(
  { kind, config, variables }: L,
  arrays: Readonly<Record<string, { readonly shape: Shape; readonly data: readonly number[] }>>,
): L {
  const given = Object.entries(arrays).map(
    ([name, { shape, data }]) => [name, variable({ shape, data: Float64Array.from(data) }, { name })] as const,
  )
  const others = Object.entries(variables).map(([name, { shape, dtype, storage }]) => {
    if (storage.kind !== 'host') throw new Error(`${name} lies on a device`)
    return [
      name,
      variable({ shape, data: dtype === 'float32' ? Float64Array.from(storage.data) : storage.data }, { name }),
    ] as const
  })
  const arraysNow = { ...Object.fromEntries(others), ...Object.fromEntries(given) }
  return (createNeuron(kind, config, arraysNow) ?? createLayer(kind, config, arraysNow)) as L
}
