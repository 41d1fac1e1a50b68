import { SnnError } from '@snn/tensor'
import { invalid } from '../invalid.js'
import type { EventArrays, Sensor, TimeUnit } from './events.js'
import type { ReadNote } from './notes.js'
import { polarityReader } from './polarity.js'

export type Role = 't' | 'x' | 'y' | 'p'

const place = '(?:[ _-]?(?:coords?|coordinates?|pos|addr|address|pixel)|[ _-]*[[(](?:px|pixels?)[\\])])?'
const roles: readonly (readonly [Role, RegExp])[] = [
  ['x', new RegExp(`^xs?${place}$`)],
  ['y', new RegExp(`^ys?${place}$`)],
  ['p', /^(p|ps|pols?|polarity|polarities|on)$/],
]
const units: Readonly<Record<string, TimeUnit>> = {
  s: 's',
  sec: 's',
  secs: 's',
  second: 's',
  seconds: 's',
  ms: 'ms',
  milliseconds: 'ms',
  us: 'us',
  µs: 'us',
  μs: 'us',
  usec: 'us',
  microseconds: 'us',
  ns: 'ns',
  nsec: 'ns',
  nanoseconds: 'ns',
}
const timeName = /^(?:ts?|times?|timestamps?)(?:[ _-]+(?:in[ _-]+)?(\p{L}+)|[ _-]*[[(](\p{L}+)[\])])?$/u

/**
 * What a column, field or array of this name holds (`t`, `"Timestamps"`, `time [us]`, `xs`, `x [px]`, `pol`), and the
 * unit that the name says.
 */
export function roleOf(name: string): { readonly role: Role; readonly timeUnit?: TimeUnit } | undefined {
  const plain = name
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2')
    .trim()
    .toLowerCase()
  const role = roles.find(([, pattern]) => pattern.test(plain))?.[0]
  if (role) return { role }
  const time = timeName.exec(plain)
  if (!time) return undefined
  const unit = time[1] ?? time[2]
  if (unit === undefined) return { role: 't' }
  return Object.hasOwn(units, unit) ? { role: 't', timeUnit: units[unit]! } : undefined
}

/** The letters of an option `columns`. Throws `ARGUMENT`. */
export function parseColumns(operation: string, columns: string): string[] {
  const letters = columns.split('')
  const once = (['t', 'x', 'y', 'p'] as const).every((role) => letters.filter((letter) => letter === role).length <= 1)
  if (/^[txyp-]+$/.test(columns) && once && letters.includes('t') && letters.includes('x')) return letters
  throw new SnnError(
    'ARGUMENT',
    `[${operation}] columns ${JSON.stringify(columns)}, expected the letters t, x, y, p, once each, and - in the order of the columns.`,
    { name: 'columns', value: columns },
  )
}

/**
 * Orders of four columns with x before y; the first is what the data sets of this field have, the second what
 * Metavision writes.
 */
const orders: readonly string[] = [
  'txyp',
  'xypt',
  'xytp',
  'txpy',
  'tpxy',
  'xtyp',
  'xtpy',
  'xpty',
  'xpyt',
  'ptxy',
  'pxty',
  'pxyt',
]

/**
 * The order of columns that nothing names, from the first rows: that in which polarity has two values, x and y are
 * places on the sensor, and times do not fall. `txyp` where it is plausible; else the only other one that is; else the
 * same with times that fall; else `txyp` on another sensor. Undefined where several others are plausible, or none.
 */
export function plausibleOrder(columns: readonly ArrayLike<number>[], sensor: Sensor | undefined): string | undefined {
  const [standard] = orders
  if (columns.length >= 4 && columns[0]!.length === 0) return standard + '-'.repeat(columns.length - 4)
  if (columns.length > 4)
    return isPlausible(columns, standard!, undefined, false) ? standard + '-'.repeat(columns.length - 4) : undefined
  if (columns.length < 4) return undefined
  for (const inOrder of [true, false]) {
    const found = orders.filter((order) => isPlausible(columns, order, sensor, inOrder))
    if (found.includes(standard!)) return standard
    if (found.length === 1) return found[0]
    if (found.length > 1) break
  }
  return isPlausible(columns, standard!, undefined, false) ? standard : undefined // on another sensor
}

/** Rows of more are no events but the times, or places, of all of them. */
const mostColumns = 32

/**
 * `plausibleOrder`, with the note that it was guessed where it is not `txyp`. Throws `DATA_INVALID` where none is
 * plausible.
 */
export function guessedOrder(
  operation: string,
  file: string,
  columns: readonly ArrayLike<number>[],
  sensor: Sensor | undefined,
): { readonly order: readonly string[]; readonly notes: readonly ReadNote[] } {
  if (columns.length > mostColumns)
    throw invalid(
      operation,
      file,
      `rows of ${columns.length} numbers, expected those of one event, t, x, y and p. If it has a row for each of them, transpose it (numpy: array.T); else give { columns }.`,
    )
  const found = plausibleOrder(columns, sensor)
  if (found === undefined) {
    const first = columns.map((column) => column[0] ?? '(none)').join(', ')
    throw invalid(
      operation,
      file,
      `columns that start with ${first}, of which no order of t, x, y and p is the only plausible one: polarity has two values, x and y are on the sensor, times do not fall. Give { columns: 'xypt' } or what they are, - for one to skip.`,
    )
  }
  const notes: readonly ReadNote[] = found.startsWith(orders[0]!)
    ? []
    : [
        {
          about: 'columns',
          text: `columns taken as ${found.split('').join(', ')}, the only plausible order; { columns } says another`,
        },
      ]
  return { order: found.split(''), notes }
}

/** Columns by what they hold. */
export function byRole(columns: readonly ArrayLike<number>[], order: readonly string[]): EventArrays {
  return Object.fromEntries(
    order.flatMap((role, i) => (role === '-' ? [] : [[role, columns[i]]])),
  ) as unknown as EventArrays
}

function isPlausible(
  columns: readonly ArrayLike<number>[],
  order: string,
  sensor: Sensor | undefined,
  inOrder: boolean,
): boolean {
  const column = (role: Role): ArrayLike<number> => columns[order.indexOf(role)]!
  return (
    isPolarity(column('p')) &&
    isPlace(column('x'), sensor?.width ?? 65536) &&
    isPlace(column('y'), sensor?.height ?? 65536) &&
    (!inOrder || neverFalls(column('t')))
  )
}

/** What is no number is refused where it is read, with its place. */
function isPolarity(values: ArrayLike<number>): boolean {
  const read = polarityReader()
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i]) && read(values[i]!) === undefined) return false
  return true
}

/** Whether all but a few are places; see `OutsideRule`. */
function isPlace(values: ArrayLike<number>, size: number): boolean {
  let outside = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!(value >= 0 && value < size && Math.floor(value) === value)) outside++
  }
  return outside * 20 <= values.length
}

function neverFalls(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i]! < values[i - 1]!) return false
  return true
}
