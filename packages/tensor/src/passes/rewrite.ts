import { rebuild } from '../build.js'
import { topological, type Graph, type Node } from '../graph.js'
import type { Tensor } from '../tensor.js'
import { withEachOrigin } from '../trace.js'

/**
 * Rebuilds a graph from its inputs on: `change(node, inputs)` gives the outputs that replace those of `node`, whose
 * inputs have become `inputs`; undefined keeps the operation. Parameters stay as they are, and new nodes keep path and
 * place.
 *
 * @param nodes those of the graph, inputs first
 */
export function rewrite(
  graph: Graph,
  change: (node: Node, inputs: readonly Tensor[]) => readonly Tensor[] | undefined,
  nodes: readonly Node[] = topological(graph),
): Graph {
  const replaced = new Map<Tensor, Tensor>()
  const now = (t: Tensor): Tensor => replaced.get(t) ?? t
  withEachOrigin(nodes, (node) => {
    const inputs = node.inputs.some((input) => replaced.has(input)) ? node.inputs.map(now) : node.inputs
    const outputs = change(node, inputs) ?? (inputs === node.inputs ? node.outputs : rebuild(node, inputs))
    if (outputs === node.outputs) return
    node.outputs.forEach((output, i) => {
      if (outputs[i] !== output) replaced.set(output, outputs[i]!)
    })
  })
  const results = graph.results.map(now)
  return results.every((t, i) => t === graph.results[i]) ? graph : { parameters: graph.parameters, results }
}
