import { isSnnError, type TensorLike } from '@snn/tensor'
import { checkBytes } from '@snn/tensor/library'
import { unzipSync } from 'fflate'
import { invalid } from './invalid.js'
import { parseNpy, type NpyOptions } from './npy.js'

/** Deflate packs at most 1032 bytes into one. */
export const maximumDeflateRatio = 1032

/** The arrays in a NumPy .npz file by name. Throws `DATA_INVALID`. */
export function parseNpz(bytes: Uint8Array, file = 'npz', options: NpyOptions = {}): Map<string, TensorLike> {
  bytes = checkBytes('parseNpz', bytes)
  const arrays = new Map<string, TensorLike>()
  for (const [name, content] of Object.entries(unzip(bytes, file))) {
    arrays.set(name.replace(/\.npy$/, ''), parseNpy(content, `${file}/${name}`, options))
  }
  return arrays
}

function unzip(bytes: Uint8Array, file: string): Record<string, Uint8Array> {
  let entries = 0
  let total = 0
  try {
    return unzipSync(bytes, {
      // What the directory claims is checked against the bytes there are, since fflate takes the memory it is told to.
      filter({ name, size, originalSize }) {
        total += originalSize
        const possible =
          size <= bytes.length &&
          originalSize <= maximumDeflateRatio * size + 64 &&
          total <= maximumDeflateRatio * bytes.length
        if (++entries * 46 > bytes.length || !possible)
          throw invalid('npz', file, `entry ${name} claims ${originalSize} bytes in ${size}, which cannot be.`)
        return name.endsWith('.npy')
      },
    })
  } catch (error) {
    if (isSnnError(error)) throw error
    throw invalid('npz', file, `not a readable zip archive (${(error as Error).message}).`, undefined, error)
  }
}
