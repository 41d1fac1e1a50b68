import { describe, expect, it } from 'vitest'
import { randomEvents } from '../test/random-events.js'
import { subset } from './dataset.js'
import { lengthMask, loader } from './loader.js'
import { mapSamples, sliceDataset, type Pair } from './sample-pairs.js'
import { splitByClass } from './split.js'

const numbers = (length: number, reads: number[] = []) => ({
  length,
  description: 'numbers',
  get: async (i: number): Promise<number> => (reads.push(i), i),
})
const ragged = (i: number): Pair => [
  { data: Float32Array.from({ length: (i + 1) * 2 }, () => i + 1), shape: [i + 1, 2] },
  i,
]

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

describe('loader', () => {
  it('pads samples of different length and says their lengths', async () => {
    const [batch] = await all(loader(numbers(3), { batch: 3, collate: 'pad', transform: ragged }))
    const [x, y, lengths] = batch!
    expect(x.shape).toEqual([3, 3, 2])
    expect([...x.data]).toEqual([1, 1, 0, 0, 0, 0, 2, 2, 2, 2, 0, 0, 3, 3, 3, 3, 3, 3])
    expect([[...y.data], [...lengths.data]]).toEqual([
      [0, 1, 2],
      [1, 2, 3],
    ])
    expect(lengthMask({ data: Int32Array.of(2, 4), shape: [2] }, 4)).toEqual({
      data: Uint8Array.of(1, 1, 1, 1, 0, 1, 0, 1),
      shape: [4, 2],
      dtype: 'bool',
    })
    await expect(
      all(
        loader(numbers(2), {
          batch: 2,
          collate: 'pad',
          transform: (i) => [{ data: new Float32Array(2), shape: i === 0 ? [2] : [1, 2] }, 0],
        }),
      ),
    ).rejects.toMatchObject({ code: 'SHAPE' })
    await expect(all(loader(numbers(2), { batch: 2, transform: ragged }))).rejects.toMatchObject({ code: 'SHAPE' })
  })

  it('prefetches so many batches and no more', async () => {
    const reads: number[] = []
    const batches = loader(numbers(100, reads), {
      batch: 10,
      prefetch: 2,
      transform: (i) => [{ data: Float32Array.of(i), shape: [1] }, i],
    })
    let seen = 0
    for await (const [, y] of batches) {
      expect(y.data[0]).toBe(10 * seen++)
      await new Promise((done) => setTimeout(done, 5))
      expect(reads.length).toBeLessThanOrEqual(10 * (seen + 2))
      if (seen === 2) expect(reads.length).toBe(40)
      if (seen === 5) break
    }
    await new Promise((done) => setTimeout(done, 10))
    expect(reads.length).toBeLessThanOrEqual(80)
    expect(() => loader(numbers(3), { batch: 1, prefetch: -1, transform: ragged })).toThrow(/prefetch -1/)
  })

  it('throws what a prefetched batch threw when its turn comes', async () => {
    const failing = {
      ...numbers(40),
      get: async (i: number) => {
        if (i === 25) throw new Error('at 25')
        return i
      },
    }
    const seen: number[] = []
    await expect(async () => {
      for await (const [, y] of loader(failing, {
        batch: 10,
        prefetch: 3,
        transform: (i) => [{ data: Float32Array.of(i), shape: [1] }, i],
      }))
        seen.push(y.data[0]!)
    }).rejects.toThrow('at 25')
    expect(seen).toEqual([0, 10])
  })

  it('gives each sample of each pass a draw of its own', async () => {
    const draws = loader(
      mapSamples(numbers(6), (i, draw): Pair => [{ data: Float32Array.of(draw), shape: [1] }, i]),
      { batch: 6, shuffle: true },
    )
    const seen = new Set<number>()
    for (let pass = 0; pass < 3; pass++) for await (const [x] of draws) x.data.forEach((draw) => seen.add(draw))
    expect(seen.size).toBe(18)
  })
})

describe('splitByClass', () => {
  it('has the same share of every class in both parts', () => {
    const labels = [0, 0, 0, 1, 1, 1, 1, 1, 2]
    expect(splitByClass(labels, 0.5)).toEqual([
      [0, 1, 3, 4, 5, 8],
      [2, 6, 7],
    ])
    const [train, test] = splitByClass(labels, 0.5, { shuffle: true, seed: 4 })
    expect(train.map((i) => labels[i])).toEqual([0, 0, 1, 1, 1, 2])
    expect([...train, ...test].sort((a, b) => a - b)).toEqual(labels.map((_, i) => i))
    expect(splitByClass(labels, 0.5, { shuffle: true, seed: 5 })).not.toEqual([train, test])
    expect(subset(numbers(9), test).length).toBe(3)
    const labelled = subset({ ...numbers(9), labels, names: labels.map(String) }, test)
    expect(labelled.labels).toEqual(test.map((i) => labels[i]))
    expect(labelled.names).toEqual(test.map((i) => String(labels[i])))
    expect(() => splitByClass(labels, 2)).toThrow(/ratio 2/)
  })
})

describe('sliceDataset', () => {
  it('has the parts of all recordings, with random access', async () => {
    const recordings = {
      length: 4,
      description: 'four',
      get: async (i: number) => ({ events: randomEvents(100 + 50 * i, i), label: i }),
    }
    const sliced = await sliceDataset(recordings, { by: 'eventCount', count: 50 })
    expect(sliced.length).toBe(2 + 3 + 4 + 5)
    const { events, label } = await sliced.get(4)
    expect(label).toBe(1)
    expect([...events.t]).toEqual([...randomEvents(150, 1).t.subarray(100, 150)])
    const again = await sliceDataset(
      {
        ...recordings,
        get: async () => {
          throw new Error('read')
        },
      },
      { by: 'eventCount', count: 50 },
      { parts: sliced.parts },
    )
    expect(again.length).toBe(14)
    await expect(
      sliceDataset(recordings, { by: 'number', n: 1 }, { parts: [[], [], [], [], []] }),
    ).rejects.toMatchObject({ code: 'ARGUMENT' })
  })
})
