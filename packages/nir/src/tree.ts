import {
  group,
  isGroup,
  isText,
  readTree,
  type Hdf5Dataset,
  type Hdf5Group,
  type Hdf5Type,
  type Hdf5Values,
} from '@snn/hdf5'

/** What NIR tells apart: whole numbers of any size count as `int64`, halves as `float32`. */
export type NirStored = 'float32' | 'float64' | 'int64' | 'bool' | 'string'
export type NirTree = Hdf5Group<NirStored>
export type NirTreeDataset = Hdf5Dataset<NirStored>
export type NirTreeValues = Hdf5Values<NirStored>

/** All of an HDF5 file in these types. @throws `DATA_INVALID` for bytes that are no HDF5 file, or damaged */
export async function readNirTree(operation: string, bytes: Uint8Array, file: string): Promise<NirTree> {
  return narrowed(await readTree(operation, bytes, file))
}

function narrowed({ entries, attributes }: Hdf5Group): NirTree {
  return group(
    Object.fromEntries(
      [...entries].map(([name, entry]) => [name, isGroup(entry) ? narrowed(entry) : values(entry)] as const),
    ),
    Object.fromEntries([...attributes].map(([name, attribute]) => [name, values(attribute)] as const)),
  )
}

function values(given: Hdf5Values): NirTreeValues {
  if (isText(given)) return { ...given, type: 'string' }
  return { type: storedAs(given.type), shape: given.shape, data: given.data as Float64Array }
}

function storedAs(type: Hdf5Type): Exclude<NirStored, 'string'> {
  if (type === 'float64' || type === 'float32' || type === 'bool') return type
  return type === 'float16' ? 'float32' : 'int64'
}
