import type { TensorLike } from '@snn/tensor'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Batch } from './data.js'
import { keptBatches } from './kept-batches.js'

/** Batches that are made anew in each pass, in the same memory. */
function source(sizes: readonly number[]): { readonly data: AsyncIterable<Batch>; readonly made: number[] } {
  const made = sizes.map(() => 0)
  return {
    made,
    data: {
      async *[Symbol.asyncIterator]() {
        const memory = new Float32Array(8)
        for (const [i, size] of sizes.entries()) {
          made[i]!++
          memory.fill(i)
          const x: TensorLike = { data: memory.subarray(0, size), shape: [size, 1] }
          yield i % 2 === 0 ? x : [x, { data: Int32Array.from({ length: size }, () => i), shape: [size] }]
        }
      },
    },
  }
}

const numbersOf = (batch: Batch): number[] => [...('data' in batch ? batch : batch[0]).data] as number[]

it('gives the same batches in every pass, however far those before went, and makes none again that was kept', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 6 }),
      fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 5 }),
      async (sizes, passes) => {
        const { data, made } = source(sizes)
        const kept = keptBatches(data)
        for (const length of [...passes, Infinity, Infinity]) {
          let i = 0
          for await (const batch of kept) {
            expect(numbersOf(batch)).toEqual(Array.from({ length: sizes[i]! }, () => i))
            if (++i >= length) break
          }
          expect(i).toBe(Math.min(Math.max(1, length), sizes.length))
        }
        expect(await kept.count()).toBe(sizes.reduce((a, b) => a + b, 0))
        const before = [...made]
        for await (const _ of kept) continue
        expect(made).toEqual(before)
      },
    ),
  )
})

it('counts without having been gone through', async () => {
  expect(await keptBatches(source([3, 2]).data).count()).toBe(5)
  const array = [{ data: new Float32Array([1, 2]), shape: [2, 1] }]
  const kept = keptBatches(array)
  expect(await kept.count()).toBe(2)
  for await (const batch of kept) expect(batch).toBe(array[0])
})
