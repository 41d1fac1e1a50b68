import { isFloat } from '../src/dtype.js'
import { grad } from '../src/grad.js'
import { interpret } from '../src/interpret.js'
import { constant, placeholder } from '../src/ops/leaf.js'
import { referenceKernels } from '../src/reference/kernels.js'
import type { Tensor } from '../src/tensor.js'
import { values, type Value } from '../src/testing/case.js'

export interface Precision {
  /** Distance of the two points of the difference. */
  readonly step?: number
  /** |difference - derivative| / (1 + |derivative|) */
  readonly tolerance?: number
}

/** sum of r . result over all float results, with fixed random r: a scalar that depends on every element. */
export function contract(results: readonly Tensor[]): Tensor {
  return results
    .filter(({ dtype }) => isFloat(dtype))
    .map((result, i) =>
      constant(values(result.dtype, result.shape, 100 + i))
        .mul(result)
        .sum(),
    )
    .reduce((sum, term) => sum.add(term))
}

/** The gradient of fn as a function: what to check for second order. */
export function gradientOf(fn: (...inputs: Tensor[]) => Tensor): (...inputs: Tensor[]) => Tensor {
  return (...inputs) =>
    contract(
      grad(
        fn(...inputs),
        inputs.filter(({ dtype }) => isFloat(dtype)),
      ),
    )
}

/**
 * Throws unless the gradient of the scalar `fn` agrees with central differences at `inputs`: along a random direction
 * through all float inputs, and along some of their elements.
 */
export function checkGradient(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Value[],
  { step = 1e-5, tolerance = 1e-6 }: Precision = {},
): void {
  const parameters = inputs.map(({ shape, dtype }) => placeholder(shape, dtype))
  const loss = fn(...parameters)
  const evaluate = (tensors: readonly Tensor[], at: readonly Value[]): readonly Value[] =>
    interpret(tensors, referenceKernels, new Map(parameters.map((parameter, i) => [parameter, at[i]!])))
  const floats = inputs.flatMap(({ dtype }, i) => (isFloat(dtype) ? [i] : []))
  const gradients = evaluate(
    grad(
      loss,
      floats.map((i) => parameters[i]!),
    ),
    inputs,
  )

  const along = (direction: (input: number, element: number) => number, what: string): void => {
    const moved = (sign: number): number => {
      const at = inputs.map((input, i) =>
        floats.includes(i)
          ? { ...input, data: Float64Array.from(input.data, (x, k) => x + sign * step * direction(i, k)) }
          : input,
      )
      return evaluate([loss], at)[0]!.data[0]!
    }
    const difference = (moved(1) - moved(-1)) / (2 * step)
    let derivative = 0
    gradients.forEach(({ data }, g) => data.forEach((x, k) => (derivative += x * direction(floats[g]!, k))))
    const error = Math.abs(difference - derivative) / (1 + Math.abs(derivative))
    if (!(error <= tolerance)) throw new Error(`${what}: derivative ${derivative}, central difference ${difference}`)
  }

  const directions = inputs.map((input, i) => values('float64', input.shape, 200 + i).data)
  along((i, k) => directions[i]![k]!, 'along a random direction')
  for (const i of floats) {
    const size = inputs[i]!.data.length
    const stride = Math.max(1, Math.floor(size / 8))
    for (let k = 0; k < size; k += stride)
      along(
        (input, element) => Number(input === i && element === k),
        `input ${i}, element ${k} of [${inputs[i]!.shape.join()}]`,
      )
  }
}
