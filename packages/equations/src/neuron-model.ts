import type { Cell } from '@snn/neuron'
import type { Tensor } from '@snn/tensor'
import { wrongArgument } from '@snn/tensor/library'

type Functions = Readonly<Record<string, Tensor>>

/** What is read of a model of `defineNeuron` or `extendNeuron`, whatever its parameters and states are called. */
export interface AnyModel {
  (options?: object): Cell
  readonly kind: string
  readonly spec: {
    readonly parameters: Readonly<Record<string, unknown>>
    readonly state: Readonly<Record<string, unknown>>
    readonly defaults?: { readonly surrogate?: unknown }
    charge(x: Tensor, state: Functions, parameters: Functions, settings: object): Functions
  }
}

/** Whether a value is what `defineNeuron` or `extendNeuron` gives. */
export function isNeuronModel(value: unknown): value is AnyModel {
  return (
    typeof value === 'function' &&
    'kind' in value &&
    'spec' in value &&
    typeof (value.spec as { charge?: unknown } | null | undefined)?.charge === 'function'
  )
}

/** Throws `ARGUMENT` for anything else. */
export function checkModel(operation: string, value: unknown): asserts value is AnyModel {
  if (!isNeuronModel(value))
    throw wrongArgument(
      operation,
      'model',
      value,
      'a neuron of defineNeuron or extendNeuron, such as lif',
      typeof value === 'object' ? 'Give the model, not the layer made of it.' : undefined,
    )
}

/** The names of a model's parameters: every neuron has a threshold. */
export function parametersOf(model: AnyModel): string[] {
  checkModel('parametersOf', model)
  return [...new Set(['threshold', ...Object.keys(model.spec.parameters)])]
}
