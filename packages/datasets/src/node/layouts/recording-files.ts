import { readdir } from 'node:fs/promises'
import { basename, join, posix } from 'node:path'
import { checkIndex } from '../../dataset.js'
import type { Events } from '../../events/events.js'
import type { EventSetInfo } from '../define-set.js'
import type { EventDataset, EventSample } from '../event-dataset.js'
import { notFound, readBytes } from '../files.js'

/** A sample before it is read. */
export interface SampleFile {
  /** Relative to the set's folder, with slashes. */
  readonly path: string
  readonly label: number
  /** Which part of the file. */
  readonly part?: string
}

/** The files with one of `endings` in each of the class folders of `folder`, sorted by class and name. */
export async function classFolders(
  folder: string,
  classes: readonly string[],
  endings: readonly string[],
  recursive = false,
): Promise<SampleFile[]> {
  const files: SampleFile[] = []
  for (const [label, name] of classes.entries()) {
    const found = (await readdir(join(folder, name), { recursive }).catch(() => []))
      .map((file) => file.replaceAll('\\', '/'))
      .sort(naturally)
    for (const file of found)
      if (endings.some((ending) => file.endsWith(ending))) files.push({ path: `${name}/${file}`, label })
  }
  return files
}

/** Names with numbers in the order of the numbers: `a_2` before `a_10`. */
export const naturally = (a: string, b: string): number => collator.compare(a, b)
const collator = new Intl.Collator('en', { numeric: true })

/** The set's title, its split, and how many of its samples are here where these are not all. */
export function describePart({ title, splits }: EventSetInfo, split: string, length: number): string {
  const official = splits[split]!
  return `${title} ${split}, ${official === 0 || official === length ? length : `${length} of ${official}`}`
}

/** The set of these files; each is read when its sample is asked for. A fault in one names its path. */
export function fileSet(
  info: EventSetInfo,
  split: string,
  folder: string,
  classes: readonly string[],
  files: readonly SampleFile[],
  read: (bytes: Uint8Array, name: string, file: SampleFile) => Promise<Events> | Events,
): EventDataset {
  if (files.length === 0) throw notFound(info.id, folder, [`recordings of the split ${split}`])
  const names = files.map(({ path, part }) => (part === undefined ? path : `${path}#${part}`))
  return {
    length: files.length,
    description: `${describePart(info, split, files.length)} recordings of ${info.sensor.width} x ${info.sensor.height}`,
    sensor: info.sensor,
    timeUnit: info.timeUnit,
    classes,
    labels: files.map(({ label }) => label),
    names,
    split,
    async get(index): Promise<EventSample> {
      checkIndex(index, files.length)
      const file = files[index]!
      const name = `${basename(folder)}/${posix.normalize(file.path)}`
      const events = await read(await readBytes(join(folder, file.path)), name, file)
      return { events, label: file.label, name: names[index]! }
    },
  }
}
