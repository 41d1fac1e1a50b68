import { lookThrough } from '@snn/codegen'
import type { Graph, Tensor } from '@snn/tensor'

/** What the tensors of one level are views of. */
export interface Views {
  /** Whether `tensor` is given at this level, so that nothing behind it counts. */
  readonly isBound: (tensor: Tensor) => boolean
  /** The tensor whose memory `tensor` is: a reshape is the same bytes as its input. */
  readonly base: (tensor: Tensor) => Tensor
  /** What kernels see of a tensor: they look through reshapes and broadcasts. */
  readonly source: (tensor: Tensor) => Tensor
}

export function viewsOf(graph: Graph): Views {
  const parameters = new Set(graph.parameters)
  const isBound = (tensor: Tensor): boolean => parameters.has(tensor) || tensor.node.primitive === 'read'
  const base = (tensor: Tensor): Tensor => {
    let at = tensor
    while (at.node.primitive === 'reshape' && !parameters.has(at)) at = at.node.inputs[0]!
    return at
  }
  return { isBound, base, source: (tensor) => lookThrough(tensor, 'full', isBound).source }
}
