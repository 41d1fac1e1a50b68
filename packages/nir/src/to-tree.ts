import { group, numbers, strings } from '@snn/hdf5'
import type { NirArray } from './array.js'
import { nodeFields, type Field } from './fields.js'
import type { NirGraph, NirMetadata, NirNode } from './graph.js'
import type { NirTree, NirTreeDataset } from './tree.js'

/** A graph as the tree `{ version, node }` of a file. */
export function treeFromGraph(graph: NirGraph, version: string, packed: boolean): NirTree {
  return group({ version: strings(version), node: nodeTree(graph, packed) })
}

function nodeTree(node: NirNode, packed: boolean): NirTree {
  const metadata =
    node.metadata && Object.keys(node.metadata).length > 0 ? { metadata: metadataTree(node.metadata, packed) } : {}
  if (node.type === 'NIRGraph') {
    const nodes = Object.fromEntries(
      Object.entries(node.nodes).map(([name, inner]) => [name, nodeTree(inner, packed)] as const),
    )
    return group({
      edges: strings(node.edges.flat(), [node.edges.length, 2]),
      nodes: group(nodes),
      type: strings('NIRGraph'),
      ...metadata,
    })
  }
  const specs: Readonly<Record<string, Field>> = nodeFields[node.type]
  const fields = Object.keys(specs).flatMap((name) => {
    const value = (node as unknown as Readonly<Record<string, Storable | null>>)[name]
    return value === null || value === undefined ? [] : [[name, stored(value, packed)] as const]
  })
  return group({ ...Object.fromEntries(fields), type: strings(node.type), ...metadata })
}

type Storable = number | string | readonly number[] | NirArray

function stored(value: Storable, packed: boolean): NirTreeDataset {
  if (typeof value === 'number') return numbers('int64', value)
  if (typeof value === 'string') return strings(value)
  if ('dtype' in value) return { ...numbers(value.dtype, value.data, value.shape), packed }
  return numbers('int64', value, [value.length])
}

function metadataTree(metadata: NirMetadata, packed: boolean): NirTree {
  return group(
    Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, metadatum(value, packed)] as const)),
  )
}

function metadatum(value: NirMetadata[string], packed: boolean): NirTree | NirTreeDataset {
  if (typeof value === 'boolean') return numbers('bool', Number(value))
  if (typeof value === 'number') return numbers(Number.isInteger(value) ? 'int64' : 'float64', value)
  if (typeof value === 'string') return strings(value)
  if (isStrings(value)) return strings(value, [value.length])
  return isArray(value) ? stored(value, packed) : metadataTree(value, packed)
}

function isStrings(value: object): value is readonly string[] {
  return Array.isArray(value)
}

function isArray(value: NirArray | NirMetadata): value is NirArray {
  return ArrayBuffer.isView(value['data'])
}
