import { sizeOf, type Shape, type Tensor } from '@snn/tensor'
import { isPrimitive, type Node } from '@snn/tensor/backend'
import type { Space } from './kernel.js'

/**
 * How the elements of a tensor go with those of a kernel: one for each, one for all, or one for each index of a middle
 * axis.
 */
export type Mapping = 'full' | 'scalar' | Space

/** How `from` is repeated to `to`; undefined when it varies along axes that are no neighbours. */
export function mappingOf(from: Shape, to: Shape): Mapping | undefined {
  const size = sizeOf(from)
  if (size === sizeOf(to)) return 'full'
  if (size === 1) return 'scalar'
  const lead = to.length - from.length
  const varies = to.map((n, axis) => n > 1 && axis >= lead && from[axis - lead] === n)
  const first = varies.indexOf(true)
  const end = varies.lastIndexOf(true) + 1
  if (to.slice(first, end).some((n, i) => n > 1 && !varies[first + i])) return undefined
  return { outer: sizeOf(to.slice(0, first)), count: sizeOf(to.slice(first, end)), inner: sizeOf(to.slice(end)) }
}

/**
 * How elements go with those of a kernel when they are repeated by `inner` to a tensor that goes with it by `outer`.
 */
function compose(outer: Mapping, inner: Mapping): Mapping {
  if (inner === 'full' || outer === 'scalar') return outer
  if (outer === 'full' || inner === 'scalar') return inner
  return { outer: outer.outer * inner.outer, count: inner.count, inner: inner.inner * outer.inner }
}

/** A tensor, and how its elements go with those of a kernel. */
export interface Mapped {
  readonly source: Tensor
  readonly mapping: Mapping
}

/**
 * Looks through reshapes and broadcasts, for which a kernel needs no copy; what `isBound` holds is not looked behind.
 */
export function lookThrough(tensor: Tensor, mapping: Mapping, isBound: (tensor: Tensor) => boolean): Mapped {
  let source = tensor
  for (;;) {
    const { node } = source
    if (isBound(source)) break
    if (isPrimitive(node, 'broadcast')) {
      const inner = mappingOf(node.inputs[0]!.shape, source.shape)
      if (inner === undefined) break
      mapping = compose(mapping, inner)
    } else if (!isPrimitive(node, 'reshape')) break
    source = node.inputs[0]!
  }
  return { source, mapping }
}

/** How the result of a sum goes with what is summed; undefined when the axes that stay are no neighbours. */
export function sumMapping(node: Node<'reduceSum'>): Mapping | undefined {
  const { shape } = node.inputs[0]!
  return mappingOf(
    shape.map((n, axis) => (node.attributes.axes.includes(axis) ? 1 : n)),
    shape,
  )
}
