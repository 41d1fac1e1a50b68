import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { isSnnError } from '@snn/tensor'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import numpy from '../../test/golden/numpy.json' with { type: 'json' }
import pictures from '../../test/golden/pictures.json' with { type: 'json' }
import { loader } from '../loader.js'
import { preprocess } from '../preprocess.js'
import { openDataset } from './open-dataset.js'

let root: string
const at = (path: string): string => join(root, path)
const bytesOf = (base64: string): Buffer => Buffer.from(base64, 'base64')
const idx = (...shape: number[]): Uint8Array => {
  const size = shape.reduce((a, b) => a * b, 1)
  return Uint8Array.from([
    0,
    0,
    8,
    shape.length,
    ...shape.flatMap((n) => [0, 0, n >> 8, n & 255]),
    ...Array.from({ length: size }, (_, i) => i % 10),
  ])
}
const cifar = (label: number, count: number): Uint8Array =>
  Uint8Array.from({ length: 3073 * count }, (_, i) => (i % 3073 === 0 ? label : i % 256))
/** A .npy file of uint8 or float32. */
const npy = (data: Uint8Array | Float32Array, shape: number[]): Uint8Array => {
  const header = `{'descr': '${data instanceof Uint8Array ? '|u1' : '<f4'}', 'fortran_order': False, 'shape': (${shape.join(',')},), }\n`
  return Buffer.concat([
    Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0),
    Buffer.from(header),
    new Uint8Array(data.buffer),
  ])
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'datasets-'))
  const files: Record<string, Uint8Array | string> = {
    'mnist/train-images-idx3-ubyte': idx(6, 4, 4),
    'mnist/train-labels-idx1-ubyte': idx(6),
    'mnist/t10k-images.idx3-ubyte.gz': gzipSync(idx(3, 4, 4)),
    'mnist/t10k-labels.idx1-ubyte.gz': gzipSync(idx(3)),
    'half/train-images-idx3-ubyte': idx(6, 4, 4),
    'cifar/data_batch_1.bin': cifar(1, 2),
    'cifar/data_batch_2.bin': cifar(2, 3),
    'cifar/data_batch_2.bin.gz': gzipSync(cifar(2, 3)),
    'cifar/test_batch.bin': cifar(3, 1),
    'cifar/batches.meta.txt': 'airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n',
    'python/data_batch_1': 'pickle',
    'arrays/a.npz': bytesOf(numpy.archives.savez),
    'arrays/x.npy': npy(Float32Array.of(0.5, 1, 1.5, 2), [2, 2]),
    'arrays/y.npy': npy(Uint8Array.of(0, 1), [2]),
    'arrays/broken.npz': bytesOf(numpy.archives.savez).subarray(0, 300),
    'pictures/labels.json': JSON.stringify({
      'a.jpg': { index: 2, name: 'cat' },
      'sub/b.png': { index: 0, name: 'dog' },
    }),
    'pictures/a.jpg': bytesOf(pictures.cases[0]!.file),
    'pictures/sub/b.png': bytesOf(pictures.cases[5]!.file),
    'names/labels.json': JSON.stringify({ 'a.jpg': 'dog', 'b.jpg': 'cat' }),
    'names/a.jpg': bytesOf(pictures.cases[0]!.file),
    'names/b.jpg': 'no picture',
    'missing/labels.json': JSON.stringify({ 'a.jpg': 1, '../cifar/test_batch.bin': 1 }),
    'missing/a.jpg': 'x',
    'with, comma/x.npy': npy(Uint8Array.of(1, 2, 3, 4), [1, 2, 2]),
    'with, comma/y.npy': npy(Uint8Array.of(4), [1]),
    'short.npy': npy(Uint8Array.of(4), [1]),
  }
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true })
    await writeFile(at(path), content)
  }
})
afterAll(() => rm(root, { recursive: true }))

describe('openDataset', () => {
  it.each([
    ['mnist:train', 6, [1, 4, 4], 'train-images-idx3-ubyte, 6 x [4,4]', 5],
    ['mnist:test', 3, [1, 4, 4], 't10k-images.idx3-ubyte, 3 x [4,4]', 2],
    ['mnist/train-images-idx3-ubyte', 6, [1, 4, 4], 'train-images-idx3-ubyte, 6 x [4,4]', 5],
    ['mnist/t10k-images.idx3-ubyte.gz', 3, [1, 4, 4], 't10k-images.idx3-ubyte, 3 x [4,4]', 2],
    ['cifar:train', 5, [3, 32, 32], 'CIFAR cifar train, 5 x [3,32,32]', 2],
    ['cifar:test', 1, [3, 32, 32], 'CIFAR-10 test_batch.bin, 1 x [3,32,32]', 3],
    ['cifar/data_batch_2.bin.gz', 3, [3, 32, 32], 'CIFAR-10 data_batch_2.bin.gz, 3 x [3,32,32]', 2],
    ['arrays/a.npz', 5, [3, 4, 3], 'a.npz, 5 x [4,3,3]', 4],
    ['names', 2, undefined, 'pictures names, 2', undefined],
  ])('%s', async (name, length, shape, description, lastLabel) => {
    const dataset = await openDataset(at(name))
    expect(dataset).toMatchObject({ length, dtype: 'uint8', description })
    expect(dataset.shape).toEqual(shape)
    if (lastLabel !== undefined) expect((await dataset.get(length - 1)).label).toBe(lastLabel)
    expect(dataset.classes?.[3]).toBe(name.startsWith('cifar') ? 'cat' : undefined)
  })

  it('a pair of files, also where a folder has a comma', async () => {
    const floats = await openDataset(`${at('arrays/x.npy')},${at('arrays/y.npy')}`)
    expect(floats).toMatchObject({ length: 2, dtype: 'float32', shape: [2] })
    for await (const [x, y] of loader(floats, { batch: 2 }))
      expect([[...x.data], [...y.data]]).toEqual([
        [0.5, 1, 1.5, 2],
        [0, 1],
      ])
    const pixels = await openDataset(`${at('with, comma/x.npy')},${at('with, comma/y.npy')}`)
    expect(await pixels.get(0)).toMatchObject({ image: { shape: [1, 2, 2] }, label: 4 })
    const idxPair = await openDataset(`${at('mnist/train-images-idx3-ubyte')},${at('mnist/train-labels-idx1-ubyte')}`)
    expect(idxPair.length).toBe(6)
  })

  it('images alone, where labels are not needed', async () => {
    for (const [name, length] of [
      ['half/train-images-idx3-ubyte', 6],
      ['arrays/x.npy', 2],
    ] as const) {
      const images = await openDataset(at(name), { labels: 'optional' })
      expect([images.length, (await images.get(0)).label]).toEqual([length, -1])
      await expect(openDataset(at(name))).rejects.toMatchObject({ code: 'DATA_NOT_FOUND' })
    }
  })

  it('a folder of pictures, decoded one by one', async () => {
    const dataset = await openDataset(at('pictures'))
    expect(dataset.classes).toEqual(['dog', '1', 'cat'])
    const { image, label } = await dataset.get(0)
    expect([label, image.shape]).toEqual([2, [3, 23, 37]])
    expect(Buffer.from(image.data as Uint8Array).equals(bytesOf(pictures.cases[0]!.pixels))).toBe(true)
    const batches = loader(dataset, { batch: 2, transform: preprocess({ size: [20, 20], channels: 'bgr' }) })
    for await (const [x] of batches) expect(x.shape).toEqual([2, 3, 20, 20])
    const names = await openDataset(at('names'))
    expect([names.classes, (await names.get(0)).label]).toEqual([['cat', 'dog'], 1])
    await expect(names.get(1)).rejects.toMatchObject({ code: 'DATA_INVALID', details: { file: 'b.jpg' } })
  })

  it.each([
    ['nowhere', /nothing to read at .*nowhere, looked for FOLDER:train.*labels\.json.*IMAGES,LABELS/],
    ['nowhere:train', /nothing to read/],
    [
      'half:train',
      /looked for train-images-idx3-ubyte\[\.gz\] with train-labels-idx1-ubyte\[\.gz\], data_batch_\*\.bin/,
    ],
    ['mnist', /looked for .*mnist:train or .*mnist:test, since it has t10k-images/],
    ['cifar', /cifar:train or .*cifar:test, since it has data_batch_1\.bin/],
    ['python:train', /binary version of CIFAR \(this is the Python one\)/],
    ['missing', /looked for \.\.\/cifar\/test_batch\.bin/],
    ['short.npy', /labels for short\.npy, as short\.npy,LABELS/],
  ])('%s says what was looked for', async (name, message) => {
    const error: unknown = await openDataset(at(name)).catch((error: unknown) => error)
    expect(isSnnError(error, 'DATA_NOT_FOUND') && error.details.looked.length).toBeGreaterThan(0)
    expect((error as Error).message).toMatch(message)
  })

  it.each([
    ['arrays/broken.npz', /broken\.npz: not a readable zip/],
    ['arrays/a.npz:train', /holds the arrays x, y, expected .*x_train and y_train/],
  ])('%s is refused as damaged', async (name, message) => {
    await expect(openDataset(at(name))).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringMatching(message) as unknown,
    })
  })

  it('names the files of a pair that does not belong together', async () => {
    await expect(openDataset(`${at('arrays/x.npy')},${at('short.npy')}`)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      details: { file: 'x.npy' },
    })
    await expect(openDataset(`${at('arrays/x.npy')},${at('gone.npy')}`)).rejects.toThrow(
      /labels that belongs to x\.npy/,
    )
    await expect(openDataset('')).rejects.toMatchObject({ code: 'DATA_NOT_FOUND' })
  })

  it('does not depend on where the files lie', async () => {
    const description = (await openDataset(at('mnist:train'))).description
    await cp(at('mnist'), at('moved/mnist'), { recursive: true })
    expect((await openDataset(at('moved/mnist:train'))).description).toBe(description)
  })

  it('ends with the reason of its signal', async () => {
    await expect(openDataset(at('mnist:train'), { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    )
  })
})
