import { checkObject } from '@snn/tensor/library'
import { basename, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ByteStream } from '../bytes.js'
import type { Events } from '../events/events.js'
import { atis } from '../events/formats/atis.js'
import { mergeNotes, type ReadNote } from '../events/notes.js'
import { openEvents as openAny, openSource, type EventSource, type OpenEventsOptions } from '../events/open.js'
import { atisSetOf } from './atis-sets.js'
import { fileSource } from './files.js'
import { readHdf5Filter } from './hdf5-filter.js'

/**
 * `openEvents` of @snn/datasets that takes paths too. `batches()` reads the file part by part, so that its size does
 * not matter. A recording that does not say its sensor, in the folders of a known set (N-MNIST, N-Caltech101), gets
 * that of the set, with a note. Throws `DATA_NOT_FOUND` when there is no file.
 */
export async function openEvents(
  source: string | URL | Uint8Array | Blob | ByteStream,
  options: OpenEventsOptions & object = {},
): Promise<EventSource> {
  checkObject('openEvents', options)
  const withFilter = { filter: readHdf5Filter, ...options }
  const path =
    typeof source === 'string'
      ? source
      : source instanceof URL && source.protocol === 'file:'
        ? fileURLToPath(source)
        : undefined
  if (path === undefined) return openAny(source as Exclude<typeof source, string>, withFilter)
  options.signal?.throwIfAborted()
  const bytes = await fileSource(path)
  const name = options.file ?? basename(path)
  const recording = await openSource(bytes, name, withFilter)
  const set = options.sensor || recording.format !== atis ? undefined : atisSetOf(resolve(path))
  if (!set) return recording
  const { title, sensor } = set
  const note: ReadNote = {
    about: 'sensor',
    text: `the file does not say its sensor; taken as ${sensor.width} x ${sensor.height}, that of ${title}, as whose files it is named`,
  }
  return withNote(await openSource(bytes, name, { ...withFilter, sensor }), note)
}

/** A recording that begins with a note. */
function withNote(source: EventSource, note: ReadNote): EventSource {
  const noted = (events: Events): Events => ({ ...events, notes: mergeNotes([{ notes: [note] }, events]) })
  return {
    format: source.format,
    all: async () => noted(await source.all()),
    async *batches() {
      let first = true
      for await (const events of source.batches()) {
        yield first ? noted(events) : events
        first = false
      }
    },
  }
}
