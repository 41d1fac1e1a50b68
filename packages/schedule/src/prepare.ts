import { isPrimitive, topological, type Graph, type Node, type Program } from '@snn/tensor/backend'
import { readsBytes } from './classify/classify.js'
import { keepAsBytes } from './passes/keep-as-bytes.js'
import { splitScans } from './passes/split-scans.js'
import type { Target } from './target.js'
import { checkSupported, wholeGraph, withGraph } from './whole-graph.js'

/** A program as a target runs it best. */
export interface Prepared {
  readonly program: Program
  /** All that it computes, and the nodes of that, inputs first. */
  readonly graph: Graph
  readonly nodes: readonly Node[]
  /** The Variables that it reads, in the order that places have for them. */
  readonly reads: readonly Node<'read'>[]
}

/**
 * The same program: what its loops need no state for is taken out of them, and spikes that wait are kept as bytes.
 *
 * @throws `UNSUPPORTED`, naming the place, for what has no form
 */
export function prepare(program: Program, target: Target): Prepared {
  const whole = prepared(program)
  checkSupported(whole.nodes, target)
  const { largestPiece, kernels } = target
  const divided =
    largestPiece === undefined ? program : splitScans(program, { maximumBytes: largestPiece }, whole.nodes)
  const split = divided === program ? whole : prepared(divided)
  if (!kernels?.isWorthwhile(split.nodes)) return split
  const graph = keepAsBytes(split.graph, split.nodes, {
    readsBytes: (node, operand) => readsBytes(node, operand, kernels),
  })
  return graph === split.graph ? split : prepared(withGraph(split.program, graph))
}

function prepared(program: Program): Prepared {
  const graph = wholeGraph(program)
  const nodes = topological(graph)
  return { program, graph, nodes, reads: nodes.filter((node) => isPrimitive(node, 'read')) }
}
