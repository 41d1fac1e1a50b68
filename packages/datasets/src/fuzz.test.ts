import { gzipSync } from 'node:zlib'
import { isSnnError, type TensorLike } from '@snn/tensor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import numpy from '../test/golden/numpy.json' with { type: 'json' }
import pictures from '../test/golden/pictures.json' with { type: 'json' }
import { mutation } from '../test/mutations.js'
import { parseCifar } from './cifar.js'
import { gunzip } from './gzip.js'
import { parseIdx } from './idx.js'
import { parseImageLabels } from './image-labels.js'
import { nodeImageDecoder } from './node/image-decoder.js'
import { parseNpy } from './npy.js'
import { parseNpz } from './npz.js'

function checkArray({ data, shape }: TensorLike): void {
  expect(data.length).toBe(shape.reduce((a, b) => a * b, 1))
}

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const idx = Uint8Array.from(
  { length: 16 + 5 * 28 * 28 },
  (_, i) => [0, 0, 8, 3, 0, 0, 0, 5, 0, 0, 0, 28, 0, 0, 0, 28][i] ?? i % 251,
)

const formats: Readonly<Record<string, { files: readonly Uint8Array[]; read: (bytes: Uint8Array) => Promise<void> }>> =
  {
    idx: { files: [idx], read: async (bytes) => checkArray(parseIdx(bytes)) },
    'idx.gz': {
      files: [new Uint8Array(gzipSync(idx))],
      read: async (bytes) => checkArray(parseIdx(await gunzip(bytes))),
    },
    npy: {
      files: numpy.cases.slice(0, 12).map(({ npy }) => bytesOf(npy)),
      read: async (bytes) => checkArray(parseNpy(bytes)),
    },
    npz: {
      files: Object.values(numpy.archives).map(bytesOf),
      read: async (bytes) => parseNpz(bytes).forEach(checkArray),
    },
    cifar: {
      files: [Uint8Array.from({ length: 3073 * 4 }, (_, i) => i % 10)],
      read: async (bytes) => checkArray((await parseCifar(bytes).get(0)).image),
    },
    'labels.json': {
      files: [
        text({ 'a.jpg': 3, 'b.jpg': 4 }),
        text({ 'a.jpg': { index: 0, name: 'cat' } }),
        text({ 'a.png': 'dog', 'b.png': 'cat' }),
      ],
      read: async (bytes) =>
        parseImageLabels(new TextDecoder().decode(bytes)).entries.forEach(({ label }) =>
          expect(label).toBeGreaterThanOrEqual(0),
        ),
    },
    jpeg: {
      files: pictures.cases.filter(({ name }) => name.startsWith('jpeg')).map(({ file }) => bytesOf(file)),
      read: pictureReader(),
    },
    png: {
      files: pictures.cases.filter(({ name }) => name.startsWith('png')).map(({ file }) => bytesOf(file)),
      read: pictureReader(),
    },
  }

function pictureReader(): (bytes: Uint8Array) => Promise<void> {
  let decoder: ReturnType<typeof nodeImageDecoder> | undefined
  return async (bytes) => checkArray(await (await (decoder ??= nodeImageDecoder()))(bytes))
}

describe('damaged files: a typed error or a whole load, never anything else', () => {
  it.each(Object.entries(formats))('500 mutations of %s', { timeout: 120_000 }, async (_, { files, read }) => {
    for (const file of files) await read(file)
    const outcome = { loaded: 0, refused: 0 }
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), mutation, async (file, mutate) => {
        const start = performance.now()
        try {
          await read(mutate(file))
          outcome.loaded++
        } catch (error) {
          if (!isSnnError(error, 'DATA_INVALID')) throw error
          expect(error.message).toMatch(/^\[\w+\] .+/)
          outcome.refused++
        }
        expect(performance.now() - start).toBeLessThan(5000)
      }),
      { numRuns: 500, seed: 1, endOnFailure: true },
    )
    expect(outcome.refused).toBeGreaterThan(100)
  })
})

describe('files made to harm', () => {
  it('a small gzip file cannot fill the memory', async () => {
    const bomb = new Uint8Array(gzipSync(new Uint8Array(64 * 2 ** 20)))
    await expect(gunzip(bomb, { file: 'bomb.gz', limit: 2 ** 20 })).rejects.toThrow(
      /\[gunzip\] bomb\.gz: unpacks to more than 1048576 bytes/,
    )
  })

  it('gunzip checks the sum and leaves other files alone', async () => {
    const file = new Uint8Array(gzipSync(idx))
    expect(await gunzip(file)).toEqual(idx)
    expect(await gunzip(idx)).toBe(idx)
    file[file.length - 8]! ^= 1
    await expect(gunzip(file)).rejects.toMatchObject({ code: 'DATA_INVALID' })
  })
})
