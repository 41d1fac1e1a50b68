import { SnnError } from '@snn/tensor'
import { invalid } from '../../invalid.js'
import { guessedOrder, parseColumns } from '../column-roles.js'
import type { Sensor, TimeUnit } from '../events.js'
import { chosenSensor, type ReadOptions } from '../format.js'
import { missingNotes, type ReadNote } from '../notes.js'
import { plausibleUnit } from '../time-unit.js'
import { csvHead } from './csv-head.js'

export interface CsvOptions {
  /**
   * What the columns are, as letters: `txyp`, `xypt`, ..; `-` for one to skip. Default: the line of names in the file,
   * else what is plausible, see `plausibleOrder`.
   */
  readonly columns?: string
  /** Unit of the times. Default: what the file says, else what is plausible, see `plausibleUnit`. */
  readonly timeUnit?: TimeUnit
}

/** Lines that tell the order of columns and the unit of times. */
export const headLines = 256

/** How the lines of a file are read. */
export interface CsvLayout {
  readonly order: readonly string[]
  readonly timeUnit: TimeUnit
  /** The unit is `us` because the first times are whole. */
  readonly guessed: boolean
  readonly sensor: Sensor | undefined
  readonly notes: ReadNote[]
  /** Bytes and lines before the first event. */
  readonly from: number
  readonly line: number
}

/**
 * How the lines of a file are read: as its head says it, as the options say it, else as its first lines make it
 * plausible. `given` are the columns that the options name.
 */
export function csvLayout(
  bytes: Uint8Array,
  options: ReadOptions & CsvOptions,
  given: readonly string[] | undefined,
  file: string,
): CsvLayout {
  const head = csvHead(bytes, headLines, given, file)
  const sensor = chosenSensor('csv', options, head.sensor)
  if (!sensor && head.rows.length > 0) {
    throw new SnnError(
      'ARGUMENT',
      `[csv] ${file} does not say the size of the sensor. Give { sensor: { width, height } }.`,
      { name: 'sensor', value: undefined },
    )
  }
  const width = head.rows[0]?.length ?? 0
  const whole = head.rows.filter((row) => row.length >= width && row.every(Number.isFinite))
  const columns = Array.from({ length: width }, (_, i) => whole.map((row) => row[i]!))
  const named = given ?? head.names
  const { order, notes } =
    named || width < 4
      ? { order: named ?? parseColumns('csv', 'txyp'), notes: [] }
      : guessedOrder('csv', file, columns, sensor)
  const stated = options.timeUnit ?? head.timeUnit
  const guess = stated === undefined ? plausibleUnit(columns[order.indexOf('t')] ?? []) : { unit: stated }
  if ('why' in guess)
    throw invalid('csv', file, `${guess.why}. Give their unit, { timeUnit: 's' }, 'ms', 'us' or 'ns'.`)
  const unitNotes: ReadNote[] =
    stated === undefined && guess.unit === 's'
      ? [{ about: 'time', text: 'times with decimals taken as seconds; { timeUnit } says another' }]
      : []
  return {
    order,
    timeUnit: guess.unit,
    guessed: stated === undefined && guess.unit === 'us',
    sensor,
    notes: [
      ...notes,
      ...unitNotes,
      ...(sensor ? missingNotes({ y: order.includes('y'), p: order.includes('p') }, sensor) : []),
    ],
    from: head.from,
    line: head.line,
  }
}
