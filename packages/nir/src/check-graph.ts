import { sizeOf } from '@snn/tensor'
import { checkArray, checkMembers, checkObject, wrongArgument } from '@snn/tensor/library'
import { nodeFields, nodeTypes, type Field, type FieldForm } from './fields.js'
import type { NirGraph, NirNodeType } from './graph.js'

/** Graphs in graphs beyond this are one that holds itself. */
const deepest = 64

/**
 * Throws `ARGUMENT` unless `graph` is built as a graph is: nodes of known types with their fields, and edges. Whether
 * they fit each other is the matter of `checkNir`.
 */
export function checkGraph(operation: string, graph: unknown): asserts graph is NirGraph {
  checkAt(operation, graph, 'graph', 0)
}

function checkAt(operation: string, graph: unknown, at: string, depth: number): void {
  if (depth > deepest) throw wrongArgument(operation, at, graph, `at most ${deepest} graphs in each other`)
  checkMembers(
    operation,
    graph,
    at,
    ['nodes', 'edges'],
    'a NirGraph',
    'Give what readNir(bytes), nirFromJson(text) or toNir(network) gives.',
  )
  const { nodes, edges, type } = graph as NirGraph
  if (type !== 'NIRGraph') throw wrongArgument(operation, `${at}.type`, type, "'NIRGraph'")
  checkObject(operation, nodes, `${at}.nodes`, 'nodes by their names')
  checkArray(operation, edges, `${at}.edges`, 'a list of [from, to]')
  for (const [i, edge] of edges.entries() as IterableIterator<[number, unknown]>)
    if (!Array.isArray(edge) || edge.length !== 2 || Array.from(edge).some((name) => typeof name !== 'string'))
      throw wrongArgument(operation, `${at}.edges[${i}]`, edge, 'names of two nodes: [from, to]')
  for (const [name, node] of Object.entries(nodes) as [string, unknown][])
    checkNode(operation, node, `${at}.nodes['${name}']`, depth)
}

function checkNode(operation: string, node: unknown, at: string, depth: number): void {
  checkObject(operation, node, at, 'a node')
  const { type, metadata } = node as { readonly type?: NirNodeType; readonly metadata?: unknown }
  if (!nodeTypes.includes(type!)) throw wrongArgument(operation, `${at}.type`, type, `one of ${nodeTypes.join(', ')}`)
  if (metadata !== undefined) checkObject(operation, metadata, `${at}.metadata`, 'values by their names')
  if (type === 'NIRGraph') return checkAt(operation, node, at, depth + 1)
  const fields: Readonly<Record<string, Field>> = nodeFields[type as keyof typeof nodeFields]
  for (const [name, { form, absent }] of Object.entries(fields)) {
    const value = (node as Readonly<Record<string, unknown>>)[name]
    if (value === null && form !== 'array' && absent) continue
    const { takes, expected } = forms[form]
    if (!takes(value)) throw wrongArgument(operation, `${at}.${name}`, value, `${expected}, as a ${type} has it`)
  }
}

const isInteger = (value: unknown): boolean => Number.isSafeInteger(value)
const isIntegers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && Array.from(value).every(isInteger)
const isSizes = (value: unknown): value is readonly number[] => isIntegers(value) && value.every((size) => size >= 0)

const forms: Readonly<Record<FieldForm, { readonly takes: (value: unknown) => boolean; readonly expected: string }>> = {
  array: { takes: isNumbers, expected: 'numbers as nirArray(data, shape) gives them' },
  integer: { takes: isInteger, expected: 'a whole number' },
  integers: {
    takes: (value) => isInteger(value) || isIntegers(value),
    expected: 'a whole number, or one for each axis',
  },
  padding: {
    takes: (value) => isInteger(value) || isIntegers(value) || value === 'same' || value === 'valid',
    expected: "a whole number, one for each axis, 'same' or 'valid'",
  },
  shape: { takes: (value) => isSizes(value), expected: 'a list of sizes' },
}

function isNumbers(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { dtype, shape, data } = value as {
    readonly dtype?: unknown
    readonly shape?: unknown
    readonly data?: unknown
  }
  return (
    ['float32', 'float64', 'int64'].includes(dtype as string) &&
    isSizes(shape) &&
    (data instanceof Float32Array || data instanceof Float64Array) &&
    data.length === sizeOf(shape)
  )
}
