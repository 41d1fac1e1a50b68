import { scalar, SnnError, type Tensor } from '@snn/tensor'
import { checkObject, checkTensor } from '@snn/tensor/library'

type Gradients = Readonly<Record<string, Tensor>>

/** The Euclidean norm of all gradients taken together, a scalar. */
export function globalNorm(gradients: Gradients): Tensor {
  checkGradients('globalNorm', gradients)
  const squares = Object.values(gradients).map((g) => g.square().sum())
  return squares
    .slice(1)
    .reduce((a, b) => a.add(b), squares[0] ?? scalar(0))
    .sqrt()
}

/**
 * All gradients times min(1, max / (norm + 1e-6)), with the norm of all together (Pascanu et al. 2013). Throws
 * `ARGUMENT` unless max is positive.
 */
export function clipByNorm(gradients: Gradients, max: number): Record<string, Tensor> {
  checkGradients('clipByNorm', gradients)
  checkLimit('clipByNorm', max)
  const factor = globalNorm(gradients).add(1e-6).pow(-1).mul(max).minimum(1)
  return Object.fromEntries(Object.entries(gradients).map(([path, g]) => [path, g.mul(factor)]))
}

/** Every number of the gradients held within -max and max. Throws `ARGUMENT` unless max is positive. */
export function clipByValue(gradients: Gradients, max: number): Record<string, Tensor> {
  checkGradients('clipByValue', gradients)
  checkLimit('clipByValue', max)
  return Object.fromEntries(Object.entries(gradients).map(([path, g]) => [path, g.clip(-max, max)]))
}

function checkGradients(operation: string, gradients: Gradients): void {
  checkObject(operation, gradients, 'gradients', 'gradients by path')
  for (const [path, gradient] of Object.entries(gradients)) checkTensor(operation, gradient, `gradient '${path}'`)
}

function checkLimit(operation: string, max: number): void {
  if (!(max > 0))
    throw new SnnError('ARGUMENT', `[${operation}] max ${max}, expected a positive number.`, {
      name: 'max',
      value: max,
    })
}
