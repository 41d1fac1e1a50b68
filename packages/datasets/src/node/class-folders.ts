import { open, readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { invalid } from '../invalid.js'
import { pictureFormat } from '../picture-header.js'
import { kindOf } from './files.js'

/** Pictures of a folder that has a folder for each class. */
export interface ClassFolders {
  /** Names of the folders, sorted, or those of the part to train with; the index is the label. */
  readonly classes: readonly string[]
  /** The pictures class by class, in each sorted by folder and name. Paths are relative, with slashes. */
  readonly entries: readonly { readonly file: string; readonly label: number }[]
  /** Files that are no pictures by their names, and pictures beside the class folders, which belong to none. */
  readonly leftOut: readonly string[]
}

const readable = /\.(jpe?g|png)$/i
/** Pictures that others read: left out without a word, classes would lose some. */
const unreadable = /\.(bmp|gif|heic|p[bgp]m|ppm|tiff?|webp|avif)$/i
/** Parts of a set that are labelled as its part to train with. */
const testFolder = /^(test|val|valid|validation)$/i
/** Files looked into side by side. */
const together = 16

/**
 * What torchvision's ImageFolder takes: a folder for each class, with pictures in it or in folders below. Hidden files
 * and folders are passed over. A folder named test, val .. beside one named train has the classes of train, so that
 * labels mean the same though it may lack some. Undefined where no folder has a picture. Throws `DATA_INVALID` for a
 * class without pictures or that train lacks, pictures of other kinds than JPEG and PNG, and files that are no picture
 * though named so.
 */
export async function classFolders(folder: string, signal?: AbortSignal): Promise<ClassFolders | undefined> {
  const name = basename(resolve(folder))
  const { files: beside, folders } = await namesIn(folder)
  const found = await Promise.all(folders.map(async (className) => filesBelow(folder, className, new Set(), signal)))
  if (!found.flat().some((file) => readable.test(file) || unreadable.test(file))) return undefined
  const splits = folders.filter((className) => /^train$/i.test(className) || testFolder.test(className))
  if (splits.length === folders.length)
    throw invalid(
      'imageFolder',
      name,
      `holds ${folders.join(', ')}, which are parts of a set and no classes. Write ${splits.map((split) => `${name}/${split}`).join(' or ')}.`,
    )
  const wrong = found.flat().filter((file) => unreadable.test(file))
  if (wrong.length > 0)
    throw invalid(
      'imageFolder',
      name,
      `${wrong.length} pictures that are neither JPEG nor PNG (${few(wrong)}). Convert them, or move them away.`,
    )
  const empty = folders.filter((_, i) => !found[i]!.some((file) => readable.test(file)))
  if (empty.length > 0)
    throw invalid(
      'imageFolder',
      name,
      `no picture in ${few(empty)}, expected some in each folder, since each is a class. Remove folders that are none.`,
    )
  const classes = (await classesOfTrain(folder)) ?? folders
  const unknown = folders.filter((className) => !classes.includes(className))
  if (unknown.length > 0)
    throw invalid(
      'imageFolder',
      name,
      `classes that ${trainBeside(folder)} lacks: ${few(unknown)}. Rename these folders as there, or move them away.`,
    )
  const entries = found.flatMap((files, i) =>
    files.filter((file) => readable.test(file)).map((file) => ({ file, label: classes.indexOf(folders[i]!) })),
  )
  for (let from = 0; from < entries.length; from += together) {
    signal?.throwIfAborted()
    await Promise.all(entries.slice(from, from + together).map(({ file }) => checkPicture(folder, file)))
  }
  return { classes, entries, leftOut: [...beside, ...found.flat().filter((file) => !readable.test(file))] }
}

const trainBeside = (folder: string): string => join(basename(dirname(resolve(folder))), 'train')

/**
 * The class folders of a folder `train` beside one named as its test part; undefined where there are none, or
 * labels.json says the labels.
 */
async function classesOfTrain(folder: string): Promise<string[] | undefined> {
  if (!testFolder.test(basename(resolve(folder)))) return undefined
  const train = join(resolve(folder), '..', 'train')
  if ((await kindOf(train)) !== 'folder') return undefined
  const { files, folders } = await namesIn(train)
  return folders.length > 0 && !files.includes('labels.json') ? folders : undefined
}

/** The names in a folder, sorted, but for hidden ones. Links lead on. */
async function namesIn(folder: string): Promise<{ files: string[]; folders: string[] }> {
  const files: string[] = []
  const folders: string[] = []
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('.') || entry.name === '__MACOSX') continue
    const kind = entry.isSymbolicLink() ? await stat(join(folder, entry.name)).catch(() => undefined) : entry
    if (kind?.isDirectory()) folders.push(entry.name)
    else if (kind?.isFile()) files.push(entry.name)
  }
  return { files: files.sort(), folders: folders.sort() }
}

/** The files of a folder and those below it. */
async function filesBelow(
  root: string,
  path: string,
  above: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  signal?.throwIfAborted()
  const place = await realpath(join(root, path))
  if (above.has(place)) return [] // a link that leads back
  const { files, folders } = await namesIn(place)
  const below: string[] = []
  for (const folder of folders)
    below.push(...(await filesBelow(root, `${path}/${folder}`, new Set([...above, place]), signal)))
  return [...files.map((file) => `${path}/${file}`), ...below]
}

async function checkPicture(folder: string, file: string): Promise<void> {
  await using opened = await open(join(folder, file))
  const { buffer, bytesRead } = await opened.read(new Uint8Array(8), 0, 8, 0)
  if (pictureFormat(buffer.subarray(0, bytesRead))) return
  throw invalid(
    'imageFolder',
    file,
    'neither JPEG nor PNG by its first bytes, though its name says so. Replace it, or remove it.',
    0,
  )
}

/** The first of many names. */
export const few = (names: readonly string[]): string =>
  `${names.slice(0, 5).join(', ')}${names.length > 5 ? `, and ${names.length - 5} more` : ''}`
