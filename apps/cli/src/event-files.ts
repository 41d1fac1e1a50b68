import { SnnError } from '@snn/tensor'
import {
  continueTimes,
  eventFormats,
  timeFalls,
  toTimeUnit,
  type EventFormat,
  type Events,
  type OpenEventsOptions,
  type OutsideRule,
  type ReadNote,
  type TimeFalls,
} from '@snn/datasets'
import { openEvents, setCatalogue, staticCatalogue, type AnySetInfo } from '@snn/datasets/node'
import { checkReadOptions, inFlags, inFlagsToo, readOptions, type RecordingFlags } from './recording-options.js'
import { count } from './table.js'

export const catalogue: Readonly<Record<string, AnySetInfo>> = { ...setCatalogue, ...staticCatalogue }

/** The set of that name. Throws `ARGUMENT`. */
export function setNamed(name: string, sets: Readonly<Record<string, AnySetInfo>> = catalogue): AnySetInfo {
  const info = Object.hasOwn(sets, name) ? sets[name] : undefined
  if (info) return info
  throw new SnnError(
    'ARGUMENT',
    `[data] set ${JSON.stringify(name)}, expected one of ${Object.keys(sets).join(', ')}.`,
    { name: 'set', value: name },
  )
}

/**
 * A format by its id or by the ending of a file name: of those that are written the one whose usual ending it is, else
 * one that knows it. Throws `ARGUMENT`.
 */
export function formatNamed(name: string): EventFormat {
  const written = eventFormats.filter(({ write }) => write)
  const ends = (extension: string): boolean => name.toLowerCase().endsWith(extension)
  const found =
    eventFormats.find(({ id }) => id === name) ??
    written.find(({ extensions }) => ends(extensions[0]!)) ??
    written.find(({ extensions }) => extensions.some(ends))
  if (found) return found
  throw new SnnError(
    'ARGUMENT',
    `[data] format ${JSON.stringify(name)}, expected one of ${eventFormats.map(({ id, extensions }) => `${id} (${extensions.join(', ')})`).join(', ')}.`,
    { name: 'format', value: name },
  )
}

/** Reads a recording. */
export async function readRecording(
  path: string,
  flags: RecordingFlags,
  signal: AbortSignal,
): Promise<{ readonly format: EventFormat; readonly events: Events }> {
  const { sensor, format, outside, restarts } = flags
  return inFlagsToo(async () => {
    const options = {
      signal,
      ...(sensor !== undefined && { sensor: readSensor(sensor) }),
      ...(format !== undefined && { format: formatNamed(format) }),
      ...(outside !== undefined && { outside: outside as OutsideRule }),
    }
    const source = await openEvents(path, { ...readOptions(flags), ...options })
    checkReadOptions(flags, source.format)
    const events = await source.all()
    return { format: source.format, events: restarts === 'continue' ? continueTimes(events) : events }
  })
}

function readSensor(text: string): NonNullable<OpenEventsOptions['sensor']> {
  const [, width, height, polarities] = /^(\d+)x(\d+)(?:x(\d+))?$/.exec(text) ?? []
  if (width && height)
    return { width: Number(width), height: Number(height), ...(polarities && { polarities: Number(polarities) }) }
  throw new SnnError('ARGUMENT', `[data] --sensor ${text}, expected WIDTHxHEIGHT, as 640x480.`, {
    name: '--sensor',
    value: text,
  })
}

/** What is in a recording. */
export interface RecordingFacts {
  readonly path: string
  readonly format: string
  readonly sensor: Events['sensor']
  readonly events: number
  /** Share of p = 1. */
  readonly brighter: number
  readonly first: number
  readonly last: number
  readonly timeUnit: string
  readonly seconds: number
  readonly inOrder: boolean
  /** What was left out, changed or taken for granted. */
  readonly notes: readonly ReadNote[]
}

/** The notes on a recording, a line each. */
export const describeNotes = ({ notes = [] }: Pick<Events, 'notes'>): string[] =>
  notes.map(({ count: n, text }) => `note: ${n === undefined ? '' : `${count(n)} `}${inFlags(text)}`)

export function factsOf(path: string, format: EventFormat, events: Events): RecordingFacts {
  const { t, p, sensor, timeUnit } = events
  const falls = timeFalls(events)
  const inOrder = falls === undefined
  const [first, last] =
    t.length === 0
      ? [0, 0]
      : inOrder
        ? [t[0]!, t.at(-1)!]
        : t.reduce(([least, most], time) => [Math.min(least, time), Math.max(most, time)], [t[0]!, t[0]!])
  const seconds = toTimeUnit({ ...events, t: Float64Array.of(last - first) }, 's').t[0]!
  const brighter = p.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0) / (p.length || 1)
  return {
    path,
    format: format.id,
    sensor,
    events: t.length,
    brighter,
    first,
    last,
    timeUnit,
    seconds,
    inOrder,
    notes: [...(events.notes ?? []), ...(falls ? [fallsNote(falls, timeUnit)] : [])],
  }
}

function fallsNote({ count: times, index, by, restarts }: TimeFalls, unit: string): ReadNote {
  const farthest = `the farthest by ${by} ${unit} at event ${index}`
  return {
    about: 'time',
    count: times,
    text: `events earlier than the one before, ${farthest}${restarts > 0 ? `; ${restarts} by more than 0.1 s, where the clock starts again: --restarts continue lets times go on` : ''}`,
  }
}
