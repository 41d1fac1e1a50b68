import { isSnnError } from '@snn/tensor'
import type { Dataset, Entity, File, Group } from 'h5wasm'
import { halfToNumber } from '../../elements.js'
import { invalid } from '../../invalid.js'

/** Filters that the library has: deflate, shuffle, fletcher32, szip, n-bit, scale-offset. */
const filters = new Set([1, 2, 3, 4, 5, 6])
const filterNames: Readonly<Record<number, string>> = { 36559: "Prophesee's ECF", 32001: 'Blosc', 32004: 'LZ4', 32015: 'Zstandard', 32000: 'LZF' }
let files = 0

/**
 * Opens an HDF5 file, lets `use` read it, and closes it. The library (h5wasm, 4 MB) is loaded on first use. Whatever it throws is a fault of
 * the file: `DATA_INVALID`.
 */
export async function withHdf5<T>(bytes: Uint8Array, file: string, use: (root: Group) => T): Promise<T> {
  if (!isHdf5(bytes)) throw invalid('hdf5', file, 'does not start as an HDF5 file.', 0)
  const library = await import('h5wasm')
  const { FS } = await library.ready
  const name = `snn-${files++}.h5`
  FS.writeFile(name, bytes)
  try {
    return await useHdf5(library, name, file, use)
  } finally {
    FS.unlink(name)
  }
}

/** `withHdf5` of a file that the library can open by its path; `file` names it in errors. */
export async function useHdf5<T>({ ready, File: Hdf5File }: typeof import('h5wasm'), path: string, file: string, use: (root: Group) => T): Promise<T> {
  const module = await ready
  module.activate_throwing_error_handler() // what is wrong is thrown instead of printed
  let opened: File | undefined
  try {
    opened = new Hdf5File(path, 'r')
    return use(opened)
  } catch (error) {
    if (isSnnError(error)) throw error
    throw invalid('hdf5', file, `cannot be read (${error instanceof Error ? error.message : String(error)}).`, undefined, error)
  } finally {
    try {
      opened?.close()
    } catch {
      // A damaged file may not close.
    }
    module.deactivate_throwing_error_handler()
  }
}

export function isHdf5(head: Uint8Array): boolean {
  return [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a].every((byte, i) => head[i] === byte)
}

/** The data set at a path, or undefined. Throws `DATA_INVALID` where it is packed by a filter that is not there. */
export function datasetAt(root: Group, path: string, file: string): Dataset | undefined {
  const parts = path.split('/')
  let group: Group = root
  for (const [i, part] of parts.entries()) {
    if (!group.keys().includes(part)) return undefined
    const entity = group.get(part)
    if (i === parts.length - 1) {
      if (typeOf(entity) !== 'Dataset') return undefined
      const found = entity as Dataset
      const filter = found.filters.find(({ id }) => !filters.has(id))
      if (!filter) return found
      throw invalid('hdf5', file, `${path} is packed by ${filterNames[filter.id] ?? filter.name ?? 'filter'} (${filter.id}), which cannot be unpacked here. Repack it: h5repack -f GZIP=4 IN OUT.`)
    }
    if (typeOf(entity) !== 'Group') return undefined
    group = entity as Group
  }
  return undefined
}

/** Most elements of a data set read at once, since the library takes the memory that the file claims. */
const mostAtOnce = 2 ** 20
const mostElements = 2 ** 31

/** The length of a data set with one axis. */
export function lengthOf(dataset: Dataset, path: string, file: string): number {
  const shape = dataset.shape
  const length = shape?.[0] ?? 0
  if (shape?.length !== 1 || length > mostElements) throw invalid('hdf5', file, `${path} has shape [${shape?.join(',') ?? ''}], expected one axis.`)
  return length
}

/** All numbers of a data set with one axis; integers of 64 bits become doubles. */
export function readColumn(dataset: Dataset, path: string, file: string): Float64Array {
  const length = lengthOf(dataset, path, file)
  const parts: Float64Array[] = []
  for (let from = 0; from < length; from += mostAtOnce) {
    const part = dataset.slice([[from, Math.min(from + mostAtOnce, length)]])
    if (!ArrayBuffer.isView(part)) throw invalid('hdf5', file, `${path} holds no numbers.`)
    parts.push(toNumbers(part))
  }
  return joinNumbers(parts)
}

/** The columns of a data set [N, width]. */
export function readRows(dataset: Dataset, width: number, path: string, file: string): Float64Array[] {
  const [length = 0, found] = dataset.shape ?? []
  if (dataset.shape?.length !== 2 || found !== width || length > mostElements) throw invalid('hdf5', file, `${path} has shape [${dataset.shape?.join(',') ?? ''}], expected [N, ${width}].`)
  const columns = Array.from({ length: width }, () => [] as Float64Array[])
  for (let from = 0; from < length; from += mostAtOnce) {
    const part = dataset.slice([[from, Math.min(from + mostAtOnce, length)], []])
    if (!ArrayBuffer.isView(part)) throw invalid('hdf5', file, `${path} holds no numbers.`)
    const values = toNumbers(part)
    columns.forEach((parts, column) => parts.push(Float64Array.from({ length: values.length / width }, (_, i) => values[i * width + column]!)))
  }
  return columns.map(joinNumbers)
}

function joinNumbers(parts: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** The columns of a compound data set by name. */
export function readCompound(dataset: Dataset, names: readonly string[], path: string, file: string): Float64Array[] {
  const length = lengthOf(dataset, path, file)
  const members = dataset.metadata.compound_type?.members.map(({ name }) => name) ?? []
  const positions = names.map((name) => members.indexOf(name))
  if (positions.some((position) => position < 0)) throw invalid('hdf5', file, `${path} has the fields ${members.join(', ') || '(none)'}, expected ${names.join(', ')}.`)
  const columns: number[][] = names.map(() => [])
  for (let from = 0; from < length; from += mostAtOnce) {
    const rows = dataset.slice([[from, Math.min(from + mostAtOnce, length)]]) as unknown as (number | bigint)[][]
    for (const row of rows) positions.forEach((position, i) => columns[i]!.push(Number(row[position])))
  }
  return columns.map((column) => Float64Array.from(column))
}

/** Row `index` of a data set of rows of different length (HDF5 VLEN); 16-bit floats are read too. */
export function readRow(dataset: Dataset, index: number, path: string, file: string): Float64Array {
  const row = dataset.metadata.vlen_type
  if (!row) throw invalid('hdf5', file, `${path} is no array of arrays.`)
  const half = row.type === 1 && row.size === 2
  // The library refuses 16-bit floats: read them as the integers of the same bits.
  if (half) Object.defineProperty(dataset, 'metadata', { value: { ...dataset.metadata, vlen_type: { ...row, type: 0, signed: false } }, configurable: true })
  const [values] = dataset.slice([[index, index + 1]]) as unknown as ArrayLike<number | bigint>[]
  if (!values) throw invalid('hdf5', file, `${path} has no row ${index}.`)
  const numbers = toNumbers(values)
  if (half || isHalf.has(dataset)) {
    isHalf.add(dataset)
    for (let i = 0; i < numbers.length; i++) numbers[i] = halfToNumber(numbers[i]!)
  }
  return numbers
}

/** Data sets whose rows are read as integers in place of 16-bit floats. */
const isHalf = new WeakSet<Dataset>()

function toNumbers(values: ArrayLike<number | bigint>): Float64Array {
  const out = new Float64Array(values.length)
  for (let i = 0; i < out.length; i++) out[i] = Number(values[i])
  return out
}

function typeOf(entity: Entity | null): string | undefined {
  return entity !== null && 'type' in entity ? entity.type : undefined
}
