import { SnnError, sameShape, type Graph } from '@snn/tensor'
import { batchSymbol, type Dim, type OnnxModelSpec, type OnnxTensor, type OnnxValue } from '../graph.js'
import { lowerGraph, type LowerOptions } from './lower.js'

/** A graph and how to lower it: `constants`, for one, belong to the tensors of that graph. */
export interface GraphToLower extends LowerOptions {
  readonly graph: Graph
}

/**
 * A model that takes batches of any size: `build` gives the graph for a batch size, and sizes of inputs and outputs that
 * follow it become the symbol `N`. Throws `UNSUPPORTED` where anything else depends on the batch size.
 */
export function lowerForAnyBatch(build: (batch: number) => GraphToLower): OnnxModelSpec {
  const lower = (batch: number): OnnxModelSpec => {
    const { graph, ...options } = build(batch)
    return lowerGraph(graph, options)
  }
  const [two, three] = [lower(2), lower(3)]
  const differing = two.nodes.find((node, i) => JSON.stringify(node) !== JSON.stringify(three.nodes[i]))
  if (differing || two.nodes.length !== three.nodes.length || !sameConstants(two, three)) {
    const op = differing?.op ?? 'constant'
    throw new SnnError(
      'UNSUPPORTED',
      `[lowerForAnyBatch] the model has a ${op} that depends on the batch size, expected one form for all sizes. Keep the batch as the first axis, or use lowerGraph with a fixed size.`,
      { primitive: op, backend: 'onnx' },
    )
  }
  const free = (values: readonly OnnxValue[], others: readonly OnnxValue[]): OnnxValue[] =>
    values.map((value, i) => ({ ...value, shape: value.shape!.map((size, axis) => freeSize(size as number, others[i]!.shape![axis] as number)) }))
  return { ...two, inputs: free(two.inputs, three.inputs), outputs: free(two.outputs, three.outputs) }
}

/** The size that is `two` for a batch of 2 and `three` for a batch of 3. */
function freeSize(two: number, three: number): Dim {
  const factor = three - two
  if (factor === 0) return two
  if (two !== 2 * factor) return '?0'
  return factor === 1 ? batchSymbol : `${factor}*${batchSymbol}`
}

function sameConstants(a: OnnxModelSpec, b: OnnxModelSpec): boolean {
  const [first, second] = [a.constants, b.constants] as [ReadonlyMap<string, OnnxTensor>, ReadonlyMap<string, OnnxTensor>]
  return first.size === second.size && [...first].every(([name, tensor]) => sameTensor(tensor, second.get(name)))
}

function sameTensor(a: OnnxTensor, b: OnnxTensor | undefined): boolean {
  if (!b || a.dtype !== b.dtype || !sameShape(a.shape, b.shape)) return false
  const [x, y] = [a.data, b.data] as [ArrayLike<unknown>, ArrayLike<unknown>]
  for (let i = 0; i < x.length; i++) if (!Object.is(x[i], y[i])) return false
  return true
}
