import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Comparison, Judged, Tally } from '../report/comparison.js'
import { isWithin, race } from './race.js'

/** A network of which is known, for every sample and number of steps, whether it has the ANN's class. */
function known(steps: readonly number[], batches: readonly (readonly (readonly boolean[])[])[]) {
  const tallies: Tally[] = steps.map((T) => ({
    T,
    samples: 0,
    agree: 0,
    labelled: 0,
    right: 0,
    annRight: 0,
    operations: 0,
  }))
  const measured = new Set<string>()
  const judged = batches.map((samples, index) => ({ index, size: samples.length }) as unknown as Judged)
  const comparison: Comparison = {
    tallies,
    annAccuracy: undefined,
    warnings: [],
    add(batch, from, to) {
      const { index } = batch as unknown as { readonly index: number }
      for (let i = from; i < to; i++) {
        if (measured.has(`${index} ${i}`)) throw new Error(`batch ${index} after ${steps[i]} steps was measured twice`)
        measured.add(`${index} ${i}`)
        tallies[i]!.samples += batch.size
        tallies[i]!.agree += batches[index]!.filter((sample) => sample[i]).length
      }
      return Promise.resolve()
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  const data: AsyncIterable<Judged> = {
    async *[Symbol.asyncIterator]() {
      yield* judged
    },
  }
  const cost = (): number =>
    [...measured].reduce(
      (sum, key) => sum + steps[Number(key.split(' ')[1])]! * batches[Number(key.split(' ')[0])]!.length,
      0,
    )
  return { comparison, data, tallies, cost }
}

const steps = [4, 8, 16, 32]
const trial = fc.record({
  batches: fc.array(
    fc.array(
      fc.array(
        fc.boolean().map((a) => a),
        { minLength: 4, maxLength: 4 },
      ),
      { minLength: 1, maxLength: 8 },
    ),
    { minLength: 1, maxLength: 12 },
  ),
  /** How often a sample is right all the same. */
  luck: fc.array(fc.double({ min: 0.5, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 }),
  budget: fc.double({ min: 0, max: 30, noNaN: true }),
  pilot: fc.integer({ min: 1, max: 40 }),
  enough: fc.integer({ min: 1, max: 80 }),
})

describe('race', () => {
  it('says yes only of what was measured on enough samples, and measures nothing twice', async () => {
    await fc.assert(
      fc.asyncProperty(trial, async ({ batches, luck, budget, pilot, enough }) => {
        const lucky = batches.map((samples, b) =>
          samples.map((sample, n) =>
            sample.map((right, i) => right || ((b * 31 + n * 17 + i * 7) % 100) / 100 < luck[i]!),
          ),
        )
        const { comparison, data, tallies } = known(steps, lucky)
        const count = await race(comparison, data, { measure: 'accuracy', budget, pilot, enough: () => enough })
        const all = batches.reduce((sum, { length }) => sum + length, 0)
        const settled = tallies.slice(0, count)
        const last = settled.at(-1)!
        if (settled.some((tally) => isWithin(tally, { budget, measure: 'accuracy' })))
          expect(last.samples).toBeGreaterThanOrEqual(
            Math.min(all, enough, ...(settled.length === steps.length ? [all] : [])),
          )
        else expect(count).toBe(steps.length)
        // a smaller number of steps was measured wherever a larger one was chosen for more than the pilot
        for (const tally of tallies) expect(tally.samples).toBeGreaterThanOrEqual(Math.min(all, pilot))
      }),
    )
  })

  it('costs the pilot alone where nothing is near, and the fewest steps where those are enough', async () => {
    const batches = (right: (i: number) => boolean) =>
      Array.from({ length: 20 }, () => Array.from({ length: 10 }, () => steps.map((_, i) => right(i))))
    const never = known(
      steps,
      batches(() => false),
    )
    expect(
      await race(never.comparison, never.data, { measure: 'accuracy', budget: 0.5, pilot: 20, enough: () => 200 }),
    ).toBe(4)
    expect(never.tallies.map(({ samples }) => samples)).toEqual([20, 20, 20, 20])
    const soon = known(
      steps,
      batches((i) => i >= 1),
    )
    expect(
      await race(soon.comparison, soon.data, { measure: 'accuracy', budget: 0.5, pilot: 20, enough: () => 200 }),
    ).toBe(2)
    expect(soon.tallies.map(({ samples }) => samples)).toEqual([200, 200, 20, 20])
  })
})
