import type { Network } from '@snn/nn'
import { sizeOf, type Shape, type Tensor, type TensorLike, type Variable } from '@snn/tensor'
import { interpret, referenceKernels, traceFunction, type Value } from '@snn/tensor/backend'
import { readValues } from './read-values.js'
import { batchMarker, initialStates, withBatch, type SampleInput, type StateEntry } from './states.js'

/** The initial value of a state: one number, or an array that broadcasts over a sample. */
export type InitialValue = number | { readonly shape: readonly number[]; readonly data: readonly number[] }

/**
 * Where a layer keeps the initial value of a state: that of `v` under `initial.v`, that of `sub.v` under
 * `sub.initial.v`.
 */
export function initialPath(key: string): string {
  const at = key.lastIndexOf('.') + 1
  return `${key.slice(0, at)}initial.${key.slice(at)}`
}

/** The initial value of every state: the metadata `snn.initial`. */
export function initialValues(
  net: Network,
  inputs: readonly SampleInput[],
  entries: readonly StateEntry[],
  values: ReadonlyMap<Variable, TensorLike>,
  T?: number,
): Record<string, InitialValue> {
  const signatures = withBatch(inputs, 1, T)
  const { program } = traceFunction(
    (...parameters) =>
      initialStates(net, signatures, parameters, T === undefined ? 'step' : 'sequence').map(({ value }) => value),
    signatures,
  )
  const reads = readValues(program, values) as Map<Tensor, Value>
  const initial: Record<string, InitialValue> = {}
  entries.forEach(({ name, node, key, shape }, i) => {
    // a connection backwards is no node, and carries zeros at first
    const own = net.nodes.find(({ name: known }) => known === node)?.layer.variables[initialPath(key)]
    const value = own ? undefined : interpret(program.results[i]!, referenceKernels, reads)
    if (own) initial[name] = { shape: own.shape, data: Array.from(values.get(own)!.data) }
    else initial[name] = shortest(value!.data, shape[0] === batchMarker ? value!.shape.slice(1) : value!.shape)
  })
  return initial
}

/** One number where all are equal, else an array with size 1 along each axis where they are. */
function shortest(data: ArrayLike<number>, shape: Shape): InitialValue {
  if (Array.from(data).every((x) => Object.is(x, data[0]))) return data[0] ?? 0
  let short = { shape: [...shape], data: Array.from(data) }
  for (const axis of shape.keys()) {
    const inner = sizeOf(short.shape.slice(axis + 1))
    const block = inner * short.shape[axis]!
    if (!short.data.every((x, i) => Object.is(x, short.data[i - (i % block) + (i % inner)]))) continue
    short = {
      shape: short.shape.map((n, i) => (i === axis ? 1 : n)),
      data: short.data.filter((_, i) => i % block < inner),
    }
  }
  return short
}
