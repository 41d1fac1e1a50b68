import { readdir } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { checkString, SnnError } from '@snn/tensor'
import { checkIndex } from '../../dataset.js'
import type { Events } from '../../events/events.js'
import { downloadSet } from '../download/download-set.js'
import { notFound, readBytes } from '../files.js'
import type { EventDataset, EventSample, SetInfo, SetOptions } from './set.js'

/** Folders looked into for a layout: archives unpack into a folder or two of their own. */
const mostFolders = 400
const deepest = 3

/** What stands in a folder, folders with a slash at their end. */
export async function namesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).filter((name) => !name.startsWith('.') && name !== '__MACOSX/').sort()
}

/**
 * Downloads when asked to, checks the split, and finds the folder with the layout: `root` or one below it of which `is` holds.
 * Throws `DATA_NOT_FOUND`, which says what was looked for and how to get it.
 */
export async function findSet(info: SetInfo, options: SetOptions, looked: string, is: (names: readonly string[], folder: string) => boolean | Promise<boolean>): Promise<string> {
  checkSplit(info, options.split)
  checkString(info.id, options.root, 'root', 'the folder of the data')
  if (options.download) await downloadSet(info, options)
  let level = [resolve(options.root)]
  let seen = 0
  for (let depth = 0; depth <= deepest; depth++) {
    const next: string[] = []
    for (const folder of level) {
      options.signal?.throwIfAborted()
      if (++seen > mostFolders) break
      const names = await namesIn(folder)
      if (await is(names, folder)) return folder
      next.push(...names.filter((name) => name.endsWith('/')).map((name) => join(folder, name)))
    }
    level = next
  }
  const how = info.files.every(({ url }) => url !== undefined) ? `{ download: true } (snn data download ${info.id}) gets it` : `Get ${info.files.map(({ name }) => name).join(', ')} from ${info.page} and unpack it there, or give { download: true, from: ARCHIVE } (snn data download ${info.id} --from ARCHIVE)`
  throw new SnnError('DATA_NOT_FOUND', `[${info.id}] no ${info.title} in ${options.root}, looked for ${looked}. ${how}.`, { path: options.root, looked: [looked] })
}

function checkSplit(info: SetInfo, split: string): void {
  if (Object.hasOwn(info.splits, split)) return
  throw new SnnError('ARGUMENT', `[${info.id}] split ${JSON.stringify(split)}, expected ${Object.keys(info.splits).join(' or ')}.`, { name: 'split', value: split })
}

/** A sample before it is read. */
export interface SampleFile {
  /** Relative to the set's folder, with slashes. */
  readonly path: string
  readonly label: number
  /** Which part of the file. */
  readonly part?: string
}

/** The files with one of `endings` in each of the class folders of `folder`, sorted by class and name. */
export async function classFolders(folder: string, classes: readonly string[], endings: readonly string[], recursive = false): Promise<SampleFile[]> {
  const files: SampleFile[] = []
  for (const [label, name] of classes.entries()) {
    const found = (await readdir(join(folder, name), { recursive }).catch(() => [])).map((file) => file.replaceAll('\\', '/')).sort(naturally)
    for (const file of found) if (endings.some((ending) => file.endsWith(ending))) files.push({ path: `${name}/${file}`, label })
  }
  return files
}

/** Names with numbers in the order of the numbers: `a_2` before `a_10`. */
export const naturally = (a: string, b: string): number => collator.compare(a, b)
const collator = new Intl.Collator('en', { numeric: true })

/** The set of these files; each is read when its sample is asked for. A fault in one names its path. */
export function fileSet(info: SetInfo, split: string, folder: string, classes: readonly string[], files: readonly SampleFile[], read: (bytes: Uint8Array, name: string, file: SampleFile) => Promise<Events> | Events): EventDataset {
  if (files.length === 0) throw notFound(info.id, folder, [`recordings of the split ${split}`])
  const official = info.splits[split]!
  const count = official === 0 || official === files.length ? String(files.length) : `${files.length} of ${official}`
  const names = files.map(({ path, part }) => (part === undefined ? path : `${path}#${part}`))
  return {
    length: files.length,
    description: `${info.title} ${split}, ${count} recordings of ${info.sensor.width} x ${info.sensor.height}`,
    sensor: info.sensor,
    timeUnit: info.timeUnit,
    classes,
    labels: files.map(({ label }) => label),
    names,
    split,
    async get(index): Promise<EventSample> {
      checkIndex(index, files.length)
      const file = files[index]!
      const name = `${basename(folder)}/${relative('.', file.path)}`
      const events = await read(await readBytes(join(folder, file.path)), name, file)
      return { events, label: file.label, name: names[index]! }
    },
  }
}
