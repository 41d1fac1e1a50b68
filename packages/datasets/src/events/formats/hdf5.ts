import { SnnError } from '@snn/tensor'
import type { Dataset } from 'h5wasm'
import { invalid } from '../../invalid.js'
import { checkEvents, sensorOf, type EventArrays, type Events, type Sensor, type TimeUnit } from '../events.js'
import { chosenSensor, containerFormat, type ReadOptions } from '../format.js'
import { statedSensor } from './arrays-to-events.js'
import { columnPieces, type EventColumns } from './columns.js'
import { datasetAt, isHdf5, lengthOf, needDataset, openHdf5, readColumn, readPart, readRecords, readRow, readRows, rowsOf, type Hdf5View } from './hdf5-file.js'
import type { LoadHdf5Filter } from './hdf5-filters.js'

export interface Hdf5Options {
  /** Which of the recordings, in a file of SHD or SSC. Default 0. */
  readonly index?: number
  /** Gets `libH5Z${name}.so` of h5wasm-plugins: `blosc`, `lz4`, `zstd`, ... Default: from where that package lies, by `fetch`; in Node from the disk. */
  readonly filter?: LoadHdf5Filter
}

/** Where files keep the columns of events: DSEC, M3ED and our own; Prophesee's of camera data; the event library of T. Stoffregen. */
const columnPaths = [['events/t', 'events/x', 'events/y', 'events/p'], ['t', 'x', 'y', 'p'], ['events/ts', 'events/xs', 'events/ys', 'events/ps']] as const
/** Rows: of MVSEC with times in s and p 1 or -1, and of 3ET. */
const rowPaths = [
  { path: 'davis/left/events', columns: ['x', 'y', 't', 'p'], timeUnit: 's', sensor: sensorOf(346, 260) },
  { path: 'davis/right/events', columns: ['x', 'y', 't', 'p'], timeUnit: 's', sensor: sensorOf(346, 260) },
  { path: 'events', columns: ['t', 'x', 'y', 'p'], timeUnit: 'us', sensor: undefined },
] as const
const compoundPaths = ['CD/events', 'events'] as const

/**
 * HDF5 with events as columns (DSEC: `events/{t,x,y,p}` and `t_offset`) or as records (Prophesee: `CD/events`), in us, as rows (MVSEC, the left
 * camera, in s; 3ET), and the spike trains of SHD and SSC (`spikes/times` in s, `spikes/units`, 700 channels). They may be packed by deflate, szip,
 * Blosc, LZ4, Zstandard, LZF, bzip2 or Prophesee's ECF. Without a sensor in the file or the options: the smallest that has all events.
 */
export const hdf5 = containerFormat<Hdf5Options>({
  id: 'hdf5',
  description: 'HDF5: SHD, SSC, DSEC, TUM-VIE, MVSEC, Prophesee',
  extensions: ['.h5', '.hdf5'],
  sniff: isHdf5,
  async *pieces(source, options, file) {
    const opened = await openHdf5(source, file, options.filter)
    try {
      const { sensor, timeUnit, length, read } = await opened.read((view) => findRecording(view, options))
      const open = (): EventColumns => {
        let at = 0
        return { length, next: (count) => opened.read((view) => read(view, at, at + count)).finally(() => void (at += count)) }
      }
      yield* columnPieces('hdf5', file, open, sensor, timeUnit)
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
        else out.create_dataset({ name: `events/${column}`, data, chunks: [Math.min(65536, data.length)], compression: 4 })
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
interface Recording {
  readonly sensor: Sensor | undefined
  readonly timeUnit: TimeUnit
  readonly length: number
  read(view: Hdf5View, from: number, to: number): EventArrays
}

function findRecording(view: Hdf5View, options: ReadOptions & Hdf5Options): Recording {
  const { root, file } = view
  const times = datasetAt(view, 'spikes/times')
  const units = datasetAt(view, 'spikes/units')
  if (times && units) return spikeTrain(view, times, units, options)
  const stated = datasetAt(view, 'sensor')
  const attribute = root.attrs['geometry']?.value // of Prophesee
  const geometry = typeof attribute === 'string' ? /^(\d+)x(\d+)$/.exec(attribute) : null
  const sensor = chosenSensor('hdf5', options, statedSensor('hdf5', file, stated ? readColumn(view, stated) : geometry ? [Number(geometry[1]), Number(geometry[2]), 2] : undefined))
  const unit = root.attrs['time_unit']?.value
  const timeUnit = unit === 's' || unit === 'ms' || unit === 'ns' ? unit : 'us'
  for (const paths of columnPaths) {
    const found = paths.map((path) => datasetAt(view, path))
    if (found.some((dataset) => dataset === undefined)) continue
    const lengths = found.map((dataset) => lengthOf(view, dataset!))
    if (lengths.some((length) => length !== lengths[0])) throw invalid('hdf5', file, `${paths.join(', ')} of ${lengths.join(', ')} elements, expected one length.`)
    const offset = datasetAt(view, 't_offset')?.value
    const shift = typeof offset === 'number' || typeof offset === 'bigint' ? Number(offset) : 0
    return {
      sensor,
      timeUnit,
      length: lengths[0]!,
      read(now, from, to) {
        const [t, x, y, p] = paths.map((path) => readPart(now, needDataset(now, path), from, to)) as [Float64Array, Float64Array, Float64Array, Float64Array]
        return { t: shift === 0 ? t : t.map((time) => time + shift), x, y, p: positive(p) }
      },
    }
  }
  for (const { path, columns, ...known } of rowPaths) {
    const found = datasetAt(view, path)
    if (found?.shape?.length !== 2) continue
    return {
      sensor: sensor ?? known.sensor,
      timeUnit: known.timeUnit,
      length: rowsOf(view, found, 4),
      read(now, from, to) {
        const rows = readRows(now, needDataset(now, path), 4, from, to)
        const column = (name: string): Float64Array => rows[(columns as readonly string[]).indexOf(name)]!
        return { t: column('t'), x: column('x'), y: column('y'), p: positive(column('p')) }
      },
    }
  }
  for (const path of compoundPaths) {
    const found = datasetAt(view, path)
    if (!found) continue
    return {
      sensor,
      timeUnit,
      length: lengthOf(view, found),
      read(now, from, to) {
        const [t, x, y, p] = readRecords(now, needDataset(now, path), ['t', 'x', 'y', 'p'], from, to) as [ArrayLike<number>, ArrayLike<number>, ArrayLike<number>, ArrayLike<number>]
        return { t, x, y, p: positive(p) }
      },
    }
  }
  throw invalid('hdf5', file, `holds ${root.keys().join(', ') || 'nothing'}, expected events/{t,x,y,p}, CD/events, or spikes/{times,units}.`)
}

/** One of the spike trains of SHD and SSC, of some thousand spikes. */
function spikeTrain(view: Hdf5View, times: Dataset, units: Dataset, options: ReadOptions & Hdf5Options): Recording {
  const index = options.index ?? 0
  const length = lengthOf(view, times)
  if (!Number.isInteger(index) || index < 0 || index >= length) throw new SnnError('ARGUMENT', `[hdf5] recording ${index} of ${length}, expected a whole number from 0 to ${length - 1}.`, { name: 'index', value: index })
  const [t, x] = [readRow(view, times, index), readRow(view, units, index)]
  if (t.length !== x.length) throw invalid('hdf5', view.file, `${t.length} times and ${x.length} units in recording ${index}.`)
  return { sensor: chosenSensor('hdf5', options, sensorOf(700, 1)), timeUnit: 's', length: t.length, read: (_, from, to) => ({ t: t.subarray(from, to), x: x.subarray(from, to) }) }
}

const positive = (p: ArrayLike<number>): Uint8Array | Float64Array => Float64Array.from(p, (value) => (value < 0 ? 0 : value))
