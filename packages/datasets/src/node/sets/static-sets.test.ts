import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseWav } from '../wav.js'
import { cifar10 } from './cifar10.js'
import { fashionMnist } from './fashion-mnist.js'
import { speechCommands } from './speech-commands.js'

let root: string
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), 'snn-static-'))))
afterAll(() => rm(root, { recursive: true }))

async function put(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), content)
}

function wav(samples: readonly number[], channels = 1): Uint8Array {
  const out = new DataView(new ArrayBuffer(44 + 2 * samples.length))
  const text = (at: number, value: string) =>
    value.split('').forEach((character, i) => out.setUint8(at + i, character.charCodeAt(0)))
  text(0, 'RIFF')
  text(8, 'WAVEfmt ')
  ;[
    [16, 16, 4],
    [20, 1, 2],
    [22, channels, 2],
    [24, 16000, 4],
    [34, 16, 2],
    [40, 2 * samples.length, 4],
  ].forEach(([at, value, size]) => (size === 4 ? out.setUint32(at!, value!, true) : out.setUint16(at!, value!, true)))
  text(36, 'data')
  samples.forEach((value, i) => out.setInt16(44 + 2 * i, value, true))
  return new Uint8Array(out.buffer)
}

it('Fashion-MNIST and CIFAR-10', async () => {
  await put(
    'fashion/download/t10k-images-idx3-ubyte.gz',
    gzipSync(Uint8Array.from([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28, ...new Uint8Array(2 * 784)])),
  )
  await put('fashion/download/t10k-labels-idx1-ubyte.gz', gzipSync(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 9, 3)))
  const dataset = await fashionMnist({ root: join(root, 'fashion'), split: 'test' })
  expect(dataset).toMatchObject({ length: 2, description: 'Fashion-MNIST test, 2 x [1,28,28]' })
  expect(dataset.classes![(await dataset.get(0)).label]).toBe('ankle boot')
  await put(
    'cifar/extract/cifar-10-binary/cifar-10-batches-bin/test_batch.bin',
    Uint8Array.from({ length: 3073 * 2 }, (_, i) => (i % 3073 === 0 ? 7 : 1)),
  )
  expect((await (await cifar10({ root: join(root, 'cifar'), split: 'test' })).get(1)).label).toBe(7)
  await expect(cifar10({ root: join(root, 'fashion'), split: 'test' })).rejects.toThrow(/download: true/)
})

it('Speech Commands: lists, peak of 1, silence', async () => {
  await put('speech/yes/a.wav', wav([0, 100, -400]))
  await put('speech/yes/b.wav', wav([5]))
  await put('speech/no/c.wav', wav([7, 9, 3, 1], 2))
  await put('speech/_background_noise_/n.wav', wav(Array.from({ length: 48000 }, (_, i) => i % 300)))
  await put('speech/validation_list.txt', 'yes/b.wav\n')
  await put('speech/testing_list.txt', 'no/c.wav\n')
  const train = await speechCommands({ root: join(root, 'speech'), split: 'train', silence: 3 })
  expect([train.classes, train.labels]).toEqual([
    ['no', 'yes', 'silence'],
    [1, 2, 2, 2],
  ])
  expect((await train.get(0)).audio).toEqual({ data: Float32Array.of(0, 0.25, -1), shape: [3], dtype: 'float32' })
  const names = await Promise.all([1, 2, 3].map(async (i) => (await train.get(i)).name))
  expect(names).toEqual([
    '_background_noise_/n.wav#0',
    '_background_noise_/n.wav#10666',
    '_background_noise_/n.wav#21333',
  ])
  expect((await train.get(3)).audio.shape).toEqual([16000])
  const test = await speechCommands({ root: join(root, 'speech'), split: 'test' })
  expect((await test.get(0)).audio.data).toEqual(Float32Array.of(1, 0.25))
  expect(() => parseWav(new Uint8Array(20), 'x.wav')).toThrow(/x\.wav/)
  const bits = wav([1])
  bits[34] = 24
  expect(() => parseWav(bits, 'x.wav')).toThrow(/24 bits/)
  expect(
    (() => {
      const cut = wav([1, 2, 3, 4])
      return parseWav(cut.subarray(0, 49), 'x').samples.length
    })(),
  ).toBe(2)
})
