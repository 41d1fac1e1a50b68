import { isPrimitive, topological, type Graph, type Node } from '../graph.js'
import { scanNode } from '../scan.js'
import type { Tensor } from '../tensor.js'
import { rewrite } from './rewrite.js'

/**
 * Removes what no result needs. Nodes without use are unreachable anyway; what remains are outputs of scans that nobody
 * reads (stacked values), carries that only keep themselves alive, and inputs that a body no longer needs.
 */
export function deadCode(graph: Graph): Graph {
  const nodes = topological(graph)
  if (!nodes.some((node) => isPrimitive(node, 'scan'))) return graph
  const used = new Set(graph.results)
  for (const node of nodes) for (const input of node.inputs) used.add(input)
  return rewrite(graph, (node, inputs) => (isPrimitive(node, 'scan') ? prune(node, inputs, used) : undefined), nodes)
}

function prune(
  node: Node<'scan'>,
  inputs: readonly Tensor[],
  used: ReadonlySet<Tensor>,
): readonly Tensor[] | undefined {
  const { body, carries, sequences, length, reverse } = node.attributes
  const ys = [...node.outputs.keys()].filter((i) => i >= carries && used.has(node.outputs[i]!))

  // the least set of carries that contains those used outside and is closed under what the body needs
  const kept = new Set<number>([...node.outputs.keys()].filter((i) => i < carries && used.has(node.outputs[i]!)))
  let needed: Set<Tensor>
  for (;;) {
    needed = reached({ parameters: body.parameters, results: [...kept, ...ys].map((i) => body.results[i]!) })
    const more = [...Array(carries).keys()].filter((i) => !kept.has(i) && needed.has(body.parameters[i]!))
    if (more.length === 0) break
    for (const i of more) kept.add(i)
  }
  const carry = [...kept].sort((a, b) => a - b)
  const first = carries + sequences
  const xs = [...Array(sequences).keys()].map((i) => carries + i).filter((i) => needed.has(body.parameters[i]!))
  const captured = body.parameters
    .slice(first + 1)
    .map((_, i) => first + i)
    .filter((i) => needed.has(body.parameters[i + 1]!))
  const results = [...carry, ...ys]
  if (results.length === node.outputs.length && carry.length + xs.length + captured.length === inputs.length)
    return undefined

  const outputs = scanNode(
    {
      parameters: [...carry, ...xs, first, ...captured.map((i) => i + 1)].map((i) => body.parameters[i]!),
      results: results.map((i) => body.results[i]!),
    },
    [...carry, ...xs, ...captured].map((i) => inputs[i]!),
    { length, reverse, carries: carry.length, sequences: xs.length },
    node.scope,
  )
  const replacement: Tensor[] = []
  results.forEach((i, k) => (replacement[i] = outputs[k]!))
  return node.outputs.map((output, i) => replacement[i] ?? output)
}

/** Parameters that the results need. */
function reached(graph: Graph): Set<Tensor> {
  const needed = new Set(graph.results)
  for (const node of topological(graph)) for (const input of node.inputs) needed.add(input)
  return needed
}
