import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isSnnError } from '@snn/tensor'
import { checkMembers, checkObject, checkString } from '@snn/tensor/library'
import { appendToFile, makeFolder, replaceFile } from '@snn/tensor/node'
import { checkIndex } from '../dataset.js'
import type { Sensor, TimeUnit } from '../events/events.js'
import { npz } from '../events/formats/numpy.js'
import { invalid } from '../invalid.js'
import { npyFile } from '../npy-file.js'
import { parseNpy } from '../npy.js'
import { kindOf, notFound, readBytes } from './files.js'
import type { EventDataset, EventSample } from './event-dataset.js'

/** Options of the conversion of a set of recordings to files of another format. */
export interface ConvertOptions {
  /** What to do with a sample that cannot be read: `fail` (default), or `skip` it and go on. */
  readonly corrupt?: 'fail' | 'skip'
  /** Ends the work early, by throwing `signal.reason`. */
  readonly signal?: AbortSignal
  /** Is told how far the work is. */
  readonly onProgress?: (progress: { readonly stage: string; readonly done: number; readonly total: number }) => void
}

/** What a conversion of a set has written. */
export interface ConvertReport {
  readonly written: number
  /** Samples that were there from an earlier, interrupted run. */
  readonly kept: number
  /** Samples left out, with the reason, which names the file. */
  readonly corrupt: readonly { readonly name: string; readonly reason: string }[]
}

/** The first line of a manifest; the others are `Entry`. */
interface Head {
  readonly format: 'snn-events'
  readonly version: 1
  readonly description: string
  readonly split: string
  readonly sensor: Sensor
  readonly timeUnit: TimeUnit
  readonly classes: readonly string[]
  readonly samples: number
  readonly targetColumns?: readonly string[]
}

interface Entry {
  readonly name: string
  readonly label: number
  /** Absent for a corrupt sample. */
  readonly file?: string
  /** The file of the target, where there is one. */
  readonly target?: string
  readonly events?: number
  readonly reason?: string
}

const manifestName = 'manifest.jsonl'

/**
 * Writes a set into `folder` as one .npz file for each recording (arrays t, x, y, p, which NumPy and SpikingJelly read
 * too), its target as .npy, and a manifest of one JSON line each. A run that was interrupted goes on where it stopped.
 */
export async function convertEvents(
  dataset: EventDataset,
  folder: string,
  options: ConvertOptions = {},
): Promise<ConvertReport> {
  checkMembers(
    'convertEvents',
    dataset,
    'dataset',
    ['length', 'get()', 'sensor'],
    'a data set such as await openEventSet(..)',
  )
  checkString('convertEvents', folder, 'folder')
  checkObject('convertEvents', options)
  const { corrupt = 'fail', signal, onProgress } = options
  await makeFolder(folder)
  const manifest = join(folder, manifestName)
  const head: Head = {
    format: 'snn-events',
    version: 1,
    description: dataset.description,
    split: dataset.split,
    sensor: dataset.sensor,
    timeUnit: dataset.timeUnit,
    classes: dataset.classes,
    samples: dataset.length,
    ...(dataset.targetColumns && { targetColumns: dataset.targetColumns }),
  }
  const before = (await kindOf(manifest)) === 'file' ? await readManifest(folder) : undefined
  if (before && JSON.stringify(before.head) !== JSON.stringify(head)) {
    throw invalid(
      'convert',
      manifestName,
      `the folder holds ${before.head.description}, expected an empty one or the same set. Choose another folder.`,
    )
  }
  if (!before) await replaceFile(manifest, `${JSON.stringify(head)}\n`)
  // A last line that was cut off is written anew.
  if (before?.damaged)
    await replaceFile(manifest, [head, ...before.entries].map((line) => `${JSON.stringify(line)}\n`).join(''))
  const entries: Entry[] = [...(before?.entries ?? [])]
  const kept = entries.length
  for (let index = kept; index < dataset.length; index++) {
    signal?.throwIfAborted()
    const entry = await convertOne(dataset, index, folder).catch((error: unknown): Entry => {
      if (corrupt === 'fail' || !isSnnError(error, 'DATA_INVALID')) throw error
      return { name: dataset.names[index]!, label: dataset.labels[index]!, reason: error.message }
    })
    await appendToFile(manifest, `${JSON.stringify(entry)}\n`)
    entries.push(entry)
    onProgress?.({ stage: 'convert', done: index + 1, total: dataset.length })
  }
  return {
    written: dataset.length - kept,
    kept,
    corrupt: entries.flatMap(({ name, reason }) => (reason === undefined ? [] : [{ name, reason }])),
  }
}

async function convertOne(dataset: EventDataset, index: number, folder: string): Promise<Entry> {
  const { events, label, name, target } = await dataset.get(index)
  const base = `${String(label).padStart(4, '0')}/${String(index).padStart(7, '0')}`
  const write = async (file: string, bytes: Uint8Array): Promise<string> => {
    const path = join(folder, file)
    await makeFolder(dirname(path))
    await replaceFile(path, bytes, { durable: false })
    return file
  }
  return {
    name,
    label,
    file: await write(`${base}.npz`, await npz.write!(events)),
    ...(target && {
      target: await write(`${base}.target.npy`, npyFile('<f8', target.shape, Float64Array.from(target.data))),
    }),
    events: events.t.length,
  }
}

async function readManifest(folder: string): Promise<{ head: Head; entries: Entry[]; damaged: boolean }> {
  const lines = (await readFile(join(folder, manifestName), 'utf8')).split('\n').filter((line) => line !== '')
  const parsed = lines.map((line) => {
    try {
      return JSON.parse(line) as unknown
    } catch {
      return undefined
    }
  })
  const damaged = parsed.at(-1) === undefined
  const good = damaged ? parsed.slice(0, -1) : parsed
  const head = good[0] as Head | undefined
  const isEntry = (line: unknown): boolean => {
    const { name, label, file, target } = (line ?? {}) as Partial<Entry>
    return (
      typeof name === 'string' &&
      Number.isInteger(label) &&
      (file === undefined || /^\d{4,}\/\d{7,}\.npz$/.test(file)) &&
      (target === undefined || /^\d{4,}\/\d{7,}\.target\.npy$/.test(target))
    )
  }
  if (head?.format !== 'snn-events' || head.version !== 1 || !good.slice(1).every(isEntry))
    throw invalid('convert', manifestName, 'is no manifest of converted events.')
  return { head, entries: good.slice(1) as Entry[], damaged }
}

/**
 * A set that `convertEvents` wrote; samples that were corrupt are left out. Throws `DATA_NOT_FOUND` and `DATA_INVALID`.
 */
export async function convertedEvents(folder: string): Promise<EventDataset> {
  checkString('convertedEvents', folder, 'folder')
  if ((await kindOf(join(folder, manifestName))) !== 'file') throw notFound('convertedEvents', folder, [manifestName])
  const { head, entries } = await readManifest(folder)
  const samples = entries.flatMap(({ file, ...entry }) => (file === undefined ? [] : [{ file, ...entry }]))
  return {
    length: samples.length,
    description: head.description,
    sensor: head.sensor,
    timeUnit: head.timeUnit,
    classes: head.classes,
    split: head.split,
    ...(head.targetColumns && { targetColumns: head.targetColumns }),
    labels: samples.map(({ label }) => label),
    names: samples.map(({ name }) => name),
    async get(index): Promise<EventSample> {
      checkIndex(index, samples.length)
      const { file, name, label, target } = samples[index]!
      return {
        events: await npz.parse(await readBytes(join(folder, file)), { file }),
        label,
        name,
        ...(target !== undefined && { target: parseNpy(await readBytes(join(folder, target)), target) }),
      }
    },
  }
}
