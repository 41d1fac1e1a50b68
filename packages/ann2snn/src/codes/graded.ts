import { clipLayer, leakyReluLayer } from '@snn/nn'
import type { Variable } from '@snn/tensor'
import type { Site } from './code.js'
import { parameter } from './parameter.js'

interface GradedOptions {
  readonly threshold: number | Variable
  readonly activation: 'relu' | 'clip' | 'leakyRelu'
  readonly slope?: number | Variable
  readonly low?: number
  readonly high?: number
}

/** Stands for "no bound": a number that every backend and file can hold. */
const noBound = 3e38

/** Activations that graded neurons carry. */
export const piecewiseLinear: ReadonlySet<string> = new Set(['relu', 'clip', 'leakyRelu'])

/** Threshold and activation of a site as options of a graded neuron. */
export function gradedOptions({ name, shape, threshold, layer }: Site): GradedOptions {
  const common = { threshold: parameter(threshold, shape, `${name}.threshold`) }
  if (clipLayer.is(layer))
    return { ...common, activation: 'clip', low: layer.config.low ?? -noBound, high: layer.config.high ?? noBound }
  if (leakyReluLayer.is(layer))
    return { ...common, activation: 'leakyRelu', slope: layer.variables['slope'] ?? layer.config.slope }
  return { ...common, activation: 'relu' }
}
