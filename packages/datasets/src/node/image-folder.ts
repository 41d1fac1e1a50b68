import { checkObject, checkString } from '@snn/tensor/library'
import { basename, join, resolve } from 'node:path'
import { checkIndex, type ImageDataset } from '../dataset.js'
import { parseImageLabels, type ImageLabels } from '../image-labels.js'
import { invalid } from '../invalid.js'
import { classFolders, few } from './class-folders.js'
import { filesIn, kindOf, notFound, readBytes } from './files.js'
import { nodeImageDecoder } from './image-decoder.js'

export interface ImageFolderOptions {
  /** Ends the work early, by throwing `signal.reason`. */
  readonly signal?: AbortSignal
}

/**
 * JPEG and PNG pictures of a folder: with the classes that its labels.json gives (see `parseImageLabels`), in the order
 * of that file; else with a folder for each class (see `classFolders`), in the order of sorted names. A picture is read
 * and decoded each time it is asked for. Throws
 * `DATA_NOT_FOUND` at once when a picture is missing or there are none.
 */
export async function imageFolder(folder: string, options: ImageFolderOptions = {}): Promise<ImageDataset> {
  checkString('imageFolder', folder, 'folder')
  checkObject('imageFolder', options)
  const found = (await kindOf(folder)) === 'folder' && (await picturesIn(folder, options))
  if (found) return found
  throw notFound('imageFolder', folder, ['labels.json', 'a folder of JPEG or PNG pictures for each class'])
}

/** `imageFolder`, or undefined where a folder has neither labels.json nor pictures in folders. */
export async function picturesIn(folder: string, options: ImageFolderOptions): Promise<ImageDataset | undefined> {
  const name = basename(resolve(folder))
  if ((await kindOf(join(folder, 'labels.json'))) === 'file')
    return pictures(folder, `pictures ${name}`, await labelledPictures(folder, options))
  const found = await classFolders(folder, options.signal)
  if (!found) return undefined
  const { leftOut, classes, entries } = found
  const present = new Set(entries.map(({ label }) => label))
  const lacking = classes.filter((_, label) => !present.has(label))
  const leftOutNote = `${leftOut.length} ${leftOut.length === 1 ? 'file' : 'files'} of ${name} left out, no pictures of a class: ${few(leftOut)}`
  const notes = [
    ...(leftOut.length > 0 ? [leftOutNote] : []),
    ...(lacking.length > 0
      ? [
          `${name} has no pictures of ${few(lacking)}, ${lacking.length === 1 ? 'a class' : 'classes'} of the folder train beside it, by which labels are numbered`,
        ]
      : []),
  ]
  return {
    ...(await pictures(folder, `pictures ${name} in ${classes.length} classes`, found)),
    numberedByName: true,
    ...(notes.length > 0 && { notes }),
  }
}

/** What labels.json lists, all of it present. */
async function labelledPictures(folder: string, { signal }: ImageFolderOptions): Promise<ImageLabels> {
  const list = `${basename(resolve(folder))}/labels.json`
  const labels = parseImageLabels(new TextDecoder().decode(await readBytes(join(folder, 'labels.json'), signal)), list)
  const present = new Set(
    await filesIn(
      folder,
      labels.entries.some(({ file }) => file.includes('/')),
    ),
  )
  const missing = labels.entries.filter(({ file }) => !present.has(file)).map(({ file }) => file)
  if (missing.length > 0)
    throw notFound('imageFolder', folder, [
      ...missing.slice(0, 5),
      ...(missing.length > 5 ? [`${missing.length - 5} more of labels.json`] : []),
    ])
  if (labels.entries.length === 0) throw invalid('imageFolder', list, 'no pictures, expected at least one.')
  return labels
}

async function pictures(folder: string, title: string, { entries, classes }: ImageLabels): Promise<ImageDataset> {
  const decode = await nodeImageDecoder()
  return {
    length: entries.length,
    description: `${title}, ${entries.length}`,
    dtype: 'uint8',
    ...(classes ? { classes } : {}),
    async get(index) {
      checkIndex(index, entries.length)
      const { file, label } = entries[index]!
      return { image: await decode(await readBytes(join(folder, file)), file), label }
    },
  }
}
