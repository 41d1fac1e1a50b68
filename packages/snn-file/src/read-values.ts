import { isPrimitive, topological, type Graph, type Tensor, type TensorLike, type Variable } from '@snn/tensor'

/** The values of the Variables that a program reads. */
export function readValues(program: Graph, values: ReadonlyMap<Variable, TensorLike>): Map<Tensor, TensorLike> {
  const reads = topological(program).filter((node) => isPrimitive(node, 'read'))
  return new Map(reads.map((node) => [node.outputs[0]!, values.get(node.attributes.variable)!]))
}
