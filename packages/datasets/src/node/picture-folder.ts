import { basename, join, resolve } from 'node:path'
import { checkIndex, type ImageDataset } from '../dataset.js'
import { readBytes } from './files.js'
import { nodeImageDecoder } from './image-decoder.js'

export function isPicture(name: string): boolean {
  return /\.(jpe?g|png)$/i.test(name)
}

/**
 * Pictures of a folder without classes, in the order of `names`: for calibration, which needs no labels. Each is read
 * when it is asked for.
 */
export async function pictureFolder(folder: string, names: readonly string[]): Promise<ImageDataset> {
  const decode = await nodeImageDecoder()
  return {
    length: names.length,
    description: `pictures ${basename(resolve(folder))}, ${names.length} without labels`,
    dtype: 'uint8',
    labelled: false,
    async get(index) {
      checkIndex(index, names.length)
      const file = names[index]!
      return { image: await decode(await readBytes(join(folder, file)), file), label: -1 }
    },
  }
}
