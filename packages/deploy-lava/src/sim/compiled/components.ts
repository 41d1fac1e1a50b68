/**
 * Nodes of a directed graph in groups that run one after the other: a group is one node, or nodes that reach each other
 * (Tarjan 1972).
 */
export function components(
  nodes: readonly string[],
  edges: readonly { readonly source: string; readonly target: string }[],
): readonly (readonly string[])[] {
  const next = new Map(
    nodes.map((node) => [node, edges.filter(({ source }) => source === node).map(({ target }) => target)]),
  )
  const index = new Map<string, number>()
  const lowest = new Map<string, number>()
  const stack: string[] = []
  const found: string[][] = []
  const visit = (node: string): void => {
    index.set(node, index.size)
    lowest.set(node, index.get(node)!)
    stack.push(node)
    for (const target of next.get(node)!) {
      if (!index.has(target)) visit(target)
      if (stack.includes(target)) lowest.set(node, Math.min(lowest.get(node)!, lowest.get(target)!))
    }
    if (lowest.get(node) === index.get(node)) found.push(stack.splice(stack.indexOf(node)))
  }
  for (const node of nodes) if (!index.has(node)) visit(node)
  return found.reverse()
}
