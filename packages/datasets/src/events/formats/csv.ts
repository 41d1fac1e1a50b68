import { SnnError } from '@snn/tensor'
import { invalid } from '../../invalid.js'
import type { EventBuffer } from '../buffer.js'
import { checkEvents, checkSensor, unitsPerSecond, type Events, type Sensor, type TimeUnit } from '../events.js'
import { chosenSensor, streamFormat, type EventDecoder, type ReadOptions } from '../format.js'
import { ascii, startsWith } from '../text-header.js'

export interface CsvOptions {
  /** What the columns are, as letters: `txyp` (default), `xypt`, ...; `-` for a column to skip. A line of names in the file comes first. */
  readonly columns?: string
  /** Unit of the times. Default `us`. */
  readonly timeUnit?: TimeUnit
}

const opening = '# events of a sensor'
const longestLine = 4096
const names: Readonly<Record<string, string>> = { t: 't', ts: 't', time: 't', timestamp: 't', x: 'x', y: 'y', p: 'p', pol: 'p', polarity: 'p' }
const powers = Float64Array.from({ length: 23 }, (_, i) => 10 ** i)

/**
 * Text with one event a line, as of the RPG data sets (`t x y p`) or with commas and a line of names. Lines that start with `#` or `%` are
 * comments. Polarity is 1 for positive numbers, else 0. The sensor must be given, except for files that `write` made.
 */
export const csv = streamFormat<CsvOptions, CsvOptions>({
  id: 'csv',
  description: 'Text (.csv, .txt): one event a line, t x y p or named columns',
  extensions: ['.csv', '.txt'],
  sniff: (head) => startsWith(head, opening) || /^(#.*\n)*\s*(-?[\d.]+[ ,;\t]+){3}[\d.-]+\s*\n/.test(new TextDecoder('latin1').decode(head)) || /^\s*(t|ts|time|timestamp|x)[ ,;\t]+\w+[ ,;\t]+\w+[ ,;\t]+\w+\s*\n/.test(new TextDecoder('latin1').decode(head)),
  decoder: (options, file) => lines(options, file),
  write(events: Events, { columns = 'txyp' }): Uint8Array {
    checkEvents('csv', events)
    const order = columnsOf(columns)
    const { t, x, y, p, sensor, timeUnit } = events
    const text = [`${opening} ${sensor.width} x ${sensor.height} x ${sensor.polarities}, t in ${timeUnit}`, order.join(',')]
    const arrays = order.map((name) => ({ t, x, y, p })[name as 't'] ?? new Uint8Array(t.length))
    for (let i = 0; i < t.length; i++) text.push(arrays.map((array) => array[i]!).join(','))
    return ascii(`${text.join('\n')}\n`)
  },
})

function columnsOf(columns: string): string[] {
  if (/^[txyp-]+$/.test(columns) && /t/.test(columns) && /x/.test(columns)) return columns.split('')
  throw new SnnError('ARGUMENT', `[csv] columns ${JSON.stringify(columns)}, expected the letters t, x, y, p and - in the order of the columns.`, { name: 'columns', value: columns })
}

function lines(options: ReadOptions & CsvOptions, file: string): EventDecoder {
  let order = columnsOf(options.columns ?? 'txyp')
  let timeUnit: TimeUnit = options.timeUnit ?? 'us'
  let sensor: Sensor | undefined = chosenSensor('csv', options, undefined)
  let first = true
  let line = 0
  const decoder = {
    get sensor(): Sensor | undefined {
      return sensor
    },
    get timeUnit(): TimeUnit {
      return timeUnit
    },
    decode(bytes: Uint8Array, out: EventBuffer): number {
      let at = 0
      for (;;) {
        const end = bytes.indexOf(0x0a, at)
        if (end < 0) {
          if (bytes.length - at > longestLine) throw invalid('csv', file, `line ${line + 1} of more than ${longestLine} bytes, expected one event a line.`)
          return at
        }
        read(bytes, at, end, out)
        at = end + 1
      }
    },
    end(rest: Uint8Array, out: EventBuffer): void {
      read(rest, 0, rest.length, out)
      sensor ??= out.length === 0 && first ? undefined : needSensor()
      if (!sensor) throw invalid('csv', file, 'no events in it.')
    },
  }
  const needSensor = (): never => {
    throw new SnnError('ARGUMENT', `[csv] ${file} does not say the size of the sensor. Give { sensor: { width, height } }.`, { name: 'sensor', value: undefined })
  }
  const read = (bytes: Uint8Array, from: number, to: number, out: EventBuffer): void => {
    line++
    while (from < to && bytes[from]! <= 0x20) from++
    while (to > from && bytes[to - 1]! <= 0x20) to--
    if (from === to) return
    if (bytes[from] === 0x23 || bytes[from] === 0x25) {
      const [, width, height, polarities, unit] = /^# events of a sensor (\d+) x (\d+) x (\d+), t in (\w+)/.exec(new TextDecoder('latin1').decode(bytes.subarray(from, Math.min(to, from + 200)))) ?? []
      if (width && !sensor) {
        const found = { width: Number(width), height: Number(height), polarities: Number(polarities) }
        checkSensor('csv', found)
        sensor = found
      }
      if (unit && Object.hasOwn(unitsPerSecond, unit) && options.timeUnit === undefined) timeUnit = unit as TimeUnit
      return
    }
    if (first) {
      first = false
      const fields = new TextDecoder('latin1').decode(bytes.subarray(from, Math.min(to, from + 400))).toLowerCase().split(/[\s,;]+/)
      if (fields.some((field) => field in names)) {
        order = fields.map((field) => (Object.hasOwn(names, field) ? names[field]! : '-'))
        if (!order.includes('t') || !order.includes('x')) throw invalid('csv', file, `columns ${fields.join(', ')}, expected t, x, y and p among them.`)
        return
      }
      if (!sensor) needSensor()
    }
    out.reserve(1)
    const n = out.length
    out.y[n] = 0
    out.p[n] = 0
    let column = 0
    for (let at = from; at < to && column < order.length; column++) {
      let end = at
      while (end < to && bytes[end]! > 0x20 && bytes[end] !== 0x2c && bytes[end] !== 0x3b) end++
      const name = order[column]
      if (name !== '-') {
        const value = number(bytes, at, end)
        if (name === 't' ? !Number.isFinite(value) : name === 'p' ? Number.isNaN(value) : !(value >= 0 && value < 65536 && Math.floor(value) === value)) {
          throw invalid('csv', file, `line ${line}: ${name} is ${JSON.stringify(new TextDecoder('latin1').decode(bytes.subarray(at, Math.min(end, at + 40))))}, expected a number. Give { columns } if the order is another.`)
        }
        if (name === 't') out.t[n] = value
        else if (name === 'x') out.x[n] = value
        else if (name === 'y') out.y[n] = value
        else out.p[n] = value > 0 ? 1 : 0
      }
      at = end
      while (at < to && (bytes[at]! <= 0x20 || bytes[at] === 0x2c || bytes[at] === 0x3b)) at++
    }
    if (column < order.length) throw invalid('csv', file, `line ${line} has ${column} columns, expected ${order.length} (${order.join(', ')}).`)
    out.length = n + 1
  }
  return decoder
}

/** A decimal number; digits are summed up while that is exact, the rest is left to the language. */
function number(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  const negative = bytes[at] === 0x2d
  if (negative || bytes[at] === 0x2b) at++
  let digits = 0
  let value = 0
  let fraction = -1
  for (; at < to; at++) {
    const byte = bytes[at]!
    if (byte >= 0x30 && byte <= 0x39) {
      value = value * 10 + (byte - 0x30)
      digits++
      if (fraction >= 0) fraction++
    } else if (byte === 0x2e && fraction < 0) fraction = 0
    else break
  }
  const plain = at === to && digits > 0
  if (!plain || digits > 15) {
    const text = new TextDecoder('latin1').decode(bytes.subarray(from, Math.min(to, from + 64)))
    return text.trim() === '' ? NaN : Number(text)
  }
  if (fraction > 0) value /= powers[fraction]!
  return negative ? -value : value
}
