import { invalid } from '../../invalid.js'
import type { EventBuffer } from '../buffer.js'
import { parseColumns } from '../column-roles.js'
import { timeCounter, turnsNote } from '../counter.js'
import { checkEvents, type Events, type Sensor, type TimeUnit } from '../events.js'
import { streamFormat, type EventDecoder, type ReadOptions } from '../format.js'
import type { ReadNote } from '../notes.js'
import { describeOutside } from '../outside.js'
import { expectedPolarity, polarityReader } from '../polarity.js'
import { ascii } from '../text-header.js'
import { isEventText, ownOpening, rowOf } from './csv-head.js'
import { csvLayout, headLines, type CsvLayout, type CsvOptions } from './csv-layout.js'
import { parseNumber } from './csv-number.js'

export interface CsvWriteOptions {
  /** What the columns are. Default `txyp`. */
  readonly columns?: string
}

const longestLine = 4096
const counterBits = 32
const latin = new TextDecoder('latin1')

/**
 * Text with one event a line: of the RPG data sets and v2e (`t x y p` in s, with a line `width height` or none), of
 * Metavision (`%geometry:640,480`, then
 * `x,y,p,t`), with a line of names (`timestamp,x,y,polarity` of dv, quoted or plural), in any order of columns that
 * `columns` gives. Lines that start with `#` or `%` are comments. Polarity is 0 and 1, -1 and 1, 0 and 255, or false
 * and true. A file that does not say its sensor needs the option.
 */
export const csv = streamFormat<CsvOptions, CsvWriteOptions>({
  id: 'csv',
  description: 'Text (.csv, .txt): one event a line, with or without names of the columns: RPG, v2e, Metavision, dv',
  extensions: ['.csv', '.txt'],
  options: ['columns', 'timeUnit'],
  writeOptions: ['columns'],
  sniff: isEventText,
  decoder: (options, file) => lines(options, file),
  write(events: Events, { columns = 'txyp' }): Uint8Array {
    checkEvents('csv', events)
    const order = parseColumns('csv', columns)
    const { t, x, y, p, sensor, timeUnit } = events
    const text = [
      `${ownOpening} ${sensor.width} x ${sensor.height} x ${sensor.polarities}, t in ${timeUnit}`,
      order.join(','),
    ]
    const arrays = order.map((name) => ({ t, x, y, p })[name as 't'] ?? new Uint8Array(t.length))
    for (let i = 0; i < t.length; i++) text.push(arrays.map((array) => array[i]!).join(','))
    return ascii(`${text.join('\n')}\n`)
  },
})

function lines(options: ReadOptions & CsvOptions, file: string): EventDecoder {
  const given = options.columns === undefined ? undefined : parseColumns('csv', options.columns)
  const counter = timeCounter(counterBits)
  const polarity = polarityReader()
  let layout: CsvLayout | undefined
  let line = 0
  let toldTurns = 0
  /** Time of the last event. */
  let last = -Infinity

  /** Finds the layout, and returns where the events start. */
  const start = (bytes: Uint8Array): number => {
    layout = csvLayout(bytes, options, given, file)
    line = layout.line
    return layout.from
  }

  const failAt = (what: string): never => {
    throw invalid('csv', file, `line ${line}${what}`)
  }
  const read = (
    bytes: Uint8Array,
    from: number,
    to: number,
    out: EventBuffer,
    { order, timeUnit, guessed, sensor }: CsvLayout,
  ): void => {
    line++
    while (from < to && bytes[from]! <= 0x20) from++
    while (to > from && bytes[to - 1]! <= 0x20) to--
    if (from === to || bytes[from] === 0x23 || bytes[from] === 0x25) return
    const event = { t: 0, x: 0, y: 0, p: 0 }
    let column = 0
    for (let at = from; at < to && column < order.length; column++) {
      let end = at
      while (end < to && bytes[end]! > 0x20 && bytes[end] !== 0x2c && bytes[end] !== 0x3b) end++
      const name = order[column] as 't' | 'x' | 'y' | 'p' | '-'
      if (name !== '-') {
        const value = parseNumber(bytes, at, end)
        const fault = name === 'p' && Number.isFinite(value) ? expectedPolarity : 'expected a number'
        const read =
          name === 'p' && sensor!.polarities <= 2 ? polarity(value) : Number.isFinite(value) ? value : undefined
        if (read === undefined)
          return failAt(
            `: ${name} is ${JSON.stringify(latin.decode(bytes.subarray(at, Math.min(end, at + 40))))}, ${fault}. Give { columns } if the order is another.`,
          )
        event[name] = read
      }
      at = skipBlanks(bytes, end, to)
      if (bytes[at] === 0x2c || bytes[at] === 0x3b) at = skipBlanks(bytes, at + 1, to)
    }
    if (column < order.length)
      failAt(
        ` has ${column} columns, expected ${order.length} (${order.join(', ')}). Give { columns } if they are others.`,
      )
    if (guessed && Math.floor(event.t) !== event.t)
      failAt(
        `: time ${event.t} after whole numbers, which are taken as us. Give their unit, { timeUnit: 's' }, 'ms', 'us' or 'ns'.`,
      )
    if (!isCoordinate(event.x) || !isCoordinate(event.y) || !isCoordinate(event.p)) {
      out.outside++
      out.firstOutside ??= describeOutside(`line ${line}`, event.x, event.y, event.p, sensor!)
      return
    }
    out.reserve(1)
    const n = out.length++
    out.t[n] = timeUnit === 'us' ? counter.next(event.t) : event.t
    out.x[n] = event.x
    out.y[n] = event.y
    out.p[n] = event.p
    last = out.t[n]!
  }

  const finish = (out: EventBuffer): void => {
    if (counter.turns > toldTurns) out.note(turnsNote(counter.turns - toldTurns, counterBits))
    toldTurns = counter.turns
  }

  const tooLong = (size: number): never => {
    throw invalid(
      'csv',
      file,
      `line ${line + 1} of more than ${longestLine} bytes (${size}), expected one event a line.`,
    )
  }
  const wholeLines = (bytes: Uint8Array, at: number, out: EventBuffer): number => {
    for (;;) {
      const end = bytes.indexOf(0x0a, at)
      if (end < 0) {
        if (bytes.length - at > longestLine) tooLong(bytes.length - at)
        finish(out)
        return at
      }
      read(bytes, at, end, out, layout!)
      at = end + 1
    }
  }
  return {
    get sensor(): Sensor | undefined {
      return layout?.sensor
    },
    get timeUnit(): TimeUnit {
      return layout?.timeUnit ?? 'us'
    },
    get notes(): ReadNote[] {
      return layout?.notes ?? []
    },
    decode(bytes: Uint8Array, out: EventBuffer): number {
      if (!layout && !hasLines(bytes, headLines)) {
        const rest = bytes.length - bytes.lastIndexOf(0x0a) - 1
        if (rest > longestLine) tooLong(rest)
        return 0
      }
      return wholeLines(bytes, layout ? 0 : start(bytes), out)
    },
    end(rest: Uint8Array, out: EventBuffer): number {
      const from = layout ? 0 : start(rest)
      const at = wholeLines(rest, from, out)
      if (last > -Infinity && isCut(rest.subarray(at), layout!.order.length)) return at
      const before = last
      read(rest, at, rest.length, out, layout!)
      if (last < before)
        out.note({
          about: 'source',
          text: `the last line has no end, and its time ${last} is before the ${before} of the line above it: the file may be cut within a number`,
        })
      finish(out)
      if (!layout!.sensor) throw invalid('csv', file, 'no events in it.')
      return rest.length
    },
  }
}

function skipBlanks(bytes: Uint8Array, at: number, to: number): number {
  while (at < to && bytes[at]! <= 0x20) at++
  return at
}

/** Whether the last line of a file, which has no end, has fewer columns than the others, or ends in no number. */
function isCut(line: Uint8Array, columns: number): boolean {
  const row = rowOf(line)
  return row.length > 0 && line[0] !== 0x23 && line[0] !== 0x25 && (row.length < columns || Number.isNaN(row.at(-1)))
}

const isCoordinate = (value: number): boolean => value >= 0 && value < 65536 && Math.floor(value) === value

function hasLines(bytes: Uint8Array, count: number): boolean {
  let at = -1
  for (let i = 0; i < count; i++) {
    at = bytes.indexOf(0x0a, at + 1)
    if (at < 0) return false
  }
  return true
}
