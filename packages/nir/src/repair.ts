import { sameShape } from '@snn/tensor'
import { checkGraph } from './check-graph.js'
import type { NirGraph } from './graph.js'
import { inferShapes } from './shapes.js'

/** A graph after its repair. */
export interface Repaired {
  readonly graph: NirGraph
  /** What was changed, in words; nothing where nothing was wrong. */
  readonly repairs: readonly string[]
}

/**
 * Repairs what tools are known to have written wrong, and nothing else:
 *
 * - edges to a name that no node has, where the one node that no edge names begins with it or is the only one left:
 *   snnTorch's `lif`, stored as `lif1`;
 * - outputs of another shape than what comes in: Rockpool's [1,1,1].
 */
export function repairNir(graph: NirGraph): Repaired {
  checkGraph('repairNir', graph)
  const repairs: string[] = []
  return { graph: repairOutputs(repairEdges(graph, '', repairs), repairs), repairs }
}

function repairEdges(graph: NirGraph, path: string, repairs: string[]): NirGraph {
  const named = new Set(graph.edges.flat())
  const unknown = [...named].filter((name) => !Object.hasOwn(graph.nodes, name))
  const free = new Set(Object.keys(graph.nodes).filter((name) => !named.has(name)))
  const meant = new Map<string, string>()
  for (const name of unknown) {
    const similar = [...free].filter((candidate) => candidate.startsWith(name))
    const found =
      similar.length === 1 ? similar[0]! : unknown.length === 1 && free.size === 1 ? [...free][0]! : undefined
    if (found === undefined) continue
    free.delete(found)
    meant.set(name, found)
    repairs.push(`edges of ${path === '' ? 'the graph' : `'${path}'`} to '${name}' go to '${found}'`)
  }
  const rename = (name: string): string => meant.get(name) ?? name
  return {
    ...graph,
    nodes: Object.fromEntries(
      Object.entries(graph.nodes).map(([name, node]) => [
        name,
        node.type === 'NIRGraph' ? repairEdges(node, path === '' ? name : `${path}/${name}`, repairs) : node,
      ]),
    ),
    edges: graph.edges.map(([from, to]) => [rename(from), rename(to)] as const),
  }
}

function repairOutputs(graph: NirGraph, repairs: string[]): NirGraph {
  const { shapes } = inferShapes(graph)
  const nodes = Object.entries(graph.nodes).map(([name, node]) => {
    const source = graph.edges.find(([, to]) => to === name)?.[0]
    const shape = source === undefined ? undefined : shapes.get(source)?.output
    if (node.type !== 'Output' || !shape || sameShape(shape, node.shape)) return [name, node] as const
    repairs.push(`the output '${name}' takes [${shape.join(',')}], not [${node.shape.join(',')}]`)
    return [name, { ...node, shape }] as const
  })
  return { ...graph, nodes: Object.fromEntries(nodes) }
}
