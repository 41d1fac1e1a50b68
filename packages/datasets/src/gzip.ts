import { checkBytes, checkObject } from '@snn/tensor/library'
import { joinBytes } from './bytes.js'
import { invalid } from './invalid.js'

/** Options of `gunzip`. */
export interface GunzipOptions {
  /** Names the file in errors. */
  readonly file?: string
  /** Most bytes to unpack, so that a small file cannot fill the memory. Default 2 GiB. */
  readonly limit?: number
  /** Ends the work early, by throwing `signal.reason`. */
  readonly signal?: AbortSignal
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

/** Unpacked gzip data; bytes that are not gzip are returned as they are. Throws `DATA_INVALID`; checks the CRC. */
export async function gunzip(bytes: Uint8Array, options: GunzipOptions = {}): Promise<Uint8Array> {
  bytes = checkBytes('gunzip', bytes)
  checkObject('gunzip', options)
  const { file = 'gzip', limit = 2 ** 31, signal } = options
  if (!isGzip(bytes)) return bytes
  const reader = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream('gzip'))
    .getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for (;;) {
      signal?.throwIfAborted()
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw invalid(
          'gunzip',
          file,
          `damaged gzip data (${error instanceof Error ? error.message : String(error)}).`,
          undefined,
          error,
        )
      })
      if (done) break
      length += value.length
      if (length > limit)
        throw invalid(
          'gunzip',
          file,
          `unpacks to more than ${limit} bytes. Unpack it yourself if it is meant to be so large.`,
        )
      chunks.push(value)
    }
  } catch (error) {
    reader.cancel().catch(() => {})
    throw error
  }
  return joinBytes(chunks)
}
