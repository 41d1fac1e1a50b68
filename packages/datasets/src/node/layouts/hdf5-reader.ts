import { openRecording, type Hdf5View } from '../../events/formats/hdf5-file.js'
import { fileSource } from '../files.js'
import { readHdf5Filter } from '../hdf5-filter.js'

/** A function that opens the HDF5 file for a moment, reading no more of it than is asked for. */
export function hdf5Reader(path: string, file: string): <T>(use: (view: Hdf5View) => T) => Promise<T> {
  return async (use) => {
    const opened = await openRecording(await fileSource(path), file, readHdf5Filter)
    try {
      return await opened.read(use)
    } finally {
      opened.close()
    }
  }
}
