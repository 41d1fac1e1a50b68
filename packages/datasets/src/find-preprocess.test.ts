import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromArrays } from './arrays.js'
import { findPreprocess, preprocessCandidates } from './find-preprocess.js'
import { preprocess } from './preprocess.js'
import { take } from './take.js'

/** Pictures of which each channel has its own mean brightness, that of the class among them. */
function pictures(channels: number, count: number) {
  const area = 36
  const labels = Int32Array.from({ length: count }, (_, n) => (n * 7) % 5)
  const data = Uint8Array.from({ length: count * channels * area }, (_, i) => {
    const [n, c] = [Math.floor(i / (channels * area)), Math.floor(i / area) % channels]
    return 30 + 40 * ((labels[n]! + c * (c + 1)) % 5) + ((i * 31) % 21)
  })
  return fromArrays(
    { data, shape: [count, channels, 6, 6], dtype: 'uint8' },
    { data: labels, shape: [count], dtype: 'int32' },
  )
}

describe('findPreprocess', () => {
  it('finds the one that a network was made for, and the offset of its labels', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(1, 3), fc.nat(), fc.constantFrom(-1, 0, 1), async (channels, which, offset) => {
        const candidates = preprocessCandidates(channels)
        const [name, spec] = candidates[which % candidates.length]!
        const dataset = pictures(channels, 120)
        // a network that knows its training pictures, as it got them, by their first numbers
        const known = new Map<string, number>()
        for (let i = 0; i < dataset.length; i++) {
          const [x, y] = preprocess(spec)(await dataset.get(i))
          known.set(x.data.subarray(0, 40).join(), y)
        }
        const trials = await findPreprocess(dataset, {
          input: [channels, 6, 6],
          predict: async (samples) =>
            samples.map(({ data }) => (known.get(data.subarray(0, 40).join()) ?? -9) + offset),
        })
        expect(trials[0]).toMatchObject({ name, labelOffset: offset, accuracy: 1 })
        expect(trials[0]!.spec).toMatchObject(spec)
      }),
      { numRuns: 25 },
    )
  })

  it('gives the accuracy that its row has with the preprocessing of the row, looked at once or again', async () => {
    const dataset = pictures(3, 300)
    // a rough network, so that some are close: the brightness at one place, from -1 to 1, in five classes
    const classOf = (data: ArrayLike<number>): number => Math.min(4, Math.max(0, Math.round(3.2 * data[5]! + 1.8)))
    const trials = await findPreprocess(dataset, {
      input: [3, 4, 4],
      common: { resize: 8, size: [4, 4] },
      samples: 30,
      predict: async (samples) => samples.map(({ data }) => classOf(data)),
    })
    expect(new Set(trials.map(({ samples }) => samples)).size).toBeGreaterThan(1)
    for (const { spec, samples, labelOffset, accuracy } of trials) {
      const seen = take(dataset, samples, { shuffle: true })
      const prepare = preprocess(spec)
      let right = 0
      for (let i = 0; i < seen.length; i++) {
        const [x, label] = prepare(await seen.get(i))
        right += classOf(x.data) === label + labelOffset ? 1 : 0
      }
      expect(right / seen.length).toBeCloseTo(accuracy, 10)
    }
  })

  it('puts offsets last with which a label is no class', async () => {
    const dataset = pictures(1, 50)
    const trials = await findPreprocess(dataset, {
      input: [1, 6, 6],
      classes: 5,
      predict: async (samples) => samples.map(() => 1),
    })
    expect(trials[0]!.labelOffset).toBe(0)
    expect(trials.slice(-2 * (trials.length / 3)).every(({ labelOffset }) => labelOffset !== 0)).toBe(true)
  })

  it('tries what is known first, keeps to what is common, and wants labels', async () => {
    const dataset = pictures(3, 20)
    const seen: (readonly number[])[] = []
    const trials = await findPreprocess(dataset, {
      input: [4, 4, 3],
      common: { size: [4, 4], layout: 'nhwc' },
      others: { 'the file': { scale: 2 } },
      labelOffsets: [0],
      predict: async (samples) => samples.map(({ shape }) => (seen.push(shape), 0)),
    })
    expect(trials[0]).toMatchObject({ name: 'the file', spec: { scale: 2, size: [4, 4], layout: 'nhwc' } })
    expect(new Set(seen.map((shape) => shape.join()))).toEqual(new Set(['4,4,3']))
    const unlabelled = fromArrays({ data: new Uint8Array(2 * 36), shape: [2, 1, 6, 6] }, undefined)
    await expect(findPreprocess(unlabelled, { input: [1, 6, 6], predict: async () => [0] })).rejects.toThrow(
      /without labels/,
    )
  })
})
