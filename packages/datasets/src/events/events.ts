import { SnnError } from '@snn/tensor'
import { checkMembers, checkObject } from '@snn/tensor/library'
import type { ReadNote } from './notes.js'

/**
 * What an event camera or silicon cochlea can address: x in 0..width - 1, y in 0..height - 1, p in 0..polarities - 1.
 */
export interface Sensor {
  readonly width: number
  readonly height: number
  readonly polarities: number
}

/** The unit of times of events. */
export type TimeUnit = 's' | 'ms' | 'us' | 'ns'

/**
 * A recording as four arrays of equal length; event i is (t[i], x[i], y[i], p[i]), and no event is an object of its
 * own.
 *
 * Times are doubles: whole microseconds are exact up to 2^53 (285 years), spike times in seconds need no second
 * representation, and arithmetic on them needs no BigInt, which is more than ten times slower and cannot be mixed with
 * numbers. Readers give times as the file has them, in order unless the file is not. Functions here never write into
 * the arrays they are given.
 */
export interface Events {
  /** Times in `timeUnit`. */
  readonly t: Float64Array
  /** Column from the left, or the channel of an audio recording. */
  readonly x: Uint16Array
  /** Row; 0 for audio. */
  readonly y: Uint16Array
  /** 1: brighter, 0: darker. */
  readonly p: Uint8Array
  readonly sensor: Sensor
  readonly timeUnit: TimeUnit
  /**
   * What the reader of the file changed, left out or took for granted; absent where it did nothing of that. Transforms
   * keep it.
   */
  readonly notes?: readonly ReadNote[]
}

/** How many of a unit are in a second. */
export const unitsPerSecond: Readonly<Record<TimeUnit, number>> = { s: 1, ms: 1e3, us: 1e6, ns: 1e9 }

/** A sensor from the sizes alone: two polarities for a picture, one for a line of channels. */
export function sensorOf(width: number, height: number, polarities = height === 1 ? 1 : 2): Sensor {
  return { width, height, polarities }
}

/** Throws `ARGUMENT` unless the sizes are whole numbers that 16-bit coordinates and 8-bit polarities can address. */
export function checkSensor(operation: string, sensor: Sensor): void {
  checkObject(operation, sensor, 'sensor', '{ width, height, polarities }')
  const { width, height, polarities } = sensor
  const whole = (n: number, most: number): boolean => Number.isInteger(n) && n >= 1 && n <= most
  if (whole(width, 65536) && whole(height, 65536) && whole(polarities, 256)) return
  throw new SnnError(
    'ARGUMENT',
    `[${operation}] sensor ${width} x ${height} with ${polarities} polarities, expected whole numbers from 1 to 65536, 65536 and 256.`,
    { name: 'sensor', value: { width, height, polarities } },
  )
}

/** Columns of events, one element an event: time, column, row, polarity (1: brighter). */
export interface EventArrays {
  readonly t: ArrayLike<number>
  readonly x: ArrayLike<number>
  /** Absent for audio. */
  readonly y?: ArrayLike<number>
  readonly p?: ArrayLike<number>
}

/** What a recording made from arrays is of. */
export interface CreateOptions {
  readonly sensor: Sensor
  /** Default `us`. */
  readonly timeUnit?: TimeUnit
}

/**
 * Events from arrays, copied and checked. Throws `SHAPE` for unequal lengths and `ARGUMENT` for a coordinate that the
 * sensor has not.
 */
export function createEvents(arrays: EventArrays, options: CreateOptions): Events {
  checkMembers('createEvents', arrays, 'arrays', ['t', 'x'], 'arrays of numbers: { t, x, y, p }')
  checkMembers('createEvents', options, 'options', ['sensor'], '{ sensor: { width, height, polarities } }')
  const { t, x, y, p } = arrays
  const { sensor, timeUnit = 'us' } = options
  checkSensor('createEvents', sensor)
  const length = t.length
  if (x.length !== length || (y?.length ?? length) !== length || (p?.length ?? length) !== length) {
    const lengths = [t, x, y, p].map((array) => array?.length ?? 0)
    throw new SnnError('SHAPE', `[createEvents] t, x, y, p of ${lengths.join(', ')} elements, expected one length.`, {
      shapes: lengths.map((n) => [n]),
    })
  }
  const column = (name: string, values: ArrayLike<number> | undefined, most: number): void => {
    if (!values) return
    for (let i = 0; i < length; i++) {
      const value = values[i]!
      if (!(value >= 0 && value < most && Math.floor(value) === value))
        throw outside('createEvents', name, value, most, i)
    }
  }
  column('x', x, sensor.width)
  column('y', y, sensor.height)
  column('p', p, sensor.polarities)
  for (let i = 0; i < length; i++) {
    if (!Number.isFinite(t[i]))
      throw new SnnError('ARGUMENT', `[createEvents] t ${t[i]} of event ${i}, expected a finite number.`, {
        name: 't',
        value: t[i],
      })
  }
  return {
    t: Float64Array.from(t),
    x: Uint16Array.from(x),
    y: y ? Uint16Array.from(y) : new Uint16Array(length),
    p: p ? Uint8Array.from(p) : new Uint8Array(length),
    sensor,
    timeUnit,
  }
}

/** The index of the first event up to `to` that the sensor does not have, or -1. */
export function firstOutside(
  x: Uint16Array,
  y: Uint16Array,
  p: Uint8Array,
  { width, height, polarities }: Sensor,
  to: number,
): number {
  for (let from = 0; from < to; from += 4096) {
    const end = Math.min(from + 4096, to)
    // A coordinate that is too large makes a difference, and so the union of all bits, negative: no branch for each
    // event.
    let bits = 0
    for (let i = from; i < end; i++) bits |= (width - 1 - x[i]!) | (height - 1 - y[i]!) | (polarities - 1 - p[i]!)
    if (bits >= 0) continue
    for (let i = from; i < end; i++) if (x[i]! >= width || y[i]! >= height || p[i]! >= polarities) return i
  }
  return -1
}

/** Throws `ARGUMENT` unless the value has what events have. */
export function expectEvents(operation: string, events: unknown, name = 'events'): asserts events is Events {
  checkMembers(operation, events, name, ['t', 'x', 'y', 'p', 'sensor'], 'events: { t, x, y, p, sensor, timeUnit }')
}

/** Throws `ARGUMENT` unless every event lies on the sensor and the arrays are of one length. */
export function checkEvents(operation: string, events: Events): void {
  expectEvents(operation, events)
  const { t, x, y, p, sensor } = events
  checkSensor(operation, sensor)
  if (x.length !== t.length || y.length !== t.length || p.length !== t.length) {
    const lengths = [t, x, y, p].map((array) => array.length)
    throw new SnnError('SHAPE', `[${operation}] t, x, y, p of ${lengths.join(', ')} elements, expected one length.`, {
      shapes: lengths.map((n) => [n]),
    })
  }
  const at = firstOutside(x, y, p, sensor, t.length)
  if (at < 0) return
  if (x[at]! >= sensor.width) throw outside(operation, 'x', x[at]!, sensor.width, at)
  if (y[at]! >= sensor.height) throw outside(operation, 'y', y[at]!, sensor.height, at)
  throw outside(operation, 'p', p[at]!, sensor.polarities, at)
}

function outside(operation: string, name: string, value: number, most: number, index: number): SnnError<'ARGUMENT'> {
  return new SnnError(
    'ARGUMENT',
    `[${operation}] ${name} ${value} of event ${index}, expected a whole number from 0 to ${most - 1}. Is the sensor another?`,
    { name, value },
  )
}

/** The same events with times in another unit. */
export function toTimeUnit(events: Events, timeUnit: TimeUnit): Events {
  expectEvents('toTimeUnit', events)
  if (!Object.hasOwn(unitsPerSecond, timeUnit))
    throw new SnnError(
      'ARGUMENT',
      `[toTimeUnit] timeUnit ${timeUnit}, expected one of ${Object.keys(unitsPerSecond).join(', ')}.`,
      { name: 'timeUnit', value: timeUnit },
    )
  if (timeUnit === events.timeUnit) return events
  const [to, from] = [unitsPerSecond[timeUnit], unitsPerSecond[events.timeUnit]]
  // One of the two divides the other: a division or a multiplication by a whole number, rounded once.
  return {
    ...events,
    t: to > from ? events.t.map((t) => t * (to / from)) : events.t.map((t) => t / (from / to)),
    timeUnit,
  }
}
