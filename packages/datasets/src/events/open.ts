import { SnnError } from '@snn/tensor'
import { checkBytes, checkObject, checkString, fileKind } from '@snn/tensor/library'
import { allBytes, blobSource, bytesSource, joinBytes, piecesOf, type ByteSource, type ByteStream } from '../bytes.js'
import type { Events } from './events.js'
import type { EventFormat, ReadOptions, StreamOptions } from './format.js'
import { aedat2 } from './formats/aedat2.js'
import { aedat3 } from './formats/aedat3.js'
import { aedat4 } from './formats/aedat4.js'
import { atis } from './formats/atis.js'
import { csv } from './formats/csv.js'
import { dat } from './formats/dat.js'
import { eventStream } from './formats/event-stream.js'
import { evt2 } from './formats/evt2.js'
import { evt21 } from './formats/evt21.js'
import { evt3 } from './formats/evt3.js'
import { hdf5 } from './formats/hdf5.js'
import { mat } from './formats/mat.js'
import { npy, npz } from './formats/numpy.js'
import { rosbag } from './formats/rosbag.js'

/** All formats, those that are sure of their first bytes before those that are not. */
export const eventFormats: readonly EventFormat[] = [
  evt3,
  evt2,
  evt21,
  aedat2,
  aedat3,
  aedat4,
  eventStream,
  rosbag,
  hdf5,
  mat,
  npz,
  npy,
  dat,
  csv,
  atis,
]

/** Options of `openEvents`. */
export interface OpenEventsOptions extends ReadOptions, StreamOptions {
  /** Default: what the first bytes say, else the ending of the name. */
  readonly format?: EventFormat
}

/** A recording that is not read yet. */
export interface EventSource {
  readonly format: EventFormat
  /** All events at once. */
  all(): Promise<Events>
  /** Events piece by piece; memory depends on `chunkBytes`. Either this or `all`, once, when the source is a stream. */
  batches(): AsyncGenerator<Events, void, undefined>
}

const headLength = 1024

/**
 * Opens a recording of any of `eventFormats`: bytes, a Blob or File, a URL that `fetch` can get, or a stream. For paths
 * see
 * `openEvents` of `@snn/datasets/node`. Options of a single format (`{ camera: 'davis346' }`) may be given too.
 * Throws `ARGUMENT` when no format is sure of the file and `DATA_NOT_FOUND` when the URL has none.
 */
export async function openEvents(
  source: Uint8Array | Blob | URL | ByteStream,
  options: OpenEventsOptions & object = {},
): Promise<EventSource> {
  checkObject('openEvents', options)
  if (source instanceof Uint8Array) return openSource(bytesSource(source), options.file ?? '', options)
  if (source instanceof Blob)
    return openSource(blobSource(source), options.file ?? ('name' in source ? String(source.name) : ''), options)
  if (source instanceof URL) {
    const response = await fetch(source, options.signal ? { signal: options.signal } : {})
    const name = options.file ?? source.pathname.split('/').at(-1) ?? ''
    if (!response.ok || !response.body) {
      throw new SnnError(
        'DATA_NOT_FOUND',
        `[openEvents] ${source.href} answers ${response.status}, expected a recording. Check the address.`,
        { path: source.href, looked: [name] },
      )
    }
    return openStream(response.body, name, options)
  }
  const isStream =
    typeof source === 'object' &&
    source !== null &&
    ('getReader' in source ||
      Symbol.asyncIterator in source ||
      (Symbol.iterator in source &&
        !ArrayBuffer.isView(source) &&
        !(Array.isArray(source) && typeof source[0] === 'number')))
  if (isStream) return openStream(source, options.file ?? '', options)
  return openSource(
    bytesSource(
      checkBytes(
        'openEvents',
        source,
        'source',
        'A path is opened by openEvents of @snn/datasets/node, an address by new URL(text).',
      ),
    ),
    options.file ?? '',
    options,
  )
}

/** A recording of which any part can be read. */
export async function openSource(source: ByteSource, name: string, options: OpenEventsOptions): Promise<EventSource> {
  return recording(() => source, await source.read(0, Math.min(headLength, source.size)), name, options)
}

/** Reads as much as tells the format and gives the stream with it in front. */
async function openStream(stream: ByteStream, name: string, options: OpenEventsOptions): Promise<EventSource> {
  const rest = piecesOf(stream)
  const first: Uint8Array[] = []
  let size = 0
  while (size < headLength) {
    const { done, value } = await rest.next()
    if (done) break
    first.push(value)
    size += value.length
  }
  const head = joinBytes(first)
  async function* again(): AsyncGenerator<Uint8Array, void, undefined> {
    yield head
    yield* rest
  }
  return recording(again, head.subarray(0, headLength), name, options)
}

function recording(
  bytes: () => ByteStream | ByteSource,
  head: Uint8Array,
  name: string,
  options: OpenEventsOptions,
): EventSource {
  const format = options.format ?? detectFormat(head, name)
  if (!format) {
    const ids = eventFormats.map(({ id }) => id).join(', ')
    const kind = fileKind(head)
    if (kind && kind.id !== 'text')
      throw new SnnError(
        'DATA_INVALID',
        `[openEvents] ${name || 'this file'} is ${kind.name}, no recording of events. ${kind.fix ?? 'Give the recording.'}`,
        { file: name },
      )
    throw new SnnError(
      'ARGUMENT',
      `[openEvents] ${name || 'these bytes'} are of no known format, expected one of ${ids}. Give { format }.`,
      { name: 'format', value: undefined },
    )
  }
  const named = { ...options, ...(name !== '' && { file: name }) }
  return {
    format,
    batches: () => format.batches(bytes(), named),
    all: async () => format.parse(await allBytes(bytes(), options.signal), named),
  }
}

/** The format of a file by its first bytes (1024 are enough), else by its name. */
export function detectFormat(first: Uint8Array, name = ''): EventFormat | undefined {
  const head = checkBytes('detectFormat', first)
  checkString('detectFormat', name, 'name')
  const ending = name.toLowerCase()
  return (
    eventFormats.find((format) => format.sniff(head)) ??
    eventFormats.find(
      ({ extensions, id }) =>
        (id === 'atis' || id === 'csv') && extensions.some((extension) => ending.endsWith(extension)),
    )
  )
}
