import { sizeOf, variable, type Shape, type Variable } from '@snn/tensor'
import { floats } from '../prepare/weights.js'

/**
 * Values of a layer of neurons as a parameter: one number where all are equal, else an array [C, 1, ..] or, where they
 * differ within a channel, of a whole sample.
 *
 * @param values one for each element of a sample of `shape`
 */
export function parameter(values: Float64Array, shape: Shape, name: string): number | Variable {
  const first = values[0]!
  if (values.every((value) => value === first)) return first
  const inner = sizeOf(shape) / shape[0]!
  const perChannel = values.every((value, i) => value === values[i - (i % inner)]!)
  const own = perChannel ? [shape[0]!, ...shape.slice(1).map(() => 1)] : shape
  return variable(
    floats(own, (i) => values[perChannel ? i * inner : i]!),
    { name },
  )
}
