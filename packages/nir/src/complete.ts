import type { Shape } from '@snn/tensor'
import type { NirGraph, NirNode } from './graph.js'
import { inferShapes, type NodeShapes } from './shapes.js'

/**
 * The graph with the sizes of inputs that `nir` wants to be stated, in convolutions and Flatten, from what comes in.
 */
export function completed(graph: NirGraph): NirGraph {
  const { shapes } = inferShapes(graph)
  return fill(graph, '', shapes)
}

function fill(graph: NirGraph, path: string, shapes: ReadonlyMap<string, NodeShapes>): NirGraph {
  const nodes = Object.entries(graph.nodes).map(([name, node]) => {
    const at = path === '' ? name : `${path}/${name}`
    return [name, node.type === 'NIRGraph' ? fill(node, at, shapes) : stated(node, shapes.get(at)?.input)] as const
  })
  return { ...graph, nodes: Object.fromEntries(nodes) }
}

function stated(node: NirNode, input: Shape | undefined): NirNode {
  if (!input) return node
  if (node.type === 'Conv1d' && node.input_shape === null) return { ...node, input_shape: input[1]! }
  if (node.type === 'Conv2d' && node.input_shape === null) return { ...node, input_shape: input.slice(1) }
  if (node.type === 'Flatten' && (node.input_type === null || node.input_type.includes(0)))
    return { ...node, input_type: input }
  return node
}
