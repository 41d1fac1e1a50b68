import { group, invalidFile, isGroup, numbers, strings } from '@snn/hdf5'
import { sizeOf } from '@snn/tensor'
import { checkByRules, checkString } from '@snn/tensor/library'
import { checkGraph } from './check-graph.js'
import { completed } from './complete.js'
import { checkNir } from './check.js'
import { graphFromTree } from './from-tree.js'
import type { NirGraph } from './graph.js'
import { accepted, type ReadNirOptions } from './read-nir.js'
import { treeFromGraph } from './to-tree.js'
import { nirVersion, type WriteNirOptions } from './write-nir.js'
import type { NirTree, NirTreeDataset } from './tree.js'
import { nirToJsonRules, readNirRules } from './option-rules.js'

type Json = string | number | boolean | readonly Json[] | { readonly [name: string]: Json }

/**
 * The same graph as JSON: groups are objects, sizes and names are plain, arrays are `{ dtype, shape, data }`. Values
 * that JSON lacks are the texts `NaN`, `Infinity`, `-Infinity` and `-0`.
 *
 * @throws `NIR_INVALID` for a graph that contradicts itself
 */
export function nirToJson(graph: NirGraph, options: Pick<WriteNirOptions, 'check'> = {}): string {
  checkGraph('nirToJson', graph)
  checkByRules('nirToJson', options, nirToJsonRules)
  const { check = true } = options
  if (check) checkNir('nirToJson', graph)
  return JSON.stringify(fromTree(treeFromGraph(completed(graph), graph.version ?? nirVersion, false)))
}

/** A graph from its JSON. Options and errors as `readNir`. */
export function nirFromJson(text: string, options: ReadNirOptions = {}): NirGraph {
  checkString('nirFromJson', text, 'text', 'the JSON text of a graph')
  checkByRules('nirFromJson', options, readNirRules)
  const { file = 'graph.json', check = true, repair = false } = options
  const refuse = (what: string, cause?: unknown): Error => invalidFile('nirFromJson', file, what, cause)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw refuse('is no JSON.', error)
  }
  const tree = toTree(json, refuse)
  if (!isGroup(tree)) throw refuse('is no object, expected { version, node }.')
  return accepted('nirFromJson', graphFromTree('nirFromJson', file, tree), check, repair)
}

function fromTree(entry: NirTree | NirTreeDataset): Json {
  if (isGroup(entry)) return Object.fromEntries([...entry.entries].map(([name, inner]) => [name, fromTree(inner)]))
  const { type, shape, data } = entry
  if (type === 'bool' && shape.length === 0) return data[0] === 1
  if (type === 'string' || type === 'int64') return nested(data, shape)
  if (type === 'float64' && shape.length === 0 && !Number.isInteger(data[0])) return written(data[0]!)
  return { dtype: type, shape, data: Array.from(data as ArrayLike<number>, written) }
}

const rare = { NaN, Infinity, '-Infinity': -Infinity, '-0': -0 } as const

function written(value: number): Json {
  const name = Object.is(value, -0) ? '-0' : String(value)
  return name in rare ? name : value
}

/** A list of lists by a shape; without axes the value itself. An empty list of lists keeps its width. */
function nested(data: ArrayLike<string | number>, shape: readonly number[]): Json {
  const [length, ...rest] = shape
  if (length === undefined) return data[0]!
  const size = sizeOf(rest)
  return Array.from({ length }, (_, i) => nested(Array.prototype.slice.call(data, i * size, (i + 1) * size), rest))
}

function toTree(json: unknown, refuse: (what: string) => Error): NirTree | NirTreeDataset {
  if (typeof json === 'string')
    return json in rare ? numbers('float64', rare[json as keyof typeof rare]) : strings(json)
  if (typeof json === 'boolean') return numbers('bool', Number(json))
  if (typeof json === 'number') return numbers(Number.isInteger(json) ? 'int64' : 'float64', json)
  if (Array.isArray(json)) return listTree(json, refuse)
  if (typeof json !== 'object' || json === null)
    throw refuse(`holds ${JSON.stringify(json)}, expected objects, lists, texts and numbers.`)
  const { dtype, shape, data } = json as Readonly<Record<string, unknown>>
  if (!Array.isArray(data) || !Array.isArray(shape))
    return group(Object.fromEntries(Object.entries(json).map(([name, inner]) => [name, toTree(inner, refuse)])))
  if (dtype !== 'float32' && dtype !== 'float64' && dtype !== 'int64')
    throw refuse(`has an array of dtype ${JSON.stringify(dtype)}, expected float32, float64 or int64.`)
  const values = data.map((value: unknown) =>
    typeof value === 'string' && value in rare ? rare[value as keyof typeof rare] : value,
  )
  if (!values.every((value) => typeof value === 'number'))
    throw refuse('has an array with something that is no number.')
  if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0) || sizeOf(shape as number[]) !== data.length)
    throw refuse(`has an array of ${data.length} values and the shape ${JSON.stringify(shape)}.`)
  return numbers(dtype, dtype === 'float32' ? Float32Array.from(values) : values, shape as number[])
}

function listTree(list: readonly unknown[], refuse: (what: string) => Error): NirTreeDataset {
  const flat = list.flat()
  const shape =
    list.length > 0 && list.every(Array.isArray) ? [list.length, (list[0] as readonly unknown[]).length] : [list.length]
  if (sizeOf(shape) === flat.length) {
    if (flat.length > 0 && flat.every((value) => typeof value === 'string')) return strings(flat, shape)
    if (flat.every((value) => typeof value === 'number')) return numbers('int64', flat, shape)
  }
  throw refuse('has a list that is neither of whole numbers nor of texts.')
}
