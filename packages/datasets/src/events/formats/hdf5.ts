import { SnnError } from '@snn/tensor'
import type { Group } from 'h5wasm'
import { invalid } from '../../invalid.js'
import { checkEvents, sensorOf, type Events } from '../events.js'
import { chosenSensor, wholeFormat, type ReadOptions } from '../format.js'
import { fromFile, statedSensor } from './arrays-to-events.js'
import { datasetAt, isHdf5, lengthOf, readColumn, readCompound, readRow, readRows, withHdf5 } from './hdf5-file.js'

export interface Hdf5Options {
  /** Which of the recordings, in a file of SHD or SSC. Default 0. */
  readonly index?: number
}

/** Where files keep the columns of events: DSEC, M3ED and our own; Prophesee's of camera data; the event library of T. Stoffregen. */
const columnPaths = [['events/t', 'events/x', 'events/y', 'events/p'], ['t', 'x', 'y', 'p'], ['events/ts', 'events/xs', 'events/ys', 'events/ps']] as const
/** MVSEC: rows [x, y, t, p] with t in s and p 1 or -1. */
const rowPaths = ['davis/left/events', 'davis/right/events'] as const
const compoundPaths = ['CD/events', 'events'] as const

/**
 * HDF5 with events as columns (DSEC: `events/{t,x,y,p}` and `t_offset`) or as records (Prophesee: `CD/events`), in us, as rows (MVSEC, the left camera, in s), and the spike trains of
 * SHD and SSC (`spikes/times` in s, `spikes/units`, 700 channels). Without a sensor in the file or the options: the smallest that has all events.
 */
export const hdf5 = wholeFormat<Hdf5Options>({
  id: 'hdf5',
  description: 'HDF5: SHD, SSC, DSEC, Prophesee',
  extensions: ['.h5', '.hdf5'],
  sniff: isHdf5,
  parse: (bytes, options, file) => withHdf5(bytes, file, (root) => readHdf5(root, options, file)),
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

function readHdf5(root: Group, options: ReadOptions & Hdf5Options, file: string): Events {
  const times = datasetAt(root, 'spikes/times', file)
  const units = datasetAt(root, 'spikes/units', file)
  if (times && units) {
    const index = options.index ?? 0
    const length = lengthOf(times, 'spikes/times', file)
    if (!Number.isInteger(index) || index < 0 || index >= length) throw new SnnError('ARGUMENT', `[hdf5] recording ${index} of ${length}, expected a whole number from 0 to ${length - 1}.`, { name: 'index', value: index })
    const sensor = chosenSensor('hdf5', options, sensorOf(700, 1))
    return fromFile('hdf5', file, { t: readRow(times, index, 'spikes/times', file), x: readRow(units, index, 'spikes/units', file) }, sensor, 's')
  }
  const stated = datasetAt(root, 'sensor', file)
  const sensor = chosenSensor('hdf5', options, statedSensor('hdf5', file, stated && readColumn(stated, 'sensor', file)))
  const unit = root.attrs['time_unit']?.value
  const timeUnit = unit === 's' || unit === 'ms' || unit === 'ns' ? unit : 'us'
  const positive = (p: Float64Array): Float64Array => p.map((value) => (value < 0 ? 0 : value))
  for (const paths of columnPaths) {
    const found = paths.map((path) => datasetAt(root, path, file))
    if (found.some((dataset) => dataset === undefined)) continue
    const [t, x, y, p] = found.map((dataset, i) => readColumn(dataset!, paths[i]!, file)) as [Float64Array, Float64Array, Float64Array, Float64Array]
    const offset = datasetAt(root, 't_offset', file)?.value
    const shift = typeof offset === 'number' || typeof offset === 'bigint' ? Number(offset) : 0
    return fromFile('hdf5', file, { t: shift === 0 ? t : t.map((time) => time + shift), x, y, p: positive(p) }, sensor, timeUnit)
  }
  for (const path of rowPaths) {
    const found = datasetAt(root, path, file)
    if (!found) continue
    const [x, y, t, p] = readRows(found, 4, path, file) as [Float64Array, Float64Array, Float64Array, Float64Array]
    return fromFile('hdf5', file, { t, x, y, p: positive(p) }, sensor ?? sensorOf(346, 260), 's')
  }
  for (const path of compoundPaths) {
    const found = datasetAt(root, path, file)
    if (!found) continue
    const [t, x, y, p] = readCompound(found, ['t', 'x', 'y', 'p'], path, file) as [Float64Array, Float64Array, Float64Array, Float64Array]
    return fromFile('hdf5', file, { t, x, y, p: positive(p) }, sensor, timeUnit)
  }
  throw invalid('hdf5', file, `holds ${root.keys().join(', ') || 'nothing'}, expected events/{t,x,y,p}, CD/events, or spikes/{times,units}.`)
}
