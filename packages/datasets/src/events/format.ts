import { isSnnError } from '@snn/tensor'
import { checkBytes } from '@snn/tensor/library'
import { bytesSource, joinBytes, piecesOf, sourceOf, type ByteSource, type ByteStream } from '../bytes.js'
import { invalid } from '../invalid.js'
import { EventBuffer } from './buffer.js'
import { checkSensor, firstOutside, sensorOf, type Events, type Sensor, type TimeUnit } from './events.js'
import type { ReadNote } from './notes.js'
import { describeOutside, outsideNote, outsideTally, type OutsideRule, type OutsideTally } from './outside.js'
import { concatEvents } from './select.js'

export interface ReadOptions {
  /** Size of the sensor where the file does not say it, or says it wrongly. */
  readonly sensor?: { readonly width: number; readonly height: number; readonly polarities?: number }
  /** What to do with events outside of the sensor. Default `few`. */
  readonly outside?: OutsideRule
  /** Names the file in errors. */
  readonly file?: string
}

/** What readers take that decode a recording piece by piece. */
export interface StreamOptions {
  /** Ends the work early, by throwing `signal.reason`. */
  readonly signal?: AbortSignal
  /** Most bytes decoded at once, which bounds the memory. Default 1 MiB. */
  readonly chunkBytes?: number
}

/**
 * A file format of event recordings, as an object: `evt3.parse(bytes)`, `evt3.batches(stream)`, `evt3.write(events)`.
 */
export interface EventFormat<R extends object = object, W extends object = object> {
  readonly id: string
  /** What writes such files, in one line. */
  readonly description: string
  /** Usual endings of file names, with the dot. */
  readonly extensions: readonly string[]
  /** Names of the options that this format has beside those of every format. */
  readonly options: readonly string[]
  /**
   * Whether a file that starts with these bytes (the first 1024, or all) is of this format; false where nothing tells.
   */
  sniff(head: Uint8Array): boolean
  /** A whole recording. A last record or packet that is cut off is left out, with a note. Throws `DATA_INVALID`. */
  parse(bytes: Uint8Array, options?: ReadOptions & R): Promise<Events>
  /**
   * A recording of any size in pieces: memory depends on `chunkBytes`, not on the file. Containers (HDF5, MATLAB, NumPy
   * .npz), which need to read here and there, keep the bytes of a stream in memory as they are, packed; give them a
   * `ByteSource`.
   */
  batches(
    source: ByteStream | ByteSource,
    options?: ReadOptions & R & StreamOptions,
  ): AsyncGenerator<Events, void, undefined>
  /**
   * The bytes of a file with these events. Absent where the format is only read. Throws `ARGUMENT` for what the format
   * cannot hold.
   */
  readonly write?: (events: Events, options?: W) => Promise<Uint8Array>
  /** Names of the options of `write`. */
  readonly writeOptions: readonly string[]
}

/** A format that is decoded from its start to its end, piece by piece. */
export interface StreamFormat<R extends object = object, W extends object = object> extends EventFormat<R, W> {
  /** `parse`, at once. */
  decode(bytes: Uint8Array, options?: ReadOptions & R): Events
}

/** The state of reading one file. */
export interface EventDecoder {
  /** Known at the latest when the first event is. */
  readonly sensor: Sensor | undefined
  readonly timeUnit?: TimeUnit
  /** What is to be said of the file, taken out of here once events are given. */
  readonly notes?: ReadNote[]
  /** With fewer bytes `decode` cannot go on (a packet whose size is known). Default 1. */
  readonly needs?: number
  /**
   * Reads what is complete from the start of `bytes`, appends it to `out`, and returns how many bytes it has used up.
   */
  decode(bytes: Uint8Array, out: EventBuffer): number
  /**
   * Told what is left when the file ends; reads what it can and returns how many bytes it has used up, of none: 0.
   * Throws where no file may end so.
   */
  end?(rest: Uint8Array, out: EventBuffer): number
}

interface FormatSpec<R extends object, W extends object> extends Pick<
  EventFormat,
  'id' | 'description' | 'extensions' | 'sniff'
> {
  /** Default: none. */
  readonly options?: readonly (keyof R & string)[]
  readonly writeOptions?: readonly (keyof W & string)[]
}

export interface StreamFormatSpec<R extends object, W extends object> extends FormatSpec<R, W> {
  decoder(options: ReadOptions & R, file: string): EventDecoder
  readonly write?: (events: Events, options: W) => Uint8Array
}

/** The format that a decoder makes. */
export function streamFormat<R extends object = object, W extends object = object>(
  spec: StreamFormatSpec<R, W>,
): StreamFormat<R, W> {
  const { id, description, extensions, sniff, write, options: names = [], writeOptions = [] } = spec
  const nameOf = (options: ReadOptions | undefined): string => options?.file ?? id
  const decode = (given: Uint8Array, options?: ReadOptions & R): Events => {
    const bytes = checkBytes(id, given)
    const file = nameOf(options)
    const decoder = spec.decoder(options ?? ({} as R), file)
    const out = new EventBuffer()
    const tally = outsideTally(id, file, options?.outside)
    return naming(id, file, () => {
      const used = decoder.decode(bytes, out)
      ended(decoder, bytes.subarray(used), out)
      const events = taken(id, file, decoder, out, tally)
      tally.end()
      return noting(events)
    })
  }
  return {
    id,
    description,
    extensions,
    options: names,
    writeOptions,
    sniff,
    decode,
    parse: async (bytes, options) => decode(bytes, options),
    async *batches(source, options) {
      const file = nameOf(options)
      const decoder = spec.decoder(options ?? ({} as R), file)
      const out = new EventBuffer()
      const tally = outsideTally(id, file, options?.outside)
      let held: Uint8Array[] = []
      let size = 0
      for await (const piece of pieces(source, options ?? {})) {
        held.push(piece)
        size += piece.length
        if (size < (decoder.needs ?? 1)) continue
        const bytes = joinBytes(held)
        const used = naming(id, file, () => decoder.decode(bytes, out))
        held = used < bytes.length ? [bytes.slice(used)] : []
        size = bytes.length - used
        if (out.length > 0) yield taken(id, file, decoder, out, tally)
      }
      naming(id, file, () => ended(decoder, joinBytes(held), out))
      if (out.length > 0 || out.notes.length > 0 || !decoder.sensor) yield taken(id, file, decoder, out, tally)
      tally.end()
    },
    ...(write && { write: async (events: Events, options?: W) => write(events, options ?? ({} as W)) }),
  }
}

export interface ContainerFormatSpec<R extends object, W extends object> extends FormatSpec<R, W> {
  /** The recording in pieces, at least one, of which only what is in the next piece is read. */
  pieces(source: ByteSource, options: ReadOptions & R, file: string): AsyncGenerator<Events, void, undefined>
  readonly write?: (events: Events, options: W) => Promise<Uint8Array> | Uint8Array
}

/** The format of a container (zip, HDF5, MATLAB), whose parts are read here and there. */
export function containerFormat<R extends object = object, W extends object = object>(
  spec: ContainerFormatSpec<R, W>,
): EventFormat<R, W> {
  const { id, description, extensions, sniff, write, options: names = [], writeOptions = [] } = spec
  const piecesIn = (source: ByteSource, options?: ReadOptions & R): AsyncGenerator<Events, void, undefined> =>
    spec.pieces(source, options ?? ({} as R), options?.file ?? id)
  return {
    id,
    description,
    extensions,
    options: names,
    writeOptions,
    sniff,
    async parse(bytes, options) {
      const parts: Events[] = []
      for await (const part of piecesIn(bytesSource(checkBytes(id, bytes)), options)) parts.push(part)
      return noting(parts.length === 1 ? parts[0]! : concatEvents(parts))
    },
    async *batches(source, options) {
      for await (const part of piecesIn(await sourceOf(source, options?.signal), options)) {
        options?.signal?.throwIfAborted()
        yield part
      }
    },
    ...(write && { write: async (events: Events, options?: W) => write(events, options ?? ({} as W)) }),
  }
}

/** Ends the file; bytes that are no whole record or packet are noted. */
function ended(decoder: EventDecoder, rest: Uint8Array, out: EventBuffer): void {
  const cut = rest.length - (decoder.end?.(rest, out) ?? 0)
  if (cut > 0)
    out.note({
      about: 'source',
      count: cut,
      text: 'bytes at the end left out: the file is cut within a record or packet',
    })
}

/** What the decoder has put into `out` that lies on the sensor. */
function taken(operation: string, file: string, decoder: EventDecoder, out: EventBuffer, tally: OutsideTally): Events {
  const sensor = decoder.sensor
  if (!sensor) throw invalid(operation, file, 'ends within the header.')
  leaveOutside(out, sensor, tally)
  for (const note of decoder.notes?.splice(0) ?? []) out.note(note)
  return out.take(sensor, decoder.timeUnit ?? 'us')
}

/**
 * The events, with a note where there are none, or their times do not move: they may be another column, or in another
 * unit.
 */
function noting(events: Events): Events {
  const { t, notes = [] } = events
  if (t.length === 0) return { ...events, notes: [...notes, { about: 'source', text: 'no events in the file' }] }
  if (t.length < 2 || t[0] !== t.at(-1) || !t.every((time) => time === t[0])) return events
  return {
    ...events,
    notes: [...notes, { about: 'time', count: t.length, text: `events that are all at the time ${t[0]}` }],
  }
}

/** Takes the events out of `out` that the sensor does not have. */
function leaveOutside(out: EventBuffer, sensor: Sensor, tally: OutsideTally): void {
  const { t, x, y, p, length } = out
  const at = out.room !== undefined && out.room >= 0 ? -1 : firstOutside(x, y, p, sensor, length)
  const first =
    out.firstOutside ??
    (at < 0 ? undefined : describeOutside(`event ${tally.all + at}`, x[at]!, y[at]!, p[at]!, sensor))
  let n = at < 0 ? length : at
  for (let i = n; i < length; i++) {
    if (x[i]! >= sensor.width || y[i]! >= sensor.height || p[i]! >= sensor.polarities) continue
    t[n] = t[i]!
    x[n] = x[i]!
    y[n] = y[i]!
    p[n] = p[i]!
    n++
  }
  const count = out.outside + length - n
  tally.add(out.outside + length, count, first)
  if (count > 0) out.note(outsideNote(count, sensor))
  out.length = n
}

/** A fault of the machine (no memory for what a file claims) becomes the fault of the file. */
function naming<T>(operation: string, file: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (isSnnError(error) || !(error instanceof RangeError)) throw error
    throw invalid(operation, file, `cannot be decoded (${error.message}). The file is damaged.`, undefined, error)
  }
}

async function* pieces(
  source: ByteStream | ByteSource,
  { signal, chunkBytes = 2 ** 20 }: StreamOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of piecesOf(source)) {
    for (let at = 0; at < chunk.length; at += chunkBytes) {
      signal?.throwIfAborted()
      yield chunk.subarray(at, at + chunkBytes)
    }
  }
  signal?.throwIfAborted()
}

/** The sensor that the options give, else `otherwise`. */
export function chosenSensor(operation: string, { sensor }: ReadOptions, otherwise: Sensor): Sensor
export function chosenSensor(
  operation: string,
  { sensor }: ReadOptions,
  otherwise: Sensor | undefined,
): Sensor | undefined
export function chosenSensor(
  operation: string,
  { sensor }: ReadOptions,
  otherwise: Sensor | undefined,
): Sensor | undefined {
  if (!sensor) return otherwise
  const chosen = sensorOf(sensor.width, sensor.height, sensor.polarities ?? otherwise?.polarities)
  checkSensor(operation, chosen)
  return chosen
}
