import { openHdf5, type Hdf5Module } from '@snn/hdf5'
import type { Dataset, Entity, Group } from 'h5wasm'
import { bytesSource, type ByteSource } from '../../bytes.js'
import { halfToNumber, readField, type ElementType } from '../../elements.js'
import { invalid } from '../../invalid.js'
import { FilterNeeded, checkFilters, loadFilter, takeFault, type LoadHdf5Filter } from './hdf5-filters.js'

/** What is read of an open file. */
export interface Hdf5View {
  readonly root: Group
  readonly module: Hdf5Module
  /** Names it in errors. */
  readonly file: string
}

/** An HDF5 file that is open. */
export interface OpenRecording {
  /**
   * What `use` makes of it; `use` may be called again when a filter has to be loaded first. Whatever the library throws
   * is a fault of the file: `DATA_INVALID`.
   */
  read<T>(use: (view: Hdf5View) => T): Promise<T>
  close(): void
}

/**
 * Opens an HDF5 file, and loads the filters that it needs. Only what is looked at is read where the source can be read
 * at once; else all of the file is in memory.
 */
export async function openRecording(source: ByteSource, file: string, loader?: LoadHdf5Filter): Promise<OpenRecording> {
  const { size, readSync } = source.readSync ? source : bytesSource(await source.read(0, source.size))
  const { module, read, close } = await openHdf5('hdf5', { size, readSync: readSync! }, file)
  const attempt = <T>(use: (view: Hdf5View) => T): { readonly made: T } | FilterNeeded =>
    read((root) => {
      try {
        return { made: use({ root, module, file }) }
      } catch (error) {
        if (error instanceof FilterNeeded) return error
        throw takeFault() ?? error
      }
    })
  return {
    async read(use) {
      for (;;) {
        const result = attempt(use)
        if (!(result instanceof FilterNeeded)) return result.made
        await loadFilter(module, result.id, file, loader)
      }
    },
    close,
  }
}

/** What stands at a path, `` for the root, or undefined. Nothing of it is read. */
export function entityAt({ root }: Hdf5View, path: string): Dataset | Group | undefined {
  let found: Dataset | Group = root
  for (const part of path === '' ? [] : path.split('/')) {
    if (!isGroup(found) || !found.keys().includes(part)) return undefined
    const entity = found.get(part)
    const type = typeOf(entity)
    if (type !== 'Group' && type !== 'Dataset') return undefined
    found = entity as Dataset | Group
  }
  return found
}

export const isGroup = (entity: Dataset | Group): entity is Group =>
  (entity as { readonly type: string }).type !== 'Dataset'

/**
 * The data set at a path, or undefined. Throws `DATA_INVALID` where it is packed by a filter that is not to be had, or
 * lies in other files.
 */
export function datasetAt(view: Hdf5View, path: string): Dataset | undefined {
  const { module, file } = view
  const found = entityAt(view, path)
  if (!found || isGroup(found)) return undefined
  const others = [...new Set((found.metadata.virtual_sources ?? []).map(({ file_name }) => file_name))]
  if (others.length > 0) {
    throw invalid(
      'hdf5',
      file,
      `${path} is a virtual data set, put together of ${others.slice(0, 3).join(', ')}${others.length > 3 ? ', ..' : ''}, which are not looked into. Copy it into one file: h5repack -l ${path}:CONTI IN OUT, or data[:] in h5py.`,
    )
  }
  checkFilters(module, found, path, file)
  return found
}

/** `datasetAt` for what must be there. Throws `DATA_INVALID`. */
export function needDataset(view: Hdf5View, path: string): Dataset {
  const found = datasetAt(view, path)
  if (found) return found
  throw invalid('hdf5', view.file, `no ${path} in it.`)
}

/** Most elements of a data set read at once, since the library takes the memory that the file claims. */
const mostAtOnce = 2 ** 20
const mostElements = 2 ** 31

/** The length of a data set with one axis. */
export function lengthOf({ file }: Hdf5View, dataset: Dataset): number {
  const shape = dataset.shape
  const length = shape?.[0] ?? 0
  if (shape?.length !== 1 || length > mostElements)
    throw invalid('hdf5', file, `${dataset.path} has shape [${shape?.join(',') ?? ''}], expected one axis.`)
  return length
}

/** The numbers `from` up to `to` of a data set with one axis; integers of 64 bits become doubles. */
export function readPart({ file }: Hdf5View, dataset: Dataset, from: number, to: number): Float64Array {
  const part = from < to ? dataset.slice([[from, to]]) : new Float64Array(0)
  if (!ArrayBuffer.isView(part)) throw invalid('hdf5', file, `${dataset.path} holds no numbers.`)
  return toNumbers(part)
}

/** All numbers of a data set with one axis. */
export function readColumn(view: Hdf5View, dataset: Dataset): Float64Array {
  const length = lengthOf(view, dataset)
  const parts: Float64Array[] = []
  for (let from = 0; from < length; from += mostAtOnce)
    parts.push(readPart(view, dataset, from, Math.min(from + mostAtOnce, length)))
  const out = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** All numbers of a data set in a row, whatever its axes. */
export function readFlat({ file }: Hdf5View, dataset: Dataset): Float64Array {
  const count = (dataset.shape ?? [0]).reduce((product, n) => product * n, 1)
  const values = count === 0 ? new Float64Array(0) : count > mostElements ? undefined : dataset.value
  if (!ArrayBuffer.isView(values)) throw invalid('hdf5', file, `${dataset.path} holds no numbers.`)
  return toNumbers(values)
}

/** The number of rows of a data set [N, width]. */
export function rowsOf({ file }: Hdf5View, dataset: Dataset, width: number): number {
  const [length = 0, found] = dataset.shape ?? []
  if (dataset.shape?.length !== 2 || found !== width || length > mostElements)
    throw invalid(
      'hdf5',
      file,
      `${dataset.path} has shape [${dataset.shape?.join(',') ?? ''}], expected [N, ${width}].`,
    )
  return length
}

/** The columns of rows `from` up to `to` of a data set [N, width]. */
export function readRows(
  { file }: Hdf5View,
  dataset: Dataset,
  width: number,
  from: number,
  to: number,
): Float64Array[] {
  const part = from < to ? dataset.slice([[from, to], []]) : new Float64Array(0)
  if (!ArrayBuffer.isView(part)) throw invalid('hdf5', file, `${dataset.path} holds no numbers.`)
  const values = toNumbers(part)
  return Array.from({ length: width }, (_, column) =>
    Float64Array.from({ length: values.length / width }, (_, i) => values[i * width + column]!),
  )
}

/** The columns of records `from` up to `to` of a compound data set by name. */
export function readRecords(
  { file }: Hdf5View,
  dataset: Dataset,
  names: readonly string[],
  from: number,
  to: number,
): ArrayLike<number>[] {
  const { metadata } = dataset
  const { size, compound_type: compound } = metadata
  const count = to - from
  // The library makes an array of each record; bytes of no known kind it gives as they are.
  Object.defineProperty(dataset, 'metadata', { value: { ...metadata, type: opaque }, configurable: true })
  const bytes = count > 0 ? dataset.slice([[from, to]]) : new Uint8Array(0)
  return names.map((name) => {
    const field = compound?.members.find((member) => member.name === name)
    if (!(bytes instanceof Uint8Array) || !field || (field.type > 1 && field.type !== enumeration))
      throw invalid(
        'hdf5',
        file,
        `${dataset.path} has the fields ${compound?.members.map((member) => member.name).join(', ') ?? '(none)'}, expected numbers in ${name}.`,
      )
    // h5py writes bool as an enumeration of one byte.
    const type = `${field.type === 1 ? 'f' : field.type === 0 && field.signed ? 'i' : 'u'}${field.size}` as ElementType
    if (!/^([iu][1248]|f[248])$/.test(type))
      throw invalid(
        'hdf5',
        file,
        `${dataset.path} has ${name} of type ${type}, expected numbers of 1, 2, 4 or 8 bytes.`,
      )
    return readField({
      operation: 'hdf5',
      file,
      bytes,
      offset: field.offset,
      record: size,
      count,
      type,
      bigEndian: !field.littleEndian,
    })
  })
}

/** Classes of types in HDF5. */
const [opaque, enumeration] = [5, 8]

/** Row `index` of a data set of rows of different length (HDF5 VLEN); 16-bit floats are read too. */
export function readRow({ file }: Hdf5View, dataset: Dataset, index: number): Float64Array {
  const row = dataset.metadata.vlen_type
  if (!row) throw invalid('hdf5', file, `${dataset.path} is no array of arrays.`)
  const half = row.type === 1 && row.size === 2
  // The library refuses 16-bit floats: read them as the integers of the same bits.
  if (half)
    Object.defineProperty(dataset, 'metadata', {
      value: { ...dataset.metadata, vlen_type: { ...row, type: 0, signed: false } },
      configurable: true,
    })
  const [values] = dataset.slice([[index, index + 1]]) as unknown as ArrayLike<number | bigint>[]
  if (!values) throw invalid('hdf5', file, `${dataset.path} has no row ${index}.`)
  const numbers = toNumbers(values)
  if (half) for (let i = 0; i < numbers.length; i++) numbers[i] = halfToNumber(numbers[i]!)
  return numbers
}

function toNumbers(values: ArrayLike<number | bigint>): Float64Array {
  const out = new Float64Array(values.length)
  for (let i = 0; i < out.length; i++) out[i] = Number(values[i])
  return out
}

function typeOf(entity: Entity | null): string | undefined {
  return entity !== null && 'type' in entity ? entity.type : undefined
}
