import { checkBytes, checkObject } from '@snn/tensor/library'
import { checkIndex, type ImageDataset } from './dataset.js'
import { invalid } from './invalid.js'

const pixels = 3 * 32 * 32

/** Options of the CIFAR readers. `classes`: their names, in the order of the labels. */
export interface CifarOptions {
  /** Names the file in errors and in the description. */
  readonly file?: string
  readonly classes?: readonly string[]
}

/**
 * CIFAR in its binary version: records of one label byte (CIFAR-10) or a coarse and a fine one (CIFAR-100, the fine is
 * used) and 3 x 32 x 32 pixels, told apart by their size. Images are views of `bytes`. Throws `DATA_INVALID`.
 */
export function parseCifar(bytes: Uint8Array, options: CifarOptions = {}): ImageDataset {
  bytes = checkBytes('parseCifar', bytes)
  checkObject('parseCifar', options)
  const { file = 'cifar', classes } = options
  const format = [
    { labels: 1, classes: [10] },
    { labels: 2, classes: [20, 100] },
  ].find(({ labels }) => bytes.length > 0 && bytes.length % (labels + pixels) === 0)
  if (!format) {
    throw invalid(
      'cifar',
      file,
      `${bytes.length} bytes, expected a multiple of 3073 (CIFAR-10) or 3074 (CIFAR-100). Is it the binary version, and whole?`,
    )
  }
  const record = format.labels + pixels
  const length = bytes.length / record
  for (let at = 0; at < bytes.length; at += record) {
    format.classes.forEach((count, i) => {
      if (bytes[at + i]! >= count)
        throw invalid('cifar', file, `label ${bytes[at + i]}, expected 0 to ${count - 1}.`, at + i)
    })
  }
  const shape = [3, 32, 32]
  return {
    length,
    description: `CIFAR-${format.classes.at(-1)} ${file}, ${length} x [3,32,32]`,
    dtype: 'uint8',
    shape,
    ...(classes ? { classes } : {}),
    async get(index) {
      checkIndex(index, length)
      const at = index * record + format.labels
      return { image: { data: bytes.subarray(at, at + pixels), shape, dtype: 'uint8' }, label: bytes[at - 1]! }
    },
  }
}
