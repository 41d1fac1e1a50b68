import { sizeOf, variable, type Shape, type TensorLike, type TypedArray, type Variable } from '@snn/tensor'
import { allocate } from '@snn/tensor/library'
import type { Layer } from '@snn/nn'

/** The arrays of a layer on the host, by name. */
export async function weightsOf(layer: Layer): Promise<Record<string, Required<TensorLike>>> {
  const entries = Object.entries(layer.variables).map(
    async ([name, v]) => [name, { data: await v.data(), shape: v.shape, dtype: v.dtype }] as const,
  )
  return Object.fromEntries(await Promise.all(entries))
}

export function toVariables(weights: Readonly<Record<string, TensorLike>>, name: string): Record<string, Variable> {
  return Object.fromEntries(
    Object.entries(weights).map(([key, value]) => [key, variable(value, { name: `${name}.${key}` })]),
  )
}

/** A float32 array made element by element. */
export function floats(
  shape: Shape,
  value: (index: number) => number,
): { readonly data: Float32Array; readonly shape: Shape; readonly dtype: 'float32' } {
  const data = allocate('float32', sizeOf(shape))
  for (let i = 0; i < data.length; i++) data[i] = value(i)
  return { data, shape, dtype: 'float32' }
}

/** `data[i]`, which the caller knows to exist. */
export function at(data: TypedArray, index: number): number {
  return data[index]!
}
