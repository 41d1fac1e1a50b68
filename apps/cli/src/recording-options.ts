import { InvalidArgumentError, Option, type Command } from 'commander'
import { aedat2Cameras, type EventFormat } from '@snn/datasets'
import { isSnnError, SnnError } from '@snn/tensor'
import { wholeNumber } from './options.js'

/** A flag that is an option of a format of @snn/datasets, under the name that it has there. */
interface FormatFlag {
  readonly name: string
  readonly options: readonly Option[]
}

const flag = (name: string, ...options: Option[]): FormatFlag => ({ name, options })

/** Flags for the options that single formats have; `filter` of HDF5 is a function, which Node's reader gives. */
const formatFlags: readonly FormatFlag[] = [
  flag(
    'camera',
    new Option('--camera <name>', 'aedat2: the camera, whose addresses the file has').choices(aedat2Cameras),
  ),
  flag(
    'columns',
    new Option('--columns <letters>', 'csv, npy, npz, hdf5: what the columns are, as txyp or xypt; - for one to skip'),
  ),
  flag(
    'timeUnit',
    new Option('--time-unit <unit>', 'csv, npy, npz, hdf5, mat: unit of the times').choices(['s', 'ms', 'us', 'ns']),
  ),
  flag('path', new Option('--path <path>', 'hdf5: where the events are, as prophesee/right')),
  flag('index', new Option('--index <number>', 'hdf5: which recording of SHD or SSC').argParser(wholeNumber(0))),
  flag('stream', new Option('--stream <number>', 'aedat4: which stream of events').argParser(wholeNumber(0))),
  flag('topic', new Option('--topic <name>', 'rosbag: which topic with events')),
  flag('xBits', new Option('--x-bits <count>', 'dat: bits of a column, 14 of Prophesee or 9 of ATIS').argParser(xBits)),
  flag(
    'timerOverflow',
    new Option('--timer-overflow', 'atis: an event at y = 240 is an overflow of the timer'),
    new Option('--no-timer-overflow', 'atis: it is an event'),
  ),
  flag('invalidToo', new Option('--invalid-too', 'aedat3: events that are marked invalid, too')),
]

/** Flags for the options of writing. */
const writeFlags: readonly FormatFlag[] = [
  flag(
    'camera',
    new Option('--to-camera <name>', 'aedat2: the camera of the file that is written').choices(aedat2Cameras),
  ),
  flag('columns', new Option('--to-columns <letters>', 'csv: the columns of the file that is written, as xypt')),
  flag(
    'xBits',
    new Option('--to-x-bits <count>', 'dat: bits of a column of the file that is written').argParser(xBits),
  ),
]

/** Values of flags by the names that commander gives them. */
export type RecordingFlags = Readonly<Record<string, unknown>> & {
  readonly sensor?: string
  readonly format?: string
  readonly outside?: string
  readonly restarts?: string
}

/** Adds the flags that say how to read a recording. */
export function withRecordingFlags(command: Command): Command {
  command
    .addOption(
      new Option(
        '--sensor <WIDTHxHEIGHT>',
        'size of the sensor, where a recording does not say it; WIDTHxHEIGHTxPOLARITIES where there are not two',
      ),
    )
    .addOption(new Option('--format <id>', 'format of a recording, where its first bytes do not tell'))
    .addOption(
      new Option(
        '--outside <what>',
        'what to do with events outside of the sensor: leave a few out (default), drop all, or fail',
      ).choices(['few', 'drop', 'fail']),
    )
  command.addOption(
    new Option(
      '--restarts <what>',
      'where the clock starts again: keep the times (default), or let them go on from the latest',
    ).choices(['keep', 'continue']),
  )
  for (const { options } of formatFlags) for (const option of options) command.addOption(option)
  return command
}

/** Adds the flags that say how to write one. */
export function withWriteFlags(command: Command): Command {
  for (const { options } of writeFlags) for (const option of options) command.addOption(option)
  return command
}

/** The options of formats that were given. */
export const readOptions = (flags: RecordingFlags): Readonly<Record<string, unknown>> =>
  optionsOf(given(formatFlags, flags))
/** Throws `ARGUMENT` for an option that the format has not. */
export const checkReadOptions = (flags: RecordingFlags, { id, options }: EventFormat): void =>
  check(formatFlags, given(formatFlags, flags), id, options)
/** The options of writing that were given. Throws `ARGUMENT` for one that the format has not. */
export function writeOptions(
  flags: RecordingFlags,
  { id, writeOptions: known }: EventFormat,
): Readonly<Record<string, unknown>> {
  const found = given(writeFlags, flags)
  check(writeFlags, found, id, known)
  return optionsOf(found)
}

interface Given {
  readonly name: string
  readonly value: unknown
  readonly long: string
}

const optionsOf = (found: readonly Given[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(found.map(({ name, value }) => [name, value]))

function given(table: readonly FormatFlag[], flags: RecordingFlags): Given[] {
  return table.flatMap(({ name, options }) => {
    const value = flags[options[0]!.attributeName()]
    return value === undefined ? [] : [{ name, value, long: options[0]!.long! }]
  })
}

function check(table: readonly FormatFlag[], found: readonly Given[], id: string, known: readonly string[]): void {
  const wrong = found.find(({ name }) => !known.includes(name))
  if (wrong) {
    const has = table.filter(({ name }) => known.includes(name)).map(({ options }) => options[0]!.long)
    throw new SnnError(
      'ARGUMENT',
      `[data] ${wrong.long} for the format ${id}, expected ${has.length > 0 ? has.join(', ') : 'none of the options of formats'}. Leave it out, or say --format.`,
      { name: wrong.long, value: wrong.value },
    )
  }
}

/** Names of the options that have a flag. */
export const flaggedOptions: readonly string[] = formatFlags.map(({ name }) => name)
export const flaggedWriteOptions: readonly string[] = writeFlags.map(({ name }) => name)

/** A text of @snn/datasets with the options as the command line has them: `{ timeUnit: 's' }` is --time-unit s. */
export function inFlags(text: string): string {
  return text
    .replaceAll('{ sensor: { width, height } }', '--sensor WIDTHxHEIGHT')
    .replaceAll('{ sensor: { polarities } }', '--sensor WIDTHxHEIGHTxPOLARITIES')
    .replace(
      /\{ (\w+)(?:: ([^{}]+))? \}/g,
      (_, name: string, value: string | undefined) =>
        `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}${value === undefined ? '' : ` ${value.replaceAll("'", '')}`}`,
    )
}

/** What `work` gives, its errors in the words of the command line. */
export async function inFlagsToo<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isSnnError(error, 'DATA_INVALID'))
      throw new SnnError('DATA_INVALID', inFlags(error.message), error.details, { cause: error })
    if (isSnnError(error, 'ARGUMENT'))
      throw new SnnError('ARGUMENT', inFlags(error.message), error.details, { cause: error })
    throw error
  }
}

function xBits(text: string): 9 | 14 {
  if (text === '9') return 9
  if (text === '14') return 14
  throw new InvalidArgumentError('Expected 9 or 14.')
}
