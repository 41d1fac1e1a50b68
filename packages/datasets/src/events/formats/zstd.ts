import { Decompress } from 'fzstd'
import { joinBytes } from '../../bytes.js'
import { invalid } from '../../invalid.js'

/** Unpacked Zstandard frames, no more than `limit` bytes. Throws `DATA_INVALID`. */
export function unpackZstd(bytes: Uint8Array, operation: string, file: string, limit: number): Uint8Array {
  const parts: Uint8Array[] = []
  let length = 0
  try {
    const unpack = new Decompress((part) => {
      length += part.length
      if (length > limit) throw new Error(`more than ${limit} bytes`)
      parts.push(part.slice())
    })
    for (let at = 0; at < bytes.length; at += 65536)
      unpack.push(bytes.subarray(at, at + 65536), at + 65536 >= bytes.length)
  } catch (error) {
    throw invalid(operation, file, `damaged Zstandard data (${(error as Error).message}).`, undefined, error)
  }
  return joinBytes(parts)
}
