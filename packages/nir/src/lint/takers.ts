import type { NirArray } from '../array.js'
import type { NirGraph, NirNode } from '../graph.js'

/**
 * The nodes with weights or neurons that take what a node gives, through pooling and flattening; undefined where
 * something else takes it, or it meets others.
 */
export function takersBehind({ nodes, edges }: Pick<NirGraph, 'nodes' | 'edges'>, name: string): string[] | undefined {
  const found: string[] = []
  for (const [, to] of edges.filter(([from]) => from === name)) {
    if (edges.filter((edge) => edge[1] === to).length > 1) return undefined
    const { type } = nodes[to]!
    const behind = withInput(nodes[to]!, 1)
      ? [to]
      : ['Flatten', 'SumPool2d', 'AvgPool2d'].includes(type)
        ? takersBehind({ nodes, edges }, to)
        : undefined
    if (!behind) return undefined
    found.push(...behind)
  }
  return found.length > 0 ? found : undefined
}

/** The node that does to x what this one does to `factor` x; undefined where its parameters cannot say so. */
export function withInput(node: NirNode, factor: number): NirNode | undefined {
  const times = (array: NirArray, by = factor): NirArray => ({ ...array, data: array.data.map((value) => value * by) })
  switch (node.type) {
    case 'Affine':
    case 'Linear':
    case 'Conv1d':
    case 'Conv2d':
      return { ...node, weight: times(node.weight) }
    case 'I':
    case 'IF':
    case 'LI':
    case 'LIF':
      return { ...node, r: times(node.r) }
    case 'CubaLI':
    case 'CubaLIF':
      return { ...node, w_in: times(node.w_in) }
    case 'Threshold':
      return { ...node, threshold: times(node.threshold, 1 / factor) }
    default:
      return undefined
  }
}
