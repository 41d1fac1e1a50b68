import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ByteStream } from '../bytes.js'
import { detectFormat, openEvents as openSource, type EventSource, type OpenEventsOptions } from '../events/open.js'
import { readBytes } from './files.js'

/**
 * `openEvents` of @snn/datasets that takes paths too. `batches()` reads the file piece by piece, so that its size does not matter.
 * Throws `DATA_NOT_FOUND` when there is no file.
 */
export async function openEvents(source: string | URL | Uint8Array | Blob | ByteStream, options: OpenEventsOptions & object = {}): Promise<EventSource> {
  const path = typeof source === 'string' ? source : source instanceof URL && source.protocol === 'file:' ? fileURLToPath(source) : undefined
  if (path === undefined) return openSource(source as Exclude<typeof source, string>, options)
  const file = options.file ?? basename(path)
  const { signal } = options
  const format = options.format ?? detectFormat(await head(path, signal), file)
  // Streams are made on use, each anew, so that a recording can be read more than once.
  const stream = { [Symbol.asyncIterator]: () => createReadStream(path, { highWaterMark: 2 ** 20, ...(signal && { signal }) })[Symbol.asyncIterator]() as AsyncIterator<Uint8Array> }
  if (!format) return openSource(await readBytes(path, signal), { ...options, file })
  const named = { ...options, file }
  return { format, batches: () => format.batches(stream, named), all: async () => format.parse(await readBytes(path, signal), named) }
}

async function head(path: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const stream = createReadStream(path, { end: 1023, ...(signal && { signal }) })
  const parts: Uint8Array[] = []
  try {
    for await (const part of stream) parts.push(part as Uint8Array)
  } catch {
    return (await readBytes(path, signal)).subarray(0, 1024) // throws what says that there is no file
  }
  return parts[0] ?? new Uint8Array(0)
}
