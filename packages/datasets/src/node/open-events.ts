import { checkObject } from '@snn/tensor'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ByteStream } from '../bytes.js'
import { openEvents as openAny, openSource, type EventSource, type OpenEventsOptions } from '../events/open.js'
import { fileSource } from './files.js'
import { readHdf5Filter } from './hdf5-filter.js'

/**
 * `openEvents` of @snn/datasets that takes paths too. `batches()` reads the file part by part, so that its size does not matter.
 * Throws `DATA_NOT_FOUND` when there is no file.
 */
export async function openEvents(source: string | URL | Uint8Array | Blob | ByteStream, options: OpenEventsOptions & object = {}): Promise<EventSource> {
  checkObject('openEvents', options)
  const withFilter = { filter: readHdf5Filter, ...options }
  const path = typeof source === 'string' ? source : source instanceof URL && source.protocol === 'file:' ? fileURLToPath(source) : undefined
  if (path === undefined) return openAny(source as Exclude<typeof source, string>, withFilter)
  options.signal?.throwIfAborted()
  return openSource(await fileSource(path), options.file ?? basename(path), withFilter)
}
