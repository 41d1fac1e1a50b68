import { lookThrough, type Mapped } from '@snn/codegen'
import type { Tensor } from '@snn/tensor'
import type { Graph } from '@snn/tensor/backend'

/** What the tensors of one level are views of. */
export interface Views {
  /** Whether `tensor` is given at this level, so that nothing behind it counts. */
  readonly isBound: (tensor: Tensor) => boolean
  /** The tensor whose memory `tensor` is: a reshape is the same bytes as its input. */
  readonly base: (tensor: Tensor) => Tensor
  /** What kernels see of a tensor, for they look through reshapes and broadcasts, and how that is repeated. */
  readonly mapped: (tensor: Tensor) => Mapped
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
  const known = new Map<Tensor, Mapped>()
  const mapped = (tensor: Tensor): Mapped => {
    let found = known.get(tensor)
    if (!found) known.set(tensor, (found = lookThrough(tensor, 'full', isBound)))
    return found
  }
  return { isBound, base, mapped, source: (tensor) => mapped(tensor).source }
}
