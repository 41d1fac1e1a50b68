import type { NirArray } from './array.js'
import { nodeFields, type Field } from './fields.js'
import type { NirGraph, NirMetadata, NirNode } from './graph.js'
import { group, numbers, strings, type Hdf5Dataset, type Hdf5Group } from './hdf5/tree.js'

/** A graph as the tree `{ version, node }` of a file. */
export function treeFromGraph(graph: NirGraph, version: string, packed: boolean): Hdf5Group {
  return group({ version: strings(version), node: nodeTree(graph, packed) })
}

function nodeTree(node: NirNode, packed: boolean): Hdf5Group {
  const metadata = node.metadata && Object.keys(node.metadata).length > 0 ? { metadata: metadataTree(node.metadata, packed) } : {}
  if (node.type === 'NIRGraph') {
    const nodes = Object.fromEntries(Object.entries(node.nodes).map(([name, inner]) => [name, nodeTree(inner, packed)] as const))
    return group({ edges: strings(node.edges.flat(), [node.edges.length, 2]), nodes: group(nodes), type: strings('NIRGraph'), ...metadata })
  }
  const specs: Readonly<Record<string, Field>> = nodeFields[node.type]
  const fields = Object.keys(specs).flatMap((name) => {
    const value = (node as unknown as Readonly<Record<string, Storable | null>>)[name]
    return value === null || value === undefined ? [] : [[name, stored(value, packed)] as const]
  })
  return group({ ...Object.fromEntries(fields), type: strings(node.type), ...metadata })
}

type Storable = number | string | readonly number[] | NirArray

function stored(value: Storable, packed: boolean): Hdf5Dataset {
  if (typeof value === 'number') return numbers('int64', value)
  if (typeof value === 'string') return strings(value)
  if ('dtype' in value) return { ...numbers(value.dtype, value.data, value.shape), packed }
  return numbers('int64', value, [value.length])
}

function metadataTree(metadata: NirMetadata, packed: boolean): Hdf5Group {
  return group(Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name, metadatum(value, packed)] as const)))
}

function metadatum(value: NirMetadata[string], packed: boolean): Hdf5Group | Hdf5Dataset {
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
