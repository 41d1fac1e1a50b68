import { isSnnError } from '@snn/tensor'
import { invalid } from '../../invalid.js'
import { timeCounter, turnsNote } from '../counter.js'
import { checkSensor, sensorOf, type EventArrays, type Events, type Sensor, type TimeUnit } from '../events.js'
import { addNote, missingNotes, type ReadNote } from '../notes.js'
import { describeOutside, outsideNote, outsideTally, type OutsideRule } from '../outside.js'
import { expectedPolarity, polarityReader } from '../polarity.js'
import { plausibleUnit } from '../time-unit.js'

/** What is known of a recording before its arrays are looked at. */
export interface KnownRecording {
  readonly sensor: Sensor | undefined
  /** As the file or the options say it. */
  readonly timeUnit: TimeUnit | undefined
  readonly outside?: OutsideRule | undefined
  readonly notes?: readonly ReadNote[]
}

/** Makes events of the arrays of one recording, piece by piece. */
export interface ArrayReading {
  /** Looks at a piece before any is read, so that the sensor becomes the smallest that has all events. */
  measure(arrays: EventArrays): void
  /** The events of the next piece. Throws `DATA_INVALID`. */
  read(arrays: EventArrays): Events
  /** Throws `DATA_INVALID` where too many events lie outside. */
  end(): void
}

/** Sides of a sensor that is only guessed at: no event camera has more pixels. */
const mostPixels = 4096
/** Counters of time that are stored as they are. */
const counterBits = 32

/**
 * The reading of a file that keeps its events in arrays. Polarities become 0 and 1, times in us that fall by a turn of
 * a 32-bit counter go on, events that are not on the sensor are left out by the rule of `OutsideRule`, and a unit that
 * nothing names is guessed by `plausibleUnit`.
 */
export function arrayReading(operation: string, file: string, known: KnownRecording): ArrayReading {
  const tally = outsideTally(operation, file, known.outside)
  const polarity = polarityReader()
  const counter = timeCounter(counterBits)
  const pending: ReadNote[] = [...(known.notes ?? [])]
  let { sensor, timeUnit } = known
  let size: Sensor | undefined
  const fail = (what: string): never => {
    throw invalid(operation, file, what)
  }
  const polarityOf = (value: number): number => {
    if (known.sensor && known.sensor.polarities > 2) return value
    return (
      polarity(value) ??
      fail(
        `polarity ${value}, ${expectedPolarity}. Is it another column ({ columns }), or has the sensor more polarities ({ sensor: { polarities } })?`,
      )
    )
  }
  const smallest = ({ width, height, polarities }: Sensor): Sensor => {
    if (height > 1 && Math.max(width, height) > mostPixels)
      fail(
        `events up to x ${width - 1} and y ${height - 1}, a sensor that no camera has. Give { sensor: { width, height } }, and events outside of it are left out.`,
      )
    const found = sensorOf(width, height, polarities)
    try {
      checkSensor(operation, found)
    } catch (error) {
      throw isSnnError(error)
        ? invalid(operation, file, `${error.message} Give { sensor: { width, height } }.`, undefined, error)
        : error
    }
    addNote(pending, {
      about: 'sensor',
      text: `the file does not say its sensor; ${width} x ${height} is the smallest that has all events`,
    })
    return found
  }
  const unitOf = (t: ArrayLike<number>): TimeUnit => {
    const guess = plausibleUnit(t)
    if ('why' in guess) return fail(`${guess.why}. Give their unit, { timeUnit: 's' }, 'ms', 'us' or 'ns'.`)
    if (guess.unit === 's')
      addNote(pending, { about: 'time', text: 'times with decimals taken as seconds; { timeUnit } says another' })
    return guess.unit
  }
  const measure = ({ x, y, p }: EventArrays): void => {
    size = {
      width: Math.max(size?.width ?? 1, reach(x)),
      height: Math.max(size?.height ?? 1, reach(y)),
      polarities: p ? 2 : 1,
    }
  }
  return {
    measure,
    read(arrays) {
      const { t, x, y, p } = arrays
      const length = t.length
      if (x.length !== length || (y?.length ?? length) !== length || (p?.length ?? length) !== length)
        fail(
          `t, x, y, p of ${[t, x, y, p].map((array) => array?.length ?? 0).join(', ')} elements, expected one length.`,
        )
      if (!sensor) {
        if (!size) measure(arrays)
        sensor = smallest(size!)
      }
      for (const note of missingNotes({ y: y !== undefined, p: p !== undefined }, sensor)) addNote(pending, note)
      timeUnit ??= length > 0 ? unitOf(t) : undefined
      const guessed = known.timeUnit === undefined && timeUnit === 'us'
      const { width, height, polarities } = sensor
      const out = {
        t: new Float64Array(length),
        x: new Uint16Array(length),
        y: new Uint16Array(length),
        p: new Uint8Array(length),
      }
      const turns = counter.turns
      let n = 0
      let first: string | undefined
      for (let i = 0; i < length; i++) {
        const column = x[i]!
        const row = y ? y[i]! : 0
        const sign = p ? polarityOf(p[i]!) : 0
        const time = timeUnit === 'us' ? counter.next(t[i]!) : t[i]!
        if (!Number.isFinite(time))
          fail(
            `time ${time} of event ${tally.all + i}, expected a finite number. Leave the event out, or mend it where the file was made.`,
          )
        if (guessed && Math.floor(time) !== time)
          fail(
            `time ${time} of event ${tally.all + i} after whole numbers, which are taken as us. Give their unit, { timeUnit: 's' }, 'ms', 'us' or 'ns'.`,
          )
        if (!(isPlace(column, width) && isPlace(row, height) && isPlace(sign, polarities))) {
          first ??= describeOutside(`event ${tally.all + i}`, column, row, sign, sensor)
          continue
        }
        out.t[n] = time
        out.x[n] = column
        out.y[n] = row
        out.p[n] = sign
        n++
      }
      tally.add(length, length - n, first)
      if (n < length) addNote(pending, outsideNote(length - n, sensor))
      if (counter.turns > turns) addNote(pending, turnsNote(counter.turns - turns, counterBits))
      const notes = pending.splice(0)
      return { ...cut(out, n), sensor, timeUnit: timeUnit ?? 'us', ...(notes.length > 0 && { notes }) }
    },
    end: () => tally.end(),
  }
}

const isPlace = (value: number, size: number): boolean => value >= 0 && value < size && Math.floor(value) === value

type Columns = Pick<Events, 't' | 'x' | 'y' | 'p'>

function cut({ t, x, y, p }: Columns, length: number): Columns {
  return length === t.length
    ? { t, x, y, p }
    : { t: t.slice(0, length), x: x.slice(0, length), y: y.slice(0, length), p: p.slice(0, length) }
}

/** The events of arrays that are a whole recording. */
export function fromFile(operation: string, file: string, arrays: EventArrays, known: KnownRecording): Events {
  const reading = arrayReading(operation, file, known)
  const events = reading.read(arrays)
  reading.end()
  return events
}

/** How many places reach up to the largest value that is one, at least 1. */
function reach(values: ArrayLike<number> | undefined): number {
  let top = 0
  const length = values?.length ?? 0
  for (let i = 0; i < length; i++) if (values![i]! > top) top = values![i]!
  return Math.floor(top) + 1
}

/**
 * The sensor that a file states as [width, height, polarities], or undefined. Throws `DATA_INVALID` for sizes that
 * cannot be.
 */
export function statedSensor(
  operation: string,
  file: string,
  values: ArrayLike<number> | undefined,
): Sensor | undefined {
  if (values?.length !== 3) return undefined
  const sensor = sensorOf(values[0]!, values[1]!, values[2])
  try {
    checkSensor(operation, sensor)
  } catch (error) {
    throw invalid(operation, file, (error as Error).message, undefined, error)
  }
  return sensor
}
