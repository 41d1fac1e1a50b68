import type { Group } from 'h5wasm'
import { boolDtype, boolsOf, withBools } from './bools.js'
import { isGroup, type Hdf5Dataset, type Hdf5Group, type Hdf5Values } from './tree.js'

let files = 0

/** The bytes of an HDF5 file as h5py writes it: strings of variable length in UTF-8, integers of 64 bits, arrays in gzip chunks where that is asked for. */
export async function writeTree(tree: Hdf5Group): Promise<Uint8Array> {
  const { ready, File: Hdf5File } = await import('h5wasm')
  const { FS } = await ready
  const name = `snn-nir-write-${files++}.h5`
  const file = new Hdf5File(name, 'w', { libver: ['earliest', 'v110'] })
  try {
    writeGroup(file, tree)
  } finally {
    file.close()
  }
  const bytes: Uint8Array = FS.readFile(name)
  FS.unlink(name)
  return withBools(bytes)
}

function writeGroup(to: Group, { entries, attributes }: Hdf5Group): void {
  for (const [name, values] of attributes) to.create_attribute(name, dataOf(values), [...values.shape], dtypes[values.type])
  for (const [name, entry] of entries) {
    if (isGroup(entry)) writeGroup(to.create_group(name), entry)
    else to.create_dataset({ name, data: dataOf(entry), shape: [...entry.shape], dtype: dtypes[entry.type], ...packing(entry) })
  }
}

const dtypes = { float32: '<f', float64: '<d', int64: '<q', bool: boolDtype, string: 'S' }

type Data = Parameters<Group['create_dataset']>[0]['data']

function dataOf(values: Hdf5Values): Data {
  if (values.type === 'string') return [...values.data]
  if (values.type === 'int64') return BigInt64Array.from(values.data as ArrayLike<number>, BigInt)
  if (values.type === 'bool') return boolsOf(values.data)
  return values.type === 'float32' ? Float32Array.from(values.data) : Float64Array.from(values.data)
}

/** Bytes of a chunk, about as h5py guesses them. */
const chunkBytes = 2 ** 16
const bytesOf = { float32: 4, float64: 8, int64: 8, bool: 1, string: 16 }

function packing({ packed, shape, type }: Hdf5Dataset): { chunks?: number[]; compression?: 'gzip' } {
  if (!packed || shape.length === 0 || shape.includes(0)) return {}
  const chunks = [...shape]
  const bytes = (): number => chunks.reduce((product, n) => product * n, bytesOf[type])
  // The first axes are halved first, so that a chunk is a run of whole rows.
  for (let axis = 0; axis < chunks.length; axis++) while (bytes() > chunkBytes && chunks[axis]! > 1) chunks[axis] = Math.ceil(chunks[axis]! / 2)
  return { chunks, compression: 'gzip' }
}
