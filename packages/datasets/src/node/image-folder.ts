import { checkObject, checkString } from '@snn/tensor'
import { basename, join, resolve } from 'node:path'
import { checkIndex, type ImageDataset } from '../dataset.js'
import { parseImageLabels } from '../image-labels.js'
import { invalid } from '../invalid.js'
import { filesIn, notFound, readBytes } from './files.js'
import { nodeImageDecoder } from './image-decoder.js'

/**
 * JPEG and PNG pictures of a folder with the classes that its labels.json gives (see `parseImageLabels`), in the order of that file.
 * A picture is read and decoded each time it is asked for. Throws `DATA_NOT_FOUND` at once when a picture is missing.
 */
export async function imageFolder(folder: string, options: { readonly signal?: AbortSignal } = {}): Promise<ImageDataset> {
  checkString('imageFolder', folder, 'folder')
  checkObject('imageFolder', options)
  const text = new TextDecoder().decode(await readBytes(join(folder, 'labels.json'), options.signal))
  const { entries, classes } = parseImageLabels(text, `${basename(resolve(folder))}/labels.json`)
  const present = new Set(await filesIn(folder, entries.some(({ file }) => file.includes('/'))))
  const missing = entries.filter(({ file }) => !present.has(file)).map(({ file }) => file)
  if (missing.length > 0) throw notFound('imageFolder', folder, [...missing.slice(0, 5), ...(missing.length > 5 ? [`${missing.length - 5} more of labels.json`] : [])])
  if (entries.length === 0) throw invalid('imageFolder', `${basename(resolve(folder))}/labels.json`, 'no pictures, expected at least one.')
  const decode = await nodeImageDecoder()
  return {
    length: entries.length,
    description: `pictures ${basename(resolve(folder))}, ${entries.length}`,
    dtype: 'uint8',
    ...(classes ? { classes } : {}),
    async get(index) {
      checkIndex(index, entries.length)
      const { file, label } = entries[index]!
      return { image: await decode(await readBytes(join(folder, file)), file), label }
    },
  }
}
