import { SnnError } from '@snn/tensor'
import type { NirGraph, NirNode } from './graph.js'
import { inferShapes, sourcesOf, type NodeShapes } from './shapes.js'

export type FlatNode = Exclude<NirNode, NirGraph>

/** A graph without graphs inside: their nodes stand in it under `outer.inner`. */
export interface FlatGraph {
  readonly nodes: ReadonlyMap<string, FlatNode>
  /** Each once, in the order of names: what a graph does does not depend on the order in which a file has it. */
  readonly edges: readonly (readonly [from: string, to: string])[]
  readonly shapes: ReadonlyMap<string, NodeShapes>
}

/** Puts the nodes of inner graphs into the outermost one; where an inner Input or Output stood, edges go through. */
export function flatGraph(graph: NirGraph): FlatGraph {
  const inferred = inferShapes(graph).shapes
  const nodes = new Map<string, FlatNode>()
  const shapes = new Map<string, NodeShapes>()
  let edges: (readonly [string, string])[] = []
  const ends: string[] = []
  const add = ({ nodes: own, edges: between }: NirGraph, prefix: string, path: string): void => {
    const endOf = (name: string, type: 'Input' | 'Output'): string => {
      const node = own[name]!
      if (node.type !== 'NIRGraph') return prefix + name
      return `${prefix}${name}.${Object.entries(node.nodes).find(([, inner]) => inner.type === type)![0]}`
    }
    for (const [name, node] of Object.entries(own)) {
      const at = prefix + name
      if (node.type === 'NIRGraph') {
        add(node, `${at}.`, `${path}${name}/`)
        continue
      }
      if (nodes.has(at))
        throw new SnnError(
          'NIR_INVALID',
          `[fromNir] two nodes are called '${at}' once inner graphs are put into the outer one. Rename one.`,
          { faults: [{ node: at, what: 'stands for two nodes', fix: 'Rename one.' }] },
        )
      nodes.set(at, node)
      const found = inferred.get(path + name)
      if (found) shapes.set(at, found)
      if (prefix !== '' && (node.type === 'Input' || node.type === 'Output')) ends.push(at)
    }
    for (const [from, to] of between) edges.push([endOf(from, 'Output'), endOf(to, 'Input')])
  }
  add(graph, '', '')
  for (const end of ends) {
    const through = edges
      .filter(([, to]) => to === end)
      .flatMap(([from]) => edges.filter(([at]) => at === end).map(([, to]) => [from, to] as const))
    edges = [...edges.filter(([from, to]) => from !== end && to !== end), ...through]
    nodes.delete(end)
  }
  const once = [...new Map(edges.map((edge) => [JSON.stringify(edge), edge])).entries()]
  return { nodes, edges: once.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, edge]) => edge), shapes }
}

/**
 * The graph with an Input before each node that nothing leads to, and an Output behind each that leads nowhere, as
 * `nir.read` adds them (it does so for ends, too).
 */
export function withEnds(graph: NirGraph): NirGraph {
  const { shapes } = inferShapes(graph)
  const sources = sourcesOf(graph)
  const leading = new Set(graph.edges.map(([from]) => from))
  const nodes: Record<string, NirNode> = { ...graph.nodes }
  const edges = [...graph.edges]
  const free = (name: string): string => (Object.hasOwn(nodes, name) ? free(`${name}_0`) : name)
  for (const [name, { type }] of Object.entries(graph.nodes)) {
    const own = shapes.get(name)
    if (!own || type === 'Input' || type === 'Output') continue
    if (!sources.has(name)) {
      const end = free(`input_${name}`)
      nodes[end] = { type: 'Input', shape: own.input }
      edges.push([end, name])
    }
    if (!leading.has(name)) {
      const end = free(`output_${name}`)
      nodes[end] = { type: 'Output', shape: own.output }
      edges.push([name, end])
    }
  }
  return { ...graph, nodes, edges }
}
