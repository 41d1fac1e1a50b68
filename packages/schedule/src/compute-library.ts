import type { Tensor, TypedArray } from '@snn/tensor'
import { interpret, isPrimitive, referenceKernels, topological } from '@snn/tensor/backend'
import type { LibraryTask } from './task.js'

/** The results of a library task by the kernels of the reference, for a backend that has no library of its own. */
export function computeLibrary(
  { graph, substitutions }: Pick<LibraryTask, 'graph' | 'substitutions'>,
  inputs: readonly TypedArray[],
): TypedArray[] {
  const values = new Map<
    Tensor,
    { readonly data: TypedArray; readonly shape: readonly number[]; readonly dtype: Tensor['dtype'] }
  >()
  const bind = (tensor: Tensor, data: TypedArray): unknown =>
    values.set(tensor, { data, shape: tensor.shape, dtype: tensor.dtype })
  graph.parameters.forEach((tensor, i) => bind(tensor, inputs[i]!))
  // parameters of a loop's body that stand for constants outside
  for (const node of topological(graph)) {
    const outer = isPrimitive(node, 'placeholder') ? substitutions.get(node.outputs[0]!) : undefined
    if (outer)
      bind(node.outputs[0]!, computeLibrary({ graph: { parameters: [], results: [outer] }, substitutions }, [])[0]!)
  }
  return interpret(graph.results, referenceKernels, values).map(({ data }) => data)
}
