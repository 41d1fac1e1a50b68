import type { Program } from '@snn/tensor'
import { readsBytes } from './partition.js'
import { keepAsBytes } from './passes/keep-as-bytes.js'
import { splitScans } from './passes/split-scans.js'
import type { Target } from './target.js'
import { wholeGraph, withGraph } from './whole-graph.js'

/** The same program as the target runs it best: what its loops need no state for is taken out of them, and spikes that wait are kept as bytes. */
export function prepare(program: Program, { largestPiece, kernels }: Target): Program {
  const split = largestPiece === undefined ? program : splitScans(program, { maximumBytes: largestPiece })
  const graph = wholeGraph(split)
  if (!kernels?.isWorthwhile(graph)) return split
  return withGraph(split, keepAsBytes(graph, { readsBytes: (node, operand) => readsBytes(node, operand, kernels) }))
}
