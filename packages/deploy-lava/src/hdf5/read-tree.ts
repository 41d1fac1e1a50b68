import { checkBytes, isSnnError, sizeOf } from '@snn/tensor'
import type { Dataset, Entity, File, Group } from 'h5wasm'
import type { NetDType, NetValue } from '../net/net-value.js'
import { invalid } from './invalid.js'

/** Every data set of an HDF5 file by its path, without the first `/`. */
export type Hdf5Tree = ReadonlyMap<string, NetValue>

/** Bytes that data sets may claim: memory is taken for what a file says, so that is checked first. Deflate packs at most 1032 bytes into one. */
const mostBytes = 2 ** 30
const mostPacked = 1032
const mostEntries = 2 ** 16
/** `layer/0/neuron/type`, and one more. */
const mostDepth = 5

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

let files = 0

/** Reads all of an HDF5 file. The library (h5wasm, 4 MB) is loaded at the first call. Whatever is wrong with the file is a `DATA_INVALID`. */
export async function readTree(given: Uint8Array, file: string): Promise<Hdf5Tree> {
  const bytes = checkBytes('readNet', given)
  if (!signature.every((byte, i) => bytes[i] === byte)) throw invalid(file, 'does not start as an HDF5 file.')
  const { ready, File: Hdf5File } = await import('h5wasm')
  const module = await ready
  const name = `snn-net-${files++}.h5`
  module.FS.writeFile(name, bytes)
  module.activate_throwing_error_handler() // what is wrong is thrown instead of printed
  let opened: File | undefined
  try {
    opened = new Hdf5File(name, 'r')
    const tree = new Map<string, NetValue>()
    collect(opened, '', tree, { file, left: mostBytes, size: bytes.length, entries: 0 })
    return tree
  } catch (error) {
    if (isSnnError(error)) throw error
    throw invalid(file, `cannot be read as HDF5 (${error instanceof Error ? error.message : String(error)}).`, error)
  } finally {
    try {
      opened?.close()
    } catch {
      // A damaged file may not close.
    }
    module.deactivate_throwing_error_handler()
    module.FS.unlink(name)
  }
}

interface Budget {
  readonly file: string
  /** Bytes of the file. */
  readonly size: number
  /** Bytes that may still be taken. */
  left: number
  entries: number
}

function collect(group: Group, path: string, tree: Map<string, NetValue>, budget: Budget): void {
  if (path.split('/').length > mostDepth) throw invalid(budget.file, `groups lie ${mostDepth} deep at /${path}, expected at most ${mostDepth - 1}.`)
  for (const key of group.keys()) {
    const at = path === '' ? key : `${path}/${key}`
    if (++budget.entries > mostEntries) throw invalid(budget.file, `more than ${mostEntries} entries.`)
    const entity = group.get(key)
    const kind = typeOf(entity)
    if (kind === 'Group') collect(entity as Group, at, tree, budget)
    else if (kind === 'Dataset') tree.set(at, readValue(entity as Dataset, at, budget))
    else throw invalid(budget.file, `/${at} is a ${kind ?? 'thing without a type'}, expected a group or a data set.`)
  }
}

function readValue(dataset: Dataset, path: string, budget: Budget): NetValue {
  const { metadata } = dataset
  const shape = metadata.shape ?? [0]
  const claimed = sizeOf(shape) * metadata.size
  const most = metadata.chunks ? Math.min(budget.left, mostPacked * budget.size) : Math.min(budget.left, budget.size)
  if (!(claimed <= most)) throw invalid(budget.file, `/${path} claims ${claimed} bytes ([${shape.join(',')}]), more than a file of ${budget.size} bytes can hold.`)
  budget.left -= claimed
  const dtype = dtypeOf(metadata)
  if (dtype === undefined) throw invalid(budget.file, `/${path} holds neither numbers nor text.`)
  const value = sizeOf(shape) === 0 ? [] : dataset.value
  if (dtype === 'string' || dtype.startsWith('S')) {
    const text = typeof value === 'string' ? [value] : value
    if (!Array.isArray(text) || text.some((item) => typeof item !== 'string')) throw invalid(budget.file, `/${path} holds no text.`)
    return { dtype: dtype as 'string', shape, text: text as string[] }
  }
  return { dtype: dtype as NetDType, shape, data: numbers(value, dtype as NetDType, path, budget) }
}

function numbers(value: unknown, dtype: NetDType, path: string, { file }: Budget): Float32Array | Float64Array {
  const from = (ArrayBuffer.isView(value) ? value : Array.isArray(value) ? value : [value]) as ArrayLike<number | bigint>
  const out = dtype === 'float32' ? new Float32Array(from.length) : new Float64Array(from.length)
  for (let i = 0; i < out.length; i++) out[i] = Number(from[i])
  const wide = dtype === 'int64' || dtype === 'uint64'
  if (wide && out.some((item) => !Number.isSafeInteger(item))) throw invalid(file, `/${path} holds whole numbers beyond 2^53, expected smaller ones.`)
  return out
}

/** Classes of HDF5 types. */
const [integer, float, text, enumeration] = [0, 1, 3, 8]

function dtypeOf({ type, size, signed, vlen, enum_type: members }: Dataset['metadata']): NetValue['dtype'] | undefined {
  if (type === text) return vlen ? 'string' : `S${size}`
  if (type === float) return size === 4 ? 'float32' : size === 8 ? 'float64' : undefined
  if (type === enumeration && size === 1 && members && Object.keys(members.members).sort().join() === 'FALSE,TRUE') return 'bool'
  if (type === integer && [1, 2, 4, 8].includes(size)) return `${signed ? 'int' : 'uint'}${8 * size}` as NetDType
  return undefined
}

function typeOf(entity: Entity | null): string | undefined {
  return entity !== null && 'type' in entity ? entity.type : undefined
}
