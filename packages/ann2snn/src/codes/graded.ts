import type { Variable } from '@snn/tensor'
import type { Site } from './code.js'
import { parameter } from './parameter.js'

interface Bounds {
  readonly low: number | null
  readonly high: number | null
}

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
export function gradedOptions({ name, shape, threshold, layer: { kind, config, variables } }: Site): GradedOptions {
  const common = { threshold: parameter(threshold, shape, `${name}.threshold`) }
  if (kind === 'clip') {
    const { low, high } = config as unknown as Bounds
    return { ...common, activation: 'clip', low: low ?? -noBound, high: high ?? noBound }
  }
  if (kind === 'leakyRelu') return { ...common, activation: 'leakyRelu', slope: variables['slope'] ?? (config as { readonly slope: number }).slope }
  return { ...common, activation: 'relu' }
}
