import type { Tensor, TensorLike, Variable } from '@snn/tensor'
import { isPrimitive, topological, type Graph } from '@snn/tensor/backend'

/** The values of the Variables that a program reads. */
export function readValues(program: Graph, values: ReadonlyMap<Variable, TensorLike>): Map<Tensor, TensorLike> {
  const reads = topological(program).filter((node) => isPrimitive(node, 'read'))
  return new Map(reads.map((node) => [node.outputs[0]!, values.get(node.attributes.variable)!]))
}
