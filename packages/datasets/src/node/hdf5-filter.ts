import { createRequire } from 'node:module'
import { checkString } from '@snn/tensor/library'
import { notFound, readBytes } from './files.js'

/** A filter of HDF5 from the installed package. Throws `DATA_NOT_FOUND` for one that it does not have. */
export async function readHdf5Filter(name: string): Promise<Uint8Array> {
  checkString('readHdf5Filter', name, 'name')
  const file = `h5wasm-plugins/plugins/libH5Z${name}.so`
  let path: string
  try {
    path = createRequire(import.meta.url).resolve(file)
  } catch {
    throw notFound('readHdf5Filter', name, [file])
  }
  return readBytes(path)
}
