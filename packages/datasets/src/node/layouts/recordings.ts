import { join, resolve } from 'node:path'
import type { TensorLike } from '@snn/tensor'
import { checkIndex } from '../../dataset.js'
import type { Events } from '../../events/events.js'
import { hdf5 } from '../../events/formats/hdf5.js'
import { rosbag } from '../../events/formats/rosbag.js'
import { concatEvents } from '../../events/select.js'
import { invalid } from '../../invalid.js'
import type { EventSetInfo, SetOptions } from '../define-set.js'
import type { EventDataset } from '../event-dataset.js'
import { fileSource, kindOf, notFound, readBytes } from '../files.js'
import { readHdf5Filter } from '../hdf5-filter.js'
import { findSet, namesIn } from './find-set.js'
import { describePart, naturally } from './recording-files.js'

/**
 * Recordings without classes, for tracking, odometry or detection: `label` is the place of the recording in the set.
 * They may be of many GB: `openEvents(join(set.folder, set.names[i]))` of a file by itself reads it in batches.
 */
export interface RecordingDataset extends EventDataset {
  readonly folder: string
  readonly targetColumns: readonly string[]
}

export interface Recording {
  readonly name: string
  /** For the names of classes. */
  readonly title: string
  events(): Promise<Events>
  target?(): Promise<number[][] | undefined>
}

/** The set of these recordings; each is read when it is asked for. */
export function recordingSet(
  info: EventSetInfo,
  split: string,
  folder: string,
  targetColumns: readonly string[],
  recordings: readonly Recording[],
): RecordingDataset {
  if (recordings.length === 0) throw notFound(info.id, folder, [`recordings of the split ${split}`])
  return {
    length: recordings.length,
    description: `${describePart(info, split, recordings.length)} recordings of ${info.sensor.width} x ${info.sensor.height}`,
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
        ...(rows && {
          target: {
            data: Float64Array.from(rows.flat()),
            shape: [rows.length, targetColumns.length],
            dtype: 'float64',
          } satisfies TensorLike,
        }),
      }
    },
  }
}

/**
 * Files below a folder, as deep as downloads unpack, with slashes and in natural order. What was downloaded is left out
 * where it is unpacked too.
 */
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
export async function findFiles(
  info: EventSetInfo,
  options: SetOptions,
  looked: string,
  is: (path: string) => boolean,
): Promise<{ readonly folder: string; readonly files: string[] }> {
  let files: string[] = []
  await findSet(info, options, looked, async () => {
    if (files.length === 0) files = await filesBelow(resolve(options.root), is)
    return files.length > 0
  })
  return { folder: resolve(options.root), files }
}

/** The file's own name. */
export const lastPart = (path: string): string => path.split('/').at(-1)!

/**
 * Rows of numbers in a text, with blanks, commas or colons between them; a first line of names and lines with # are
 * left out. Throws `DATA_INVALID`.
 */
function parseRows(text: string, columns: number, file: string): number[][] {
  return text.split(/\r?\n/).flatMap((line, i) => {
    const parts = line.split(/[\s,:]+/).filter((part) => part !== '')
    if (parts.length === 0 || parts[0]!.startsWith('#')) return []
    const values = parts.map(Number)
    if (values.length === columns && values.every((value) => !Number.isNaN(value))) return [values]
    if (i === 0 && values.every((value) => Number.isNaN(value))) return []
    throw invalid(
      'dataset',
      file,
      `line ${i + 1} is ${JSON.stringify(line.slice(0, 60))}, expected ${columns} numbers.`,
    )
  })
}

/** The rows of a text file, or undefined where there is none. */
export async function rowsOf(path: string, columns: number): Promise<number[][] | undefined> {
  if ((await kindOf(path)) !== 'file') return undefined
  return parseRows(new TextDecoder().decode(await readBytes(path)), columns, lastPart(path.replaceAll('\\', '/')))
}

/** The events of a ROS bag. */
export async function bagEvents(folder: string, path: string, info: EventSetInfo): Promise<Events> {
  const parts: Events[] = []
  for await (const part of rosbag.batches(await fileSource(join(folder, path)), {
    sensor: info.sensor,
    file: lastPart(path),
  }))
    parts.push(part)
  return concatEvents(parts)
}

/** The events of an HDF5 file. */
export async function hdf5Events(folder: string, path: string, info: EventSetInfo): Promise<Events> {
  const parts: Events[] = []
  for await (const part of hdf5.batches(await fileSource(join(folder, path)), {
    sensor: info.sensor,
    filter: readHdf5Filter,
    file: lastPart(path),
  }))
    parts.push(part)
  return concatEvents(parts)
}
