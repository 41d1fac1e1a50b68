import { join, resolve } from 'node:path'
import { checkObject, type TensorLike } from '@snn/tensor'
import { checkIndex } from '../../dataset.js'
import type { Events } from '../../events/events.js'
import { fromFile } from '../../events/formats/arrays-to-events.js'
import { hdf5 } from '../../events/formats/hdf5.js'
import { datasetAt, needDataset, openHdf5, readFlat, type Hdf5View } from '../../events/formats/hdf5-file.js'
import { npz } from '../../events/formats/numpy.js'
import { rosbag } from '../../events/formats/rosbag.js'
import { concatEvents } from '../../events/select.js'
import { invalid } from '../../invalid.js'
import { fileSource, kindOf, notFound, readBytes } from '../files.js'
import { readHdf5Filter } from '../hdf5-filter.js'
import { setCatalogue } from './catalogue.js'
import { findSet, namesIn, naturally } from './layout.js'
import type { EventDataset, SetInfo, SetOptions } from './set.js'

/**
 * Recordings without classes, for tracking, odometry or detection: `label` is the place of the recording in the set. They may be of many GB:
 * `openEvents(join(set.folder, set.names[i]))` of a file by itself reads it in batches.
 */
export interface RecordingDataset extends EventDataset {
  readonly folder: string
  readonly targetColumns: readonly string[]
}

interface Recording {
  readonly name: string
  /** For the names of classes. */
  readonly title: string
  events(): Promise<Events>
  target?(): Promise<number[][] | undefined>
}

function recordingSet(info: SetInfo, split: string, folder: string, targetColumns: readonly string[], recordings: readonly Recording[]): RecordingDataset {
  if (recordings.length === 0) throw notFound(info.id, folder, [`recordings of the split ${split}`])
  const official = info.splits[split]!
  return {
    length: recordings.length,
    description: `${info.title} ${split}, ${official === 0 || official === recordings.length ? recordings.length : `${recordings.length} of ${official}`} recordings of ${info.sensor.width} x ${info.sensor.height}`,
    sensor: info.sensor,
    timeUnit: info.timeUnit,
    classes: recordings.map(({ title }) => title),
    labels: recordings.map((_, i) => i),
    names: recordings.map(({ name }) => name),
    split,
    folder,
    targetColumns,
    async get(index) {
      checkIndex(index, recordings.length)
      const { name, events, target } = recordings[index]!
      const rows = await target?.()
      return {
        events: await events(),
        label: index,
        name,
        ...(rows && { target: { data: Float64Array.from(rows.flat()), shape: [rows.length, targetColumns.length], dtype: 'float64' } satisfies TensorLike }),
      }
    },
  }
}

/** Files below a folder, as deep as downloads unpack, with slashes and in natural order. What was downloaded is left out where it is unpacked too. */
async function filesBelow(folder: string, is: (path: string) => boolean, below = '', depth = 0): Promise<string[]> {
  const names = await namesIn(join(folder, below))
  const found = await Promise.all(
    names.map(async (name) => {
      if (!name.endsWith('/')) return is(`${below}${name}`) ? [`${below}${name}`] : []
      if (depth >= 5 || (depth === 0 && name === 'download/' && names.includes('extract/'))) return []
      return filesBelow(folder, is, `${below}${name}`, depth + 1)
    }),
  )
  return found.flat().sort(naturally)
}

/** The folder of the set, downloaded when asked to, and its files of which `is` holds. */
async function findFiles(info: SetInfo, options: SetOptions, looked: string, is: (path: string) => boolean): Promise<{ readonly folder: string; readonly files: string[] }> {
  let files: string[] = []
  await findSet(info, options, looked, async () => {
    if (files.length === 0) files = await filesBelow(resolve(options.root), is)
    return files.length > 0
  })
  return { folder: resolve(options.root), files }
}

const lastPart = (path: string): string => path.split('/').at(-1)!

/** Rows of numbers in a text, with blanks, commas or colons between them; a first line of names and lines with # are left out. Throws `DATA_INVALID`. */
function parseRows(text: string, columns: number, file: string): number[][] {
  return text.split(/\r?\n/).flatMap((line, i) => {
    const parts = line.split(/[\s,:]+/).filter((part) => part !== '')
    if (parts.length === 0 || parts[0]!.startsWith('#')) return []
    const values = parts.map(Number)
    if (values.length === columns && values.every((value) => !Number.isNaN(value))) return [values]
    if (i === 0 && values.every((value) => Number.isNaN(value))) return []
    throw invalid('dataset', file, `line ${i + 1} is ${JSON.stringify(line.slice(0, 60))}, expected ${columns} numbers.`)
  })
}

/** The rows of a text file, or undefined where there is none. */
async function rowsOf(path: string, columns: number): Promise<number[][] | undefined> {
  if ((await kindOf(path)) !== 'file') return undefined
  return parseRows(new TextDecoder().decode(await readBytes(path)), columns, lastPart(path.replaceAll('\\', '/')))
}

async function bagEvents(folder: string, path: string, info: SetInfo): Promise<Events> {
  const parts: Events[] = []
  for await (const part of rosbag.batches(await fileSource(join(folder, path)), { sensor: info.sensor, file: lastPart(path) })) parts.push(part)
  return concatEvents(parts)
}

async function hdf5Events(folder: string, path: string, info: SetInfo): Promise<Events> {
  const parts: Events[] = []
  for await (const part of hdf5.batches(await fileSource(join(folder, path)), { sensor: info.sensor, filter: readHdf5Filter, file: lastPart(path) })) parts.push(part)
  return concatEvents(parts)
}

/** The DAVIS data set of Zurich (Mueggler et al. 2017): `shapes_6dof.bag`, `slider_far.bag`, ..., 240 x 180; times in us since 1970. */
export async function davisZurich(options: SetOptions<'all'>): Promise<RecordingDataset> {
  checkObject('davisZurich', options)
  const info = setCatalogue.davisZurich
  const wanted = new Set<string>(info.files.map(({ name }) => name))
  const { folder, files } = await findFiles(info, options, 'slider_far.bag, ...', (path) => wanted.has(lastPart(path)))
  return recordingSet(info, options.split, folder, [], files.map((name) => ({ name, title: lastPart(name).replace(/\.bag$/, ''), events: () => bagEvents(folder, name, info) })))
}

/**
 * Event-based visual place recognition (Fischer and Milford 2020): six drives along one road, `dvs_vpr_*.bag`, 346 x 260. Targets are the fixes of
 * the satellite receiver in the .nmea file of the same day: seconds since the first one, degrees north and east.
 */
export async function vpr(options: SetOptions<'all'>): Promise<RecordingDataset> {
  checkObject('vpr', options)
  const info = setCatalogue.vpr
  const { folder, files } = await findFiles(info, options, 'dvs_vpr_*.bag', (path) => /(dvs_vpr_[\d-]+\.bag|\.nmea)$/.test(path))
  const recordings = files.filter((path) => path.endsWith('.bag')).map((name) => {
    const day = lastPart(name).replace('dvs_vpr_', '').slice(0, 10).replaceAll('-', '')
    const fixes = files.find((path) => lastPart(path).startsWith(day) && path.endsWith('.nmea'))
    const title = fixes === undefined ? day : /-(\w+?)_concat/.exec(fixes)?.[1] ?? day
    return {
      name,
      title,
      events: () => bagEvents(folder, name, info),
      target: async () => (fixes === undefined ? undefined : parseFixes(new TextDecoder().decode(await readBytes(join(folder, fixes))))),
    }
  })
  return recordingSet(info, options.split, folder, ['t', 'latitude', 'longitude'], recordings)
}

/** Time, latitude and longitude of the GGA sentences of NMEA 0183 that have a fix. */
export function parseFixes(text: string): number[][] {
  const degrees = (value: string, half: string): number => {
    const number = Number(value)
    const whole = Math.floor(number / 100)
    return (whole + (number - 100 * whole) / 60) * (half === 'S' || half === 'W' ? -1 : 1)
  }
  const rows = text.split(/\r?\n/).flatMap((line) => {
    const [, time, latitude, north, longitude, east] = /^\$\w\wGGA,(\d{6}(?:\.\d+)?),(\d+\.\d+),([NS]),(\d+\.\d+),([EW]),[1-9]/.exec(line) ?? []
    if (!time) return []
    const seconds = Number(time.slice(0, 2)) * 3600 + Number(time.slice(2, 4)) * 60 + Number(time.slice(4))
    return [[seconds, degrees(latitude!, north!), degrees(longitude!, east!)]]
  })
  const first = rows[0]?.[0] ?? 0
  return rows.map(([seconds, ...place]) => [(seconds! - first + 86400) % 86400, ...place]) // also over midnight
}

export interface TumVieOptions extends SetOptions<'all'> {
  /** Which of the two cameras. Default `left`. */
  readonly camera?: 'left' | 'right'
}

const pose = ['t', 'px', 'py', 'pz', 'qx', 'qy', 'qz', 'qw'] as const

/**
 * TUM-VIE (Klenk et al. 2021): `*-events_left.h5` and `*-events_right.h5`, 1280 x 720. Targets are the poses of `mocap_data.txt`, which lies beside or
 * in the folder that `*-vi_gt_data.tar.gz` unpacks to: time in us, place in m, quaternion.
 */
export async function tumVie(options: TumVieOptions): Promise<RecordingDataset> {
  checkObject('tumVie', options)
  const { camera = 'left' } = options
  const info = setCatalogue.tumVie
  const ending = `-events_${camera}.h5`
  const { folder, files } = await findFiles(info, options, `*${ending}`, (path) => path.endsWith(ending) || path.endsWith('mocap_data.txt'))
  const recordings = files.filter((path) => path.endsWith(ending)).map((name) => {
    const title = lastPart(name).slice(0, -ending.length)
    const beside = name.split('/').slice(0, -1).join('/')
    const poses = files.find((path) => path.endsWith('mocap_data.txt') && (path.includes(`${title}-vi_gt_data/`) || path.split('/').slice(0, -1).join('/') === beside))
    return { name, title, events: () => hdf5Events(folder, name, info), target: async () => (poses === undefined ? undefined : rowsOf(join(folder, poses), pose.length)) }
  })
  return recordingSet(info, options.split, folder, pose, recordings)
}

/** 3ET, eye tracking (Chen et al. 2023): `train_files.txt`, `val_files.txt`, `data/*.h5`, `labels/*.txt`; 240 x 180. Targets: place of the pupil and whether the eye is closed. */
export async function threeEt(options: SetOptions<'train' | 'val'>): Promise<RecordingDataset> {
  checkObject('threeEt', options)
  const info = setCatalogue.threeEt
  const list = `${options.split}_files.txt`
  const folder = await findSet(info, options, `${list} beside data/*.h5`, (names) => names.includes(list))
  const names = new TextDecoder().decode(await readBytes(join(folder, list), options.signal)).split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '')
  const wrong = names.find((name) => name.split(/[\\/]/).includes('..'))
  if (wrong !== undefined) throw invalid(info.id, list, `${JSON.stringify(wrong)} leads out of the folder.`)
  const recordings = names.map((name) => ({ name: `data/${name}.h5`, title: name, events: () => hdf5Events(folder, `data/${name}.h5`, info), target: () => rowsOf(join(folder, 'labels', `${name}.txt`), 3) }))
  return recordingSet(info, options.split, folder, ['x', 'y', 'closed'], recordings)
}

/** NeRDD, drones (Magrini et al. 2024): `DATA/*` / SCENE / `Event/output_events.npz`, 1280 x 720. Targets are boxes of `ev_rgb_coordinates.txt`. */
export async function nerdd(options: SetOptions<'all'>): Promise<RecordingDataset> {
  checkObject('nerdd', options)
  const info = setCatalogue.nerdd
  const ending = '/Event/output_events.npz'
  const { folder, files } = await findFiles(info, options, `DATA/*/SCENE${ending}`, (path) => path.endsWith(ending))
  const recordings = files.map((name) => {
    const scene = name.slice(0, -ending.length)
    return {
      name,
      title: scene.split('/').slice(-2).join('/'),
      events: async () => npz.parse(await readBytes(join(folder, name)), { sensor: info.sensor, columns: 'xypt', file: `${lastPart(scene)}${ending}` }),
      target: () => rowsOf(join(folder, scene, 'ev_rgb_coordinates.txt'), 5),
    }
  })
  return recordingSet(info, options.split, folder, ['t', 'x1', 'y1', 'x2', 'y2'], recordings)
}

/**
 * EBSSA, satellites and stars (Afshar et al. 2020), the labelled part in the copy of Tonic: `labelled_ebssa.h5` with a group for each recording, `TD` of
 * events counted from 1 and `Obj` of objects. Times start at 0; targets are the places of objects at times.
 */
export async function ebssa(options: SetOptions<'labelled'>): Promise<RecordingDataset> {
  checkObject('ebssa', options)
  const info = setCatalogue.ebssa
  const file = 'labelled_ebssa.h5'
  const folder = await findSet(info, options, file, (names) => names.includes(file))
  const open = async <T>(use: (view: Hdf5View) => T): Promise<T> => {
    const opened = await openHdf5(await fileSource(join(folder, file)), file, readHdf5Filter)
    try {
      return await opened.read(use)
    } finally {
      opened.close()
    }
  }
  const read = (view: Hdf5View, path: string): Float64Array => readFlat(view, needDataset(view, path))
  const keys = (await open(({ root }) => root.keys())).sort(naturally)
  const recordings = keys.map((key) => ({
    name: `${file}#${key}`,
    title: key,
    events: () =>
      open((view) => {
        const [t, x, y, p] = ['ts', 'x', 'y', 'p'].map((name) => read(view, `${key}/TD/${name}`)) as [Float64Array, Float64Array, Float64Array, Float64Array]
        const first = t[0] ?? 0
        return fromFile(info.id, file, { t: t.map((time) => time - first), x: x.map((value) => value - 1), y: y.map((value) => value - 1), p: p.map((value) => (value > 0 ? 1 : 0)) }, { sensor: info.sensor, timeUnit: info.timeUnit })
      }),
    target: () =>
      open((view) => {
        if (!datasetAt(view, `${key}/Obj/ts`)) return undefined
        const first = read(view, `${key}/TD/ts`)[0] ?? 0
        const [t, x, y, id] = ['ts', 'x', 'y', 'id'].map((name) => read(view, `${key}/Obj/${name}`)) as [Float64Array, Float64Array, Float64Array, Float64Array]
        return Array.from(t, (time, i) => [time - first, x[i]! - 1, y[i]! - 1, id[i]!])
      }),
  }))
  return recordingSet(info, options.split, folder, ['t', 'x', 'y', 'id'], recordings)
}
