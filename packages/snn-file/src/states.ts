import type { StepMode, Network, NetworkState } from '@snn/nn'
import type { Shape, Tensor } from '@snn/tensor'
import { traceFunction, type Signature } from '@snn/tensor/backend'

/** A prime that divides no size of any network, to stand for the batch. */
export const batchMarker = 1_000_003

/** One state of a network, at one step of inputs with the batch marker as their batch size. */
export interface StateEntry {
  readonly name: string
  readonly node: string
  readonly key: string
  readonly shape: readonly number[]
  readonly dtype: Tensor['dtype']
}

/** An input and the shape of one sample. */
export interface SampleInput {
  readonly name: string
  readonly shape: Shape
}

/** Signatures of one step of the inputs; of `T` steps where it is given. */
export function withBatch(inputs: readonly SampleInput[], size: number, T?: number) {
  return inputs.map(({ name, shape }) => ({
    name,
    shape: [...(T === undefined ? [] : [T]), size, ...shape],
    dtype: 'float32' as const,
  }))
}

/** Every state of the network, for inputs with the given signatures. */
export function stateSignature(
  net: Network,
  signatures: readonly (SampleInput & Signature)[],
  mode: StepMode = 'step',
): StateEntry[] {
  let entries: StateEntry[] = []
  traceFunction((...parameters) => {
    entries = initialStates(net, signatures, parameters, mode).map(({ value: { shape, dtype }, ...path }) => ({
      ...path,
      shape,
      dtype,
    }))
    return []
  }, signatures)
  return entries
}

/** The state the network starts from, one by one. To be called in a trace. */
export function initialStates(
  net: Network,
  inputs: readonly { readonly name: string }[],
  parameters: readonly Tensor[],
  mode: StepMode,
) {
  const start = net.run(mode, Object.fromEntries(inputs.map(({ name }, i) => [name, parameters[i]!]))).initial
  return Object.entries(start).flatMap(([node, values]) =>
    Object.entries(values).map(([key, value]) => ({ name: `${node}.${key}`, node, key, value })),
  )
}

export function byNode(entries: readonly StateEntry[], values: readonly Tensor[]): NetworkState {
  const state: Record<string, Record<string, Tensor>> = {}
  entries.forEach(({ node, key }, i) => ((state[node] ??= {})[key] = values[i]!))
  return state
}
