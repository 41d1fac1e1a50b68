import type { Comparison, Judged, Tally } from '../report/comparison.js'
import type { Preset } from './presets.js'

export interface RaceOptions {
  /** Points that may be lost, and of what: see `Preset`. */
  readonly budget: number
  readonly measure: Preset['measure']
  /** Samples that all numbers of steps are tried on, and those that one of so many steps is measured on. */
  readonly pilot: number
  enough(T: number): number
}

/**
 * Points that were lost, of agreement where there are no labels, and the standard error of that from the share of
 * samples whose class is not the ANN's.
 */
export function lossOf(
  { samples, agree, labelled, right, annRight }: Tally,
  measure: Preset['measure'],
): { readonly lost: number; readonly error: number } {
  return {
    lost: 100 * (measure === 'accuracy' && labelled > 0 ? (annRight - right) / labelled : (samples - agree) / samples),
    error: 100 * Math.sqrt((1 - agree / samples) / samples),
  }
}

/** Whether no more than `budget` points are lost, one standard error added. */
export function isWithin(tally: Tally, { budget, measure }: Pick<RaceOptions, 'budget' | 'measure'>): boolean {
  const { lost, error } = lossOf(tally, measure)
  return lost + error <= budget + 1e-9
}

/**
 * Measures as little as tells the fewest steps within the budget: all numbers of steps on some samples, then the
 * smallest promising one on as many as are enough, and those above only where it fails. Returns how many of the numbers
 * of steps, from the smallest on, are measured so; all of them where none is within.
 */
export async function race(
  { tallies, add }: Comparison,
  data: AsyncIterable<Judged>,
  options: RaceOptions,
): Promise<number> {
  const { budget, measure: of, pilot, enough } = options
  const all = tallies.length
  const isHopeless = (i: number): boolean => {
    const { lost, error } = lossOf(tallies[i]!, of)
    return lost - error > budget
  }
  const promising = (from: number): number => {
    const found = tallies.findIndex((tally, i) => i >= from && lossOf(tally, of).lost <= budget)
    return found >= 0 || from >= all || isHopeless(all - 1) ? found : all - 1
  }
  // of each batch, how many numbers of steps were measured
  const done: number[] = []
  const measure = async (count: number, samples: number, isOver: () => boolean): Promise<void> => {
    let [index, seen] = [0, 0]
    for await (const batch of data) {
      if (seen >= samples || isOver()) break
      const before = done[index] ?? 0
      if (before < count) {
        await add(batch, before, count)
        done[index] = count
      }
      index++
      seen += batch.size
    }
  }
  await measure(all, pilot, () => false)
  for (let i = promising(0); i >= 0; i = promising(i + 1)) {
    await measure(i + 1, enough(tallies[i]!.T), () => isHopeless(i))
    if (tallies.slice(0, i + 1).some((tally) => isWithin(tally, options))) return i + 1
  }
  return all
}
