import { invalid } from '../../invalid.js'
import { roleOf } from '../column-roles.js'
import { isSnnError } from '@snn/tensor'
import { checkSensor, type Sensor, type TimeUnit } from '../events.js'
import { isUnit } from '../time-unit.js'
import { parseNumber } from './csv-number.js'

/** How files that we write begin. */
export const ownOpening = '# events of a sensor'

/** What stands before the events of a text file, and the first of them. */
export interface CsvHead {
  readonly sensor: Sensor | undefined
  readonly timeUnit: TimeUnit | undefined
  /** The columns as their names say, `-` for those that are none. */
  readonly names: readonly string[] | undefined
  /** The numbers of the first lines. */
  readonly rows: readonly (readonly number[])[]
  /** Bytes and lines before the first event. */
  readonly from: number
  readonly line: number
}

/**
 * The cells of a line, but for an empty one at its end: an empty one in front is a column without a name, as that of a
 * table's index.
 */
const cellsOf = (line: string, separator: RegExp): string[] =>
  line.split(separator).filter((cell, i, all) => cell !== '' || i < all.length - 1)
const fieldsOf = (line: string): string[] => cellsOf(line, /\s*[,;]\s*|\s+/)
/** Names may have blanks in them where something else parts them. */
const namesOf = (line: string): string[] => (/[,;\t]/.test(line) ? cellsOf(line, /\s*[,;\t]\s*/) : fieldsOf(line))
const latin = new TextDecoder('latin1')
/** The numbers of a line, NaN for what is none. */
export const rowOf = (line: Uint8Array): number[] => numbersOf(fieldsOf(latin.decode(line).trim()))
const numbersOf = (fields: readonly string[]): number[] =>
  fields.map((field) =>
    parseNumber(
      Uint8Array.from(field, (character) => character.charCodeAt(0)),
      0,
      field.length,
    ),
  )

/**
 * The lines at the start of a file: comments, the size of the sensor, names of columns, events up to `most` lines. With
 * `columns`, names are not needed.
 */
export function csvHead(
  bytes: Uint8Array,
  most: number,
  columns: readonly string[] | undefined,
  file: string,
): CsvHead {
  const named = columns !== undefined
  let sensor: Sensor | undefined
  let sizes: { width?: number; height?: number } = {}
  let timeUnit: TimeUnit | undefined
  let names: string[] | undefined
  const rows: number[][] = []
  let from = 0
  let before = 0
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0 // byte order mark
  const stated = (width: number, height: number, polarities = 2): void => {
    sensor ??= { width, height, polarities }
    try {
      checkSensor('csv', sensor)
    } catch (error) {
      throw isSnnError(error) ? invalid('csv', file, error.message, undefined, error) : error
    }
  }
  const takeNames = (fields: readonly string[]): void => {
    const found = fields.map(roleOf)
    names = found.map((role, i) =>
      role && found.findIndex((other) => other?.role === role.role) === i ? role.role : '-',
    )
    timeUnit ??= found.find((role) => role?.timeUnit !== undefined)?.timeUnit
    if (!named && (!names.includes('t') || !names.includes('x')))
      throw invalid('csv', file, `columns ${fields.join(', ')}, expected t, x, y and p among them. Give { columns }.`)
  }
  for (let line = 0; line < most && at < bytes.length; line++) {
    const found = bytes.indexOf(0x0a, at)
    const end = found < 0 ? bytes.length : found
    const text = latin.decode(bytes.subarray(at, Math.min(end, at + 400))).trim()
    const next = end + 1
    if (text.startsWith('#') || text.startsWith('%')) {
      const comment = commentOf(text)
      if (comment.sensor) stated(comment.sensor.width, comment.sensor.height, comment.sensor.polarities)
      sizes = { ...sizes, ...comment.sizes }
      timeUnit ??= comment.timeUnit
      if (comment.names && rows.length === 0) takeNames(comment.names)
    } else if (text !== '') {
      const fields = fieldsOf(text)
      const numbers = numbersOf(fields)
      const [width, height] = numbers
      if (rows.length > 0) rows.push(numbers)
      else if (numbers.some(Number.isNaN) && namesOf(text).some((name) => roleOf(name))) takeNames(namesOf(text)) // `on` is a name, and a polarity
      else if (
        numbers.length === 2 &&
        (columns ?? names)?.length !== 2 &&
        Number.isInteger(width) &&
        Number.isInteger(height)
      )
        stated(width!, height!)
      else if (named && numbers.every(Number.isNaN)) names = []
      else if (!names && numbers.every(Number.isNaN))
        throw invalid(
          'csv',
          file,
          `line ${line + 1} is ${JSON.stringify(text.slice(0, 60))}, expected the names of columns or an event. Give { columns }.`,
        )
      else if (!named && /[;\t]/.test(text) && /\d,\d/.test(text))
        throw invalid(
          'csv',
          file,
          `line ${line + 1} is ${JSON.stringify(text.slice(0, 60))}, whose numbers have a comma where a point is expected. Write them with a point, 12.5.`,
        )
      else {
        from = at
        before = line
        rows.push(numbers)
      }
    }
    at = next
  }
  if (sizes.width !== undefined && sizes.height !== undefined) stated(sizes.width, sizes.height)
  if (rows.length === 0) [from, before] = [Math.min(at, bytes.length), 0]
  const [{ length: width } = { length: 0 }] = rows
  if (!named && names && width > names.length)
    throw invalid(
      'csv',
      file,
      `line ${before + 1} has ${width} columns, but names for ${names.length}. Give { columns: '${'-'.repeat(width - names.length)}${names.join('')}' } or what they are, - for one to skip.`,
    )
  return { sensor, timeUnit, names, rows, from, line: before }
}

interface Comment {
  readonly sensor?: Sensor
  readonly sizes?: { readonly width?: number; readonly height?: number }
  readonly timeUnit?: TimeUnit
  readonly names?: readonly string[]
}

/**
 * What a comment says: our own first line, `%geometry:640,480`, `# sensor size 346x260`, `# width: 346`, or the names
 * of the columns.
 */
function commentOf(text: string): Comment {
  const own = new RegExp(`^${ownOpening} (\\d+) x (\\d+) x (\\d+), t in (\\w+)`).exec(text)
  if (own)
    return {
      sensor: { width: Number(own[1]), height: Number(own[2]), polarities: Number(own[3]) },
      ...(isUnit(own[4]) && { timeUnit: own[4] }),
    }
  const plain = text.replace(/^[#%\s!]+/, '')
  const size = /^(?:sensor|geometry|size|resolution)\b[^\d]{0,40}?(\d{1,5})\s*[x,*\s]\s*(\d{1,5})\s*\)?$/i.exec(plain)
  if (size) return { sensor: { width: Number(size[1]), height: Number(size[2]), polarities: 2 } }
  const sizes = Object.fromEntries(
    [...plain.matchAll(/\b(width|height)\b\s*[:=]?\s*(\d{1,5})\b/gi)].map(([, name, value]) => [
      name!.toLowerCase(),
      Number(value),
    ]),
  ) as NonNullable<Comment['sizes']>
  if (Object.keys(sizes).length > 0) return { sizes }
  const fields = namesOf(plain)
  const roles = fields.map((field) => roleOf(field)?.role)
  return fields.length >= 3 &&
    !roles.includes(undefined) &&
    roles.includes('t') &&
    roles.includes('x') &&
    roles.includes('y')
    ? { names: fields }
    : {}
}

/** Whether a file that starts so has an event a line. */
export function isEventText(head: Uint8Array): boolean {
  const text = latin.decode(head).replace(/^\u00ef\u00bb\u00bf/, '')
  if (text.startsWith(ownOpening)) return true
  const lines = text
    .split('\n')
    .slice(0, -1)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('%'))
  const [first, second] = lines.map(fieldsOf)
  if (!first) return false
  const isEvent = (fields: readonly string[] | undefined): boolean =>
    fields !== undefined && fields.length >= 4 && !numbersOf(fields).some(Number.isNaN)
  const roles = namesOf(lines[0]!).map((name) => roleOf(name)?.role)
  return (
    isEvent(first) ||
    (roles.includes('t') && roles.includes('x')) ||
    (first.length === 2 && !numbersOf(first).some(Number.isNaN) && isEvent(second))
  )
}
