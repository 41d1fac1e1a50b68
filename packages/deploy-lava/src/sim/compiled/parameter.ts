import { tensor, type DType, type Shape, type Tensor } from '@snn/tensor'

/** Parameters of neurons as a constant [..shape], or as a number where all are the same. */
export function parameter(values: ArrayLike<number>, shape: Shape, dtype: DType): Tensor | number {
  const first = values[0] ?? 0
  let same = true
  for (let i = 1; same && i < values.length; i++) same = values[i] === first
  if (same) return first
  return tensor({ data: dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values), shape, dtype })
}
