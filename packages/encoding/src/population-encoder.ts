import { defineLayer, type StatelessLayer } from '@snn/nn'
import { formatShape, SnnError, variable } from '@snn/tensor'
import { checkOptions } from '@snn/tensor/library'
import { checkFloat, checkPositive, checkRange, checkWhole } from './check.js'
import { centres, gaussian } from './population.js'

export interface PopulationEncoderOptions {
  /** The first and the last centre at the start. */
  readonly range: readonly [low: number, high: number]
  /** Width of the receptive fields at the start. */
  readonly sigma: number
}

const populationLayer = defineLayer<{ readonly inputs: number; readonly n: number }>(
  'population',
  ([x], { inputs, n }, { mean, sigma }) => {
    checkFloat('populationEncoder', x)
    if (x.shape.at(-1) !== inputs) {
      throw new SnnError(
        'SHAPE',
        `[populationEncoder] input of shape ${formatShape(x.shape)}, expected ${inputs} values along the last axis. Change the input or the size of the encoder.`,
        { shapes: [x.shape] },
      )
    }
    const z = x.expandDims(-1).sub(mean!.read().cast(x.dtype)).div(sigma!.read().cast(x.dtype))
    return gaussian(z).reshape([...x.shape.slice(0, -1), inputs * n])
  },
)

/**
 * Populations whose receptive fields are learned (Tang et al., CoRL 2020), as a layer: x [.., inputs] -> activity [..,
 * inputs n],
 *
 *   a[i n + j] = exp(-((x[i] - mean[i, j]) / sigma[i, j])^2 / 2)
 *
 * with `mean` and `sigma` [inputs, n] as parameters, the centres from low to high in equal steps at the start. Followed
 * by
 * `integrateAndFire({ threshold: 0.999, reset: 'soft', surrogate: deterministicPass() })` it is the deterministic
 * encoder of the paper; followed by `poissonEncoder()` a random one.
 *
 * @throws `ARGUMENT` for a size or option outside its domain; in a run `SHAPE` and `DTYPE` for an input that does not
 * fit
 */
export function populationEncoder(inputs: number, n: number, options: PopulationEncoderOptions): StatelessLayer {
  checkOptions('populationEncoder', options, ['range', 'sigma'])
  const { range, sigma } = options
  checkWhole('populationEncoder', 'inputs', inputs, 1)
  checkWhole('populationEncoder', 'n', n, 1)
  checkRange('populationEncoder', range)
  checkPositive('populationEncoder', 'sigma', sigma)
  const shape = [inputs, n]
  const means = Array.from({ length: inputs }, () => centres(n, range)).flat()
  return populationLayer(
    { inputs, n },
    {
      mean: variable({ data: Float32Array.from(means), shape }, { name: 'population.mean' }),
      sigma: variable({ data: new Float32Array(inputs * n).fill(sigma), shape }, { name: 'population.sigma' }),
    },
  )
}
