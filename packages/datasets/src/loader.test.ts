import type { TensorLike } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { fromArrays } from './arrays.js'
import { concatenate, subset, type Dataset, type ImageSample } from './dataset.js'
import { imageDigest } from './digest.js'
import { lengthMask, loader, type Batch, type Loader, type LoaderOptions } from './loader.js'
import { preprocess } from './preprocess.js'
import { take } from './take.js'

const count = 100
const dataset = fromArrays(
  { data: Uint8Array.from({ length: count * 4 }, (_, i) => Math.floor(i / 4)), shape: [count, 2, 2] },
  { data: Int32Array.from({ length: count }, (_, i) => i), shape: [count] },
)
const labelsOf = async (batches: AsyncIterable<Batch>): Promise<number[][]> => {
  const out: number[][] = []
  for await (const [, y] of batches) out.push([...y.data])
  return out
}

describe('loader', () => {
  it('stacks samples, pixels as 0..1', async () => {
    const batches: Loader = loader(dataset, { batch: 64 })
    expect([batches.length, batches.samples]).toEqual([2, 100])
    const shapes: unknown[] = []
    for await (const [x, y] of batches) {
      shapes.push([x.shape, x.dtype, y.shape, y.dtype])
      for (let i = 0; i < y.data.length; i++) expect(x.data[i * 4 + 3]).toBe(Math.fround(y.data[i]! / 255))
    }
    expect(shapes).toEqual([
      [[64, 1, 2, 2], 'float32', [64], 'int32'],
      [[36, 1, 2, 2], 'float32', [36], 'int32'],
    ])
  })

  it('starts anew in every pass, also while another one runs', async () => {
    const batches = loader(dataset, { batch: 30 })
    const [one, two] = await Promise.all([labelsOf(batches), labelsOf(batches)])
    expect(one).toEqual(two)
    expect(one.flat()).toEqual(Array.from({ length: count }, (_, i) => i))
  })

  it('leaves out a batch that is not full when told to', async () => {
    const batches = loader(dataset, { batch: 30, dropLast: true })
    expect([batches.length, batches.samples]).toEqual([3, 90])
    expect((await labelsOf(batches)).map((batch) => batch.length)).toEqual([30, 30, 30])
  })

  it('shuffles by seed and pass, every sample once', async () => {
    const orders = async (seed: number): Promise<number[][]> => {
      const batches = loader(dataset, { batch: 7, shuffle: true, seed })
      return [(await labelsOf(batches)).flat(), (await labelsOf(batches)).flat()]
    }
    const [first, second] = await orders(1)
    expect(await orders(1)).toEqual([first, second])
    expect(first).not.toEqual(second)
    expect((await orders(2))[0]).not.toEqual(first)
    for (const order of [first!, second!])
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i))
  })

  it('gives any pass from any batch on, with the same draws as in order', async () => {
    const batches = loader(dataset, {
      batch: 7,
      shuffle: true,
      seed: 1,
      prefetch: 1,
      transform: ({ image, label }, draw) => [image, label * 1000 + (draw % 1000)],
    })
    await labelsOf(batches)
    const second = await labelsOf(batches)
    expect(batches.batch).toBe(7)
    expect(await labelsOf(batches.pass(1))).toEqual(second)
    expect(await labelsOf(batches.pass(1, 10))).toEqual(second.slice(10))
    expect(await labelsOf(batches.pass(1, 15))).toEqual([])
    expect(await labelsOf(batches)).not.toEqual(second)
    expect(() => batches.pass(0, -1)).toThrow(expect.objectContaining({ code: 'ARGUMENT' }))
  })

  it('shuffles evenly: every sample is about as often in the first half', async () => {
    const hits = Array.from({ length: 10 }, () => 0)
    const batches = loader(take(dataset, 10), { batch: 5, shuffle: true })
    for (let pass = 0; pass < 2000; pass++) {
      for await (const [, y] of batches) {
        y.data.forEach((label) => hits[label]!++)
        break
      }
    }
    for (const hit of hits) expect(Math.abs(hit - 1000)).toBeLessThan(120) // 5 sigma
  })

  it('takes any data set with a transform, and tensors as targets', async () => {
    const squares: Dataset<number> = { length: 3, description: 'squares', get: async (i) => i * i }
    const batches = loader(squares, {
      batch: 2,
      transform: (n) => [
        { data: Float32Array.of(n, n), shape: [2] },
        { data: Float32Array.of(n / 2), shape: [1] },
      ],
    })
    const all: unknown[] = []
    for await (const [x, y] of batches) all.push([[...x.data], x.shape, [...y.data], y.shape])
    expect(all).toEqual([
      [
        [0, 0, 1, 1],
        [2, 2],
        [0, 0.5],
        [2, 1],
      ],
      [[4, 4], [1, 2], [2], [1, 1]],
    ])
  })

  it('reads only as far as the loop goes', async () => {
    let reads = 0
    const counted = { ...dataset, get: (i: number) => (reads++, dataset.get(i)) }
    for await (const _ of loader(counted, { batch: 10 })) break
    expect(reads).toBe(10)
  })

  it('ends with the reason of its signal', async () => {
    const controller = new AbortController()
    const seen: number[] = []
    const pass = async (): Promise<void> => {
      for await (const [x] of loader(dataset, { batch: 40, signal: controller.signal })) {
        seen.push(x.shape[0]!)
        controller.abort(new Error('enough'))
      }
    }
    await expect(pass()).rejects.toThrow('enough')
    expect(seen).toEqual([40])
  })

  it('refuses workers, to which a function cannot be sent, and says what takes them', () => {
    const withWorkers = (workers: number): LoaderOptions<ImageSample> => {
      const options = { batch: 2, transform: preprocess({}), workers }
      return options
    }
    expect(() => loader(dataset, withWorkers(2))).toThrow(
      expect.objectContaining({ code: 'ARGUMENT', message: expect.stringContaining('workerDataset') as string }),
    )
    expect(loader(dataset, withWorkers(0)).length).toBe(50)
  })

  it('refuses a wrong batch, mixed shapes and broken labels', async () => {
    expect(() => loader(dataset, { batch: 0 })).toThrow(/\[loader\] batch 0/)
    const mixed: Dataset<number> = { length: 2, description: 'mixed', get: async (i) => i }
    const run = (transform: (n: number) => readonly [{ data: Float32Array; shape: number[] }, number]) =>
      labelsOf(loader(mixed, { batch: 2, transform }))
    await expect(run((n) => [{ data: new Float32Array(n + 1), shape: [n + 1] }, 0])).rejects.toThrow(
      /float32 \[1\] and float32 \[2\] in one batch/,
    )
    await expect(run(() => [{ data: new Float32Array(1), shape: [1] }, 0.5])).rejects.toThrow(/label 0\.5/)
  })
})

describe('parts of data sets', () => {
  it('takes the first or random ones and keeps what is known of them', async () => {
    expect((await labelsOf(loader(take(dataset, 3), { batch: 9 }))).flat()).toEqual([0, 1, 2])
    const random = take(dataset, 5, { shuffle: true, seed: 3 })
    expect(random).toMatchObject({
      length: 5,
      dtype: 'uint8',
      shape: [1, 2, 2],
      description: `random 5 (seed 3) of ${dataset.description}`,
    })
    expect(new Set((await labelsOf(loader(random, { batch: 9 }))).flat()).size).toBe(5)
    expect(take(dataset, 1000)).toBe(dataset)
    // all of them at random, too: who takes the last fifth of classes in a row has other classes
    const all = take(dataset, 1000, { shuffle: true })
    const order = (await labelsOf(loader(all, { batch: 9 }))).flat()
    expect([all.length, all.description, new Set(order).size]).toEqual([
      dataset.length,
      dataset.description,
      dataset.length,
    ])
    expect(order).not.toEqual([...order].sort((a, b) => a - b))
    expect(() => take(dataset, -1)).toThrow(/count -1/)
  })

  it('picks and joins', async () => {
    const joined = concatenate([subset(dataset, [5, 6]), subset(dataset, [1])], 'joined')
    expect(joined).toMatchObject({ length: 3, dtype: 'uint8', shape: [1, 2, 2], description: 'joined' })
    expect(await labelsOf(loader(joined, { batch: 2 }))).toEqual([[5, 6], [1]])
    await expect(joined.get(3)).rejects.toThrow(/sample 3 of 3/)
    expect(() => subset(dataset, [100])).toThrow(/sample 100 of 100/)
  })
})

describe('tensors without data', () => {
  it('are refused by name', () => {
    for (const call of [imageDigest, (lengths: TensorLike) => lengthMask(lengths, 3)]) {
      expect(() => call({ data: null, shape: [1] } as never)).toThrow(/data is null/)
      expect(() => call({ data: 5, shape: [1] } as never)).toThrow(/data is the number 5/)
    }
  })
})

describe('imageDigest', () => {
  it('is equal for equal elements only', () => {
    const image = (...data: number[]) => ({ data: Uint8Array.from(data), shape: [data.length] })
    expect(imageDigest(image(1, 2, 3))).toMatch(/^[0-9a-f]{16}$/)
    expect(imageDigest({ data: Uint8Array.of(9, 1, 2, 3).subarray(1), shape: [1, 3] })).toBe(
      imageDigest(image(1, 2, 3)),
    )
    const others = new Set(Array.from({ length: 65536 }, (_, i) => imageDigest(image(i & 255, i >> 8))))
    expect(others.size).toBe(65536)
    expect(imageDigest(image(0))).not.toBe(imageDigest(image(0, 0)))
  })
})
