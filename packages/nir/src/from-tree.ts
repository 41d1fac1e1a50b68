import { invalidFile, isGroup } from '@snn/hdf5'
import { sizeOf } from '@snn/tensor'
import type { NirArray } from './array.js'
import { nodeFields, nodeTypes, type Field } from './fields.js'
import type { NirGraph, NirMetadata, NirNode } from './graph.js'
import type { NirTree, NirTreeDataset } from './tree.js'

/** What is being read, for errors. */
interface Place {
  readonly operation: string
  readonly file: string
  /** Path of the node: `node/nodes/lif`. */
  readonly path: string
}

/** The graph in a tree `{ version?, node }`. @throws `DATA_INVALID` for what is not of the format */
export function graphFromTree(operation: string, file: string, tree: NirTree): NirGraph {
  const place = { operation, file, path: 'node' }
  const node = tree.entries.get('node')
  if (!node || !isGroup(node))
    throw invalidFile(
      operation,
      file,
      tree.attributes.has('__type__')
        ? 'holds recorded data, no graph. Read it by readNirData.'
        : `holds ${[...tree.entries.keys()].join(', ') || 'nothing'} at its top, expected { node } with the graph, and { version }.`,
    )
  const graph = nodeFrom(place, node)
  const version = tree.entries.get('version')
  if (graph.type !== 'NIRGraph') throw invalid(place, `is a ${graph.type}, expected a NIRGraph.`)
  return version && !isGroup(version) && typeof version.data[0] === 'string'
    ? { ...graph, version: version.data[0] }
    : graph
}

function nodeFrom(place: Place, from: NirTree): NirNode {
  const type = textOf(place, from.entries.get('type'))
  if (!(nodeTypes as readonly string[]).includes(type))
    throw invalid(place, `is of the type '${type}', expected one of ${nodeTypes.join(', ')}.`)
  const own = from.entries.get('metadata')
  if (own && !isGroup(own)) throw invalid(place, 'has metadata that are no group.')
  const metadata = own && own.entries.size > 0 ? { metadata: metadataFrom(own) } : {}
  if (type === 'NIRGraph') return { ...graphParts(place, from), ...metadata }
  const specs: Readonly<Record<string, Field>> = nodeFields[type as keyof typeof nodeFields]
  const strange = [...from.entries.keys()].find(
    (name) => name !== 'type' && name !== 'metadata' && !Object.hasOwn(specs, name),
  )
  if (strange !== undefined)
    throw invalid(place, `(${type}) has the field '${strange}', expected ${Object.keys(specs).join(', ')}.`)
  const fields: Record<string, unknown> = {}
  const given = Object.entries(specs).filter(([name]) => from.entries.has(name))
  for (const [name, { form }] of given) fields[name] = forms[form](inside(place, name), from.entries.get(name)!)
  for (const [name, { absent }] of Object.entries(specs)) {
    if (name in fields) continue
    if (!absent) throw invalid(place, `(${type}) lacks the field '${name}'.`)
    fields[name] = absent(fields)
  }
  return { type, ...fields, ...metadata } as unknown as NirNode
}

function graphParts(place: Place, { entries }: NirTree): NirGraph {
  const strange = [...entries.keys()].find((name) => !['type', 'nodes', 'edges', 'metadata'].includes(name))
  if (strange !== undefined) throw invalid(place, `(NIRGraph) has the field '${strange}', expected nodes, edges.`)
  const nodes = entries.get('nodes')
  const edges = entries.get('edges')
  if (!nodes || !isGroup(nodes)) throw invalid(place, '(NIRGraph) lacks the group of nodes.')
  if (!edges || isGroup(edges)) throw invalid(place, '(NIRGraph) lacks edges.')
  const { type, shape, data } = edges
  if (sizeOf(shape) > 0 && (type !== 'string' || shape.length !== 2 || shape[1] !== 2))
    throw invalid(
      place,
      `(NIRGraph) has edges of type ${type} and shape [${shape.join(',')}], expected names of shape [E,2].`,
    )
  return {
    type: 'NIRGraph',
    nodes: Object.fromEntries(
      [...nodes.entries].map(([name, node]) => {
        const at = inside(inside(place, 'nodes'), name)
        if (!isGroup(node)) throw invalid(at, 'is no group.')
        return [name, nodeFrom(at, node)] as const
      }),
    ),
    edges: Array.from(
      { length: data.length / 2 },
      (_, i) => [data[2 * i] as string, data[2 * i + 1] as string] as const,
    ),
  }
}

type Entry = NirTree | NirTreeDataset

const forms: Readonly<Record<Field['form'], (place: Place, entry: Entry) => unknown>> = {
  array: arrayOf,
  integers: (place, entry) => integersOf(place, entry),
  integer(place, entry) {
    const values = integersOf(place, entry)
    const value = typeof values === 'number' ? values : values[0]
    if (value === undefined || (typeof values !== 'number' && values.length !== 1))
      throw invalid(place, `holds ${JSON.stringify(values)}, expected one whole number.`)
    return value
  },
  padding(place, entry) {
    if (isGroup(entry) || entry.type !== 'string') return integersOf(place, entry)
    const text = textOf(place, entry)
    if (text !== 'same' && text !== 'valid')
      throw invalid(place, `is '${text}', expected whole numbers, 'same' or 'valid'.`)
    return text
  },
  shape(place, entry) {
    const sizes = integersOf(place, entry)
    const list = typeof sizes === 'number' ? [sizes] : sizes
    if (list.some((size) => size < 0)) throw invalid(place, `is [${list.join(',')}], expected sizes.`)
    return list
  },
}

function arrayOf(place: Place, entry: Entry): NirArray {
  if (isGroup(entry) || entry.type === 'string') throw invalid(place, 'is no array of numbers.')
  const { type, shape, data } = entry
  return { dtype: type === 'bool' ? 'int64' : type, shape, data }
}

function integersOf(place: Place, entry: Entry): number | readonly number[] {
  const { shape, data } = arrayOf(place, entry)
  const list = Array.from(data)
  if (shape.length > 1 || !list.every(Number.isSafeInteger)) throw invalid(place, `is not whole numbers of one axis.`)
  return shape.length === 0 ? list[0]! : list
}

function textOf(place: Place, entry: Entry | undefined): string {
  const text = entry && !isGroup(entry) ? entry.data[0] : undefined
  if (typeof text !== 'string') throw invalid(place, 'lacks its type, expected a string.')
  return text
}

function metadataFrom({ entries }: NirTree): NirMetadata {
  return Object.fromEntries(
    [...entries].map(([name, entry]) => [name, isGroup(entry) ? metadataFrom(entry) : metadatum(entry)] as const),
  )
}

function metadatum(values: NirTreeDataset): NirMetadata[string] {
  const { type, shape, data } = values
  const [first] = data
  if (type === 'string') return shape.length === 0 ? (first as string) : data
  if (shape.length === 0 && type === 'bool') return first === 1
  // A whole number is stored as an integer; a float that happens to be whole stays an array, so that it is written as
  // it was read.
  if (shape.length === 0 && (type === 'int64' || (type === 'float64' && !Number.isInteger(first))))
    return first as number
  return { dtype: type === 'bool' ? 'int64' : type, shape, data: data as Float64Array }
}

function inside(place: Place, name: string): Place {
  return { ...place, path: `${place.path}/${name}` }
}

function invalid({ operation, file, path }: Place, what: string): Error {
  return invalidFile(operation, file, `${path} ${what}`)
}
