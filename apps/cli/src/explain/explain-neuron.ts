import {
  neuronEquations,
  parametersOf,
  spikeEquations,
  surrogateOf,
  type Assignment,
  type Phases,
  type SpikeEquations,
} from '@snn/equations'
import type { FoundNeuron } from './find-neurons.js'
import { neuronKernels, type NeuronKernel } from './kernels.js'

/** The object that `snn explain --json` prints, for each neuron. */
export interface NeuronExplanation {
  readonly name: string
  readonly kind: string
  /** Values of a layer made with the options given. */
  readonly parameters: Readonly<Record<string, unknown>>
  readonly options: Readonly<Record<string, unknown>>
  /** The state before the first step. */
  readonly start: readonly Assignment[]
  readonly equations: Phases<Assignment> & { readonly output: readonly Assignment[] }
  readonly gradient: Phases<Assignment>
  /** Where the neuron fires by a spike function. */
  readonly spike?: SpikeEquations
  readonly kernels: { readonly forward?: NeuronKernel; readonly backward?: NeuronKernel }
  /** Operations of a step that stand in the way of one kernel. */
  readonly notInKernels: readonly string[]
}

/**
 * A neuron's equations, their gradient and the kernels generated from them.
 *
 * @throws `ARGUMENT` for options that the neuron does not have
 */
export function explainNeuron(
  { name, model }: FoundNeuron,
  options: Readonly<Record<string, unknown>> = {},
): NeuronExplanation {
  const cell = model(options)
  const { others, ...kernels } = neuronKernels(cell)
  const { start, step, gradient, hasSpikeFunction } = neuronEquations(model, options, others.length > 0 ? [2, 3] : [])
  const { surrogate: _, initial: __, ...config } = cell.config
  const parameters = parametersOf(model)
  return {
    name,
    kind: model.kind,
    parameters: Object.fromEntries(parameters.map((key) => [key, config[key]])),
    options: Object.fromEntries(Object.entries(config).filter(([key]) => !parameters.includes(key))),
    start,
    equations: step,
    gradient,
    ...(hasSpikeFunction && { spike: spikeEquations(surrogateOf(model, options)) }),
    kernels,
    notInKernels: others,
  }
}
