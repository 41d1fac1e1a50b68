import { tensor, type Tensor } from '@snn/tensor'
import { checkTensor, checkOptions } from '@snn/tensor/library'
import { checkFloat, checkPositive, checkRange, checkWhole } from './check.js'

export interface PopulationOptions {
  /** Number of neurons per value. */
  readonly n: number
  /** The first and the last centre. */
  readonly range: readonly [low: number, high: number]
  /** Width of a receptive field. */
  readonly sigma: number
}

/**
 * Activity of a population with Gaussian receptive fields (radial basis functions): x [..] -> [.., n] in (0, 1],
 *
 *   a[j] = exp(-((x - mu[j]) / sigma)^2 / 2),  mu[j] from low to high in equal steps
 *
 * `bernoulli` or `poisson` make spikes of it, and so does a neuron. For fields that are learned see
 * `populationEncoder`.
 *
 * @throws `DTYPE` unless x is of a floating-point type, `ARGUMENT` for an option outside its domain
 */
export function population(x: Tensor, options: PopulationOptions): Tensor {
  checkTensor('population', x, 'x')
  checkOptions('population', options, ['n', 'range', 'sigma'])
  const { n, range, sigma } = options
  checkFloat('population', x)
  checkWhole('population', 'n', n, 1)
  checkRange('population', range)
  checkPositive('population', 'sigma', sigma)
  return gaussian(
    x
      .expandDims(-1)
      .sub(tensor(centres(n, range), { dtype: x.dtype }))
      .div(sigma),
  )
}

/** n numbers from low to high in equal steps. */
export function centres(n: number, [low, high]: readonly [number, number]): number[] {
  return Array.from({ length: n }, (_, j) => (n === 1 ? low : low + (j * (high - low)) / (n - 1)))
}

/** exp(-z^2 / 2) */
export function gaussian(z: Tensor): Tensor {
  return z.square().mul(-0.5).exp()
}
