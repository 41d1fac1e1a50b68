import { SnnError } from '@snn/tensor'
import type { NirGraph } from './graph.js'
import { inferShapes, type NirFault } from './shapes.js'

/**
 * Everything that is wrong in a graph: edges to nodes that are not there, shapes that do not fit, values out of their
 * domain.
 */
export function faultsOf(graph: NirGraph): readonly NirFault[] {
  return [...edgeFaults(graph, ''), ...inferShapes(graph).faults]
}

/** @throws `NIR_INVALID` with everything that is wrong in the graph */
export function checkNir(operation: string, graph: NirGraph): void {
  const faults = faultsOf(graph)
  if (faults.length === 0) return
  const lines = faults.map(({ node, what, fix }) => `'${node}' ${what}. ${fix}`)
  throw new SnnError(
    'NIR_INVALID',
    `[${operation}] ${faults.length === 1 ? lines[0]! : `${faults.length} faults:\n  ${lines.join('\n  ')}`}`,
    { faults },
  )
}

function edgeFaults({ nodes, edges }: NirGraph, path: string): NirFault[] {
  const at = (name: string): string => (path === '' ? name : `${path}/${name}`)
  const missing = new Set(edges.flat().filter((name) => !Object.hasOwn(nodes, name)))
  const own = [...missing].map((name) => ({
    node: at(name),
    what: `is named by edges, and no node: ${Object.keys(nodes).join(', ') || 'there is none'}`,
    fix: 'Read it with { repair: true } if it is stored under another name.',
  }))
  return [
    ...own,
    ...Object.entries(nodes).flatMap(([name, node]) => (node.type === 'NIRGraph' ? edgeFaults(node, at(name)) : [])),
  ]
}
