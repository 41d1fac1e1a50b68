import { createRequire } from 'node:module'
import { readBytes } from './files.js'

/** A filter of HDF5 from the installed package. */
export async function readHdf5Filter(name: string): Promise<Uint8Array> {
  return readBytes(createRequire(import.meta.url).resolve(`h5wasm-plugins/plugins/libH5Z${name}.so`))
}
