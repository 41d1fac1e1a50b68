import { SnnError } from '@snn/tensor'
import { isHdf5 } from '@snn/hdf5'
import type { Dataset, Group } from 'h5wasm'
import { invalid } from '../../invalid.js'
import { byRole, guessedOrder, parseColumns, roleOf, type Role } from '../column-roles.js'
import { checkEvents, sensorOf, type EventArrays, type Events, type Sensor, type TimeUnit } from '../events.js'
import { chosenSensor, containerFormat, type ReadOptions } from '../format.js'
import { assumedSensor, type ReadNote } from '../notes.js'
import { isUnit } from '../time-unit.js'
import { statedSensor, type KnownRecording } from './arrays-to-events.js'
import { columnPieces, type EventColumns } from './columns.js'
import {
  datasetAt,
  entityAt,
  isGroup,
  lengthOf,
  needDataset,
  openRecording,
  readColumn,
  readPart,
  readRecords,
  readRow,
  readRows,
  rowsOf,
  type Hdf5View,
} from './hdf5-file.js'
import type { LoadHdf5Filter } from './hdf5-filters.js'

export interface Hdf5Options {
  /** Which of the recordings, in a file of SHD or SSC. Default 0. */
  readonly index?: number
  /**
   * The group or data set with the events, `prophesee/right`. Default: where files of this field have them, else the
   * only one that looks like events.
   */
  readonly path?: string
  /**
   * What the columns of rows [N, 4] are, as letters: `txyp`, `xytp`, ..; `-` for one to skip. Default: what is
   * plausible, see `plausibleOrder`.
   */
  readonly columns?: string
  /** Unit of the times, where the file does not say it. Default: what is plausible, see `plausibleUnit`. */
  readonly timeUnit?: TimeUnit
  /**
   * Gets `libH5Z${name}.so` of h5wasm-plugins: `blosc`, `lz4`, `zstd`, ... Default: from where that package lies, by
   * `fetch`; in Node from the disk.
   */
  readonly filter?: LoadHdf5Filter
}

/**
 * Where files keep their events, as a group of columns, as records or as rows: DSEC, TUM-VIE, v2e, 3ET and our own in
 * `events`; Prophesee; Tonic's cache; MVSEC, whose rows are x, y, t in s, and p of 1 or -1; M3ED.
 */
const places: readonly {
  readonly path: string
  readonly columns?: string
  readonly timeUnit?: TimeUnit
  readonly sensor?: Sensor
}[] = [
  { path: 'events' },
  { path: '' },
  { path: 'CD/events' },
  { path: 'davis/left/events', columns: 'xytp', timeUnit: 's', sensor: sensorOf(346, 260) },
  { path: 'davis/right/events', columns: 'xytp', timeUnit: 's', sensor: sensorOf(346, 260) },
  { path: 'prophesee/left' },
  { path: 'prophesee/right' },
  { path: 'data/0' },
]
/** Rows that tell the order of columns. */
const headRows = 1000

/**
 * HDF5 with events as columns (DSEC: `events/{t,x,y,p}` and `t_offset`; `events/{ts,xs,ys,ps}`), as records (Prophesee:
 * `CD/events`; Tonic), or as rows (MVSEC, the left camera; 3ET; v2e), and the spike trains of SHD and SSC
 * (`spikes/times` in s, `spikes/units`, 700 channels). They may be packed by deflate, szip, Blosc, LZ4, Zstandard, LZF,
 * bzip2 or Prophesee's ECF. The sensor is what the file says (`sensor`, `width` and `height`, `geometry`,
 * `sensor_resolution`), else the smallest that has all events. Virtual data sets, whose data lie in other files, are
 * refused.
 */
export const hdf5 = containerFormat<Hdf5Options>({
  id: 'hdf5',
  description: 'HDF5: SHD, SSC, DSEC, TUM-VIE, MVSEC, Prophesee, v2e, Tonic',
  extensions: ['.h5', '.hdf5'],
  options: ['index', 'path', 'columns', 'timeUnit', 'filter'],
  sniff: isHdf5,
  async *pieces(source, options, file) {
    const opened = await openRecording(source, file, options.filter)
    try {
      const { length, read, ...known } = await opened.read((view) => findRecording(view, options))
      const open = (): EventColumns => {
        let at = 0
        return {
          length,
          next: (count) => opened.read((view) => read(view, at, at + count)).finally(() => void (at += count)),
        }
      }
      yield* columnPieces('hdf5', file, open, { ...known, outside: options.outside })
    } finally {
      opened.close()
    }
  },
  async write(events: Events): Promise<Uint8Array> {
    checkEvents('hdf5', events)
    const { ready, File: Hdf5File } = await import('h5wasm')
    const { FS } = await ready
    const name = `snn-write-${Math.floor(performance.now() * 1e3)}.h5`
    const { t, x, y, p, sensor } = events
    const out = new Hdf5File(name, 'w')
    try {
      out.create_group('events')
      const columns = { t, x, y, p }
      for (const [column, data] of Object.entries(columns)) {
        if (data.length === 0) out.create_dataset({ name: `events/${column}`, data, shape: [0] })
        else
          out.create_dataset({ name: `events/${column}`, data, chunks: [Math.min(65536, data.length)], compression: 4 })
      }
      out.create_dataset({ name: 'sensor', data: Int32Array.of(sensor.width, sensor.height, sensor.polarities) })
      out.create_attribute('time_unit', events.timeUnit)
    } finally {
      out.close()
    }
    const bytes: Uint8Array = FS.readFile(name)
    FS.unlink(name)
    return bytes
  },
})

/** Where the events of a file are, and how the next of them are read. */
interface Recording extends Omit<KnownRecording, 'outside'> {
  readonly length: number
  read(view: Hdf5View, from: number, to: number): EventArrays
}

function findRecording(view: Hdf5View, options: ReadOptions & Hdf5Options): Recording {
  const times = datasetAt(view, 'spikes/times')
  const units = datasetAt(view, 'spikes/units')
  if (times && units) return spikeTrain(view, times, units, options)
  const { path, notes } = placeOf(view, options)
  const known = places.find((place) => place.path === path)
  const unit = view.root.attrs['time_unit']?.value
  const sensor = chosenSensor('hdf5', options, statedSize(view, path) ?? known?.sensor)
  const assumed = sensor !== undefined && sensor === known?.sensor ? [assumedSensor(sensor)] : []
  const found = entityAt(view, path)!
  const recording = isGroup(found)
    ? columnsIn(view, path)
    : isRecords(found)
      ? recordsIn(view, path)
      : rowsIn(view, path, options.columns ?? known?.columns, sensor)
  return {
    ...recording,
    sensor,
    timeUnit: (isUnit(unit) ? unit : undefined) ?? options.timeUnit ?? recording.timeUnit ?? known?.timeUnit,
    notes: [...notes, ...assumed, ...(recording.notes ?? [])],
  }
}

/** The path of the events: given, where files of this field have them, or the only one there is. */
function placeOf(
  view: Hdf5View,
  { path }: Hdf5Options,
): { readonly path: string; readonly notes: readonly ReadNote[] } {
  const { root, file } = view
  const trimmed = path?.replace(/^\/+|\/+$/g, '')
  if (trimmed !== undefined) {
    if (holdsEvents(view, trimmed)) return { path: trimmed, notes: [] }
    throw invalid(
      'hdf5',
      file,
      `no events at ${trimmed || '/'}, expected a group or records of t, x, y and p, or rows of four numbers. It has ${eventPaths(view).join(', ') || 'none'}.`,
    )
  }
  const usual = places.filter((place) => holdsEvents(view, place.path)).map((place) => place.path)
  const found = usual.length > 0 ? usual : eventPaths(view)
  if (found.length > 1 && usual.length === 0)
    throw invalid('hdf5', file, `events at ${found.join(', ')}, expected one. Give { path: '${found[0]}' } or another.`)
  if (found[0] !== undefined)
    return {
      path: found[0],
      notes:
        found.length === 1
          ? []
          : [
              {
                about: 'source',
                text: `events of ${found[0] || '/'} alone, not of ${found.slice(1).join(', ')}; { path } gives others`,
              },
            ],
    }
  throw invalid(
    'hdf5',
    file,
    `holds ${root.keys().join(', ') || 'nothing'}, expected events/{t,x,y,p}, CD/events, or spikes/{times,units}. Give { path } if they are elsewhere.`,
  )
}

const deepest = 5
const mostEntities = 10_000

/** Every path in a file that looks like events. */
function eventPaths(view: Hdf5View): string[] {
  const found: string[] = []
  let seen = 0
  const visit = (group: Group, path: string, depth: number): void => {
    for (const name of group.keys()) {
      const below = path === '' ? name : `${path}/${name}`
      if (++seen > mostEntities) return
      const entity = entityAt(view, below)
      if (entity && holdsEvents(view, below)) found.push(below)
      else if (entity && isGroup(entity) && depth < deepest) visit(entity, below, depth + 1)
    }
  }
  visit(view.root, '', 1)
  return found
}

const isRecords = ({ metadata }: Dataset): boolean => metadata.compound_type !== undefined
const hasRoles = (names: readonly string[]): boolean =>
  (['t', 'x', 'y'] as const).every((role) => names.some((name) => roleOf(name)?.role === role))

function holdsEvents(view: Hdf5View, path: string): boolean {
  const found = entityAt(view, path)
  if (!found) return false
  if (isGroup(found)) return hasRoles(found.keys().filter((name) => isColumn(view, path, name)))
  if (isRecords(found)) return hasRoles(found.metadata.compound_type!.members.map(({ name }) => name))
  return found.shape?.length === 2 && found.shape[1]! >= 4 && found.shape[1]! <= 8
}

const inside = (path: string, name: string): string => (path === '' ? name : `${path}/${name}`)

function isColumn(view: Hdf5View, path: string, name: string): boolean {
  if (!roleOf(name)) return false
  const found = entityAt(view, inside(path, name))
  return found !== undefined && !isGroup(found) && found.shape?.length === 1
}

type Found = Pick<Recording, 'length' | 'read'> & Partial<Pick<Recording, 'timeUnit' | 'notes'>>

/** The names of columns or fields by what they hold; the first where several hold the same. */
function byName(names: readonly string[]): {
  readonly columns: readonly (readonly [Role, string])[]
  readonly timeUnit: TimeUnit | undefined
} {
  const columns = (['t', 'x', 'y', 'p'] as const).flatMap((role) => {
    const name = names.find((candidate) => roleOf(candidate)?.role === role)
    return name === undefined ? [] : [[role, name] as const]
  })
  return { columns, timeUnit: roleOf(columns[0]![1])?.timeUnit }
}

function columnsIn(view: Hdf5View, path: string): Found {
  const group = entityAt(view, path) as Group
  const { columns, timeUnit } = byName(group.keys().filter((name) => isColumn(view, path, name)))
  const paths = columns.map(([role, name]) => [role, inside(path, name)] as const)
  const lengths = paths.map(([, column]) => lengthOf(view, needDataset(view, column)))
  if (lengths.some((length) => length !== lengths[0]))
    throw invalid(
      'hdf5',
      view.file,
      `${paths.map(([, column]) => column).join(', ')} of ${lengths.join(', ')} elements, expected one length.`,
    )
  const offset = datasetAt(view, 't_offset')?.value // of DSEC
  const shift = typeof offset === 'number' || typeof offset === 'bigint' ? Number(offset) : 0
  return {
    length: lengths[0]!,
    timeUnit,
    read(now, from, to) {
      const part = (column: string): Float64Array => readPart(now, needDataset(now, column), from, to)
      return Object.fromEntries(
        paths.map(([role, column]) => [
          role,
          role === 't' && shift !== 0 ? part(column).map((time) => time + shift) : part(column),
        ]),
      ) as unknown as EventArrays
    },
  }
}

function recordsIn(view: Hdf5View, path: string): Found {
  const dataset = needDataset(view, path)
  const { columns, timeUnit } = byName(dataset.metadata.compound_type!.members.map(({ name }) => name))
  return {
    length: lengthOf(view, dataset),
    timeUnit,
    read(now, from, to) {
      const fields = readRecords(
        now,
        needDataset(now, path),
        columns.map(([, name]) => name),
        from,
        to,
      )
      return Object.fromEntries(columns.map(([role], i) => [role, fields[i]!])) as unknown as EventArrays
    },
  }
}

function rowsIn(view: Hdf5View, path: string, given: string | undefined, sensor: Sensor | undefined): Found {
  const dataset = needDataset(view, path)
  const width = given === undefined ? dataset.shape![1]! : parseColumns('hdf5', given).length
  const length = rowsOf(view, dataset, width)
  const head = (): Float64Array[] => readRows(view, dataset, width, 0, Math.min(headRows, length))
  const { order, notes } =
    given === undefined
      ? guessedOrder('hdf5', view.file, head(), sensor)
      : { order: parseColumns('hdf5', given), notes: [] }
  return {
    length,
    notes,
    read: (now, from, to) => byRole(readRows(now, needDataset(now, path), width, from, to), order),
  }
}

/**
 * The sensor that the file states: our own `sensor`, `geometry` of Prophesee, `width` and `height`, or
 * `sensor_resolution` of event_utils.
 */
function statedSize(view: Hdf5View, path: string): Sensor | undefined {
  const { root, file } = view
  const own = datasetAt(view, 'sensor')
  if (own) return statedSensor('hdf5', file, readColumn(view, own))
  const holder = entityAt(view, path)!
  const above = path.split('/').slice(0, -1).join('/')
  const attribute = (name: string): unknown =>
    [holder, root].map(({ attrs }) => attrs[name]?.value).find((value) => value !== undefined)
  const geometry = attribute('geometry')
  const [, w, h] = (typeof geometry === 'string' ? /^(\d+)x(\d+)$/.exec(geometry) : null) ?? []
  if (w && h) return statedSensor('hdf5', file, [Number(w), Number(h), 2])
  const scalar = (name: string): number =>
    toNumber(
      [path, above, '']
        .map((group) => entityAt(view, inside(group, name)))
        .find((found): found is Dataset => found !== undefined && !isGroup(found))?.value ?? attribute(name),
    )
  const [width, height] = [scalar('width'), scalar('height')]
  if (width >= 1 && height >= 1) return statedSensor('hdf5', file, [width, height, 2])
  const resolution = attribute('sensor_resolution') // height and width; no camera is higher than wide
  const sides =
    ArrayBuffer.isView(resolution) || Array.isArray(resolution)
      ? Array.from(resolution as ArrayLike<number | bigint>, Number).slice(0, 2)
      : []
  return sides.length === 2 && sides.every((side) => side >= 1)
    ? statedSensor('hdf5', file, [Math.max(...sides), Math.min(...sides), 2])
    : undefined
}

function toNumber(value: unknown): number {
  if (ArrayBuffer.isView(value) || Array.isArray(value))
    return (value as ArrayLike<unknown>).length === 1 ? toNumber((value as ArrayLike<unknown>)[0]) : NaN
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : NaN
}

/** One of the spike trains of SHD and SSC, of some thousand spikes. */
function spikeTrain(view: Hdf5View, times: Dataset, units: Dataset, options: ReadOptions & Hdf5Options): Recording {
  const index = options.index ?? 0
  const length = lengthOf(view, times)
  if (!Number.isInteger(index) || index < 0 || index >= length)
    throw new SnnError(
      'ARGUMENT',
      `[hdf5] recording ${index} of ${length}, expected a whole number from 0 to ${length - 1}.`,
      { name: 'index', value: index },
    )
  const [t, x] = [readRow(view, times, index), readRow(view, units, index)]
  if (t.length !== x.length)
    throw invalid('hdf5', view.file, `${t.length} times and ${x.length} units in recording ${index}.`)
  const notes: readonly ReadNote[] =
    length > 1 && options.index === undefined
      ? [{ about: 'source', text: `recording 0 of ${length} alone; { index } gives others` }]
      : []
  return {
    sensor: chosenSensor('hdf5', options, sensorOf(700, 1)),
    timeUnit: 's',
    notes,
    length: t.length,
    read: (_, from, to) => ({ t: t.subarray(from, to), x: x.subarray(from, to) }),
  }
}
