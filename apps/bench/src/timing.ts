/** The middle of the sorted values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Milliseconds of each of `runs` calls. */
export async function timesOf(runs: number, work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  for (let run = 0; run < runs; run++) {
    const started = performance.now()
    await work()
    times.push(performance.now() - started)
  }
  return times
}

/** `work` as something that gives its milliseconds. */
export function timed(work: () => Promise<unknown>): () => Promise<number> {
  return async () => (await timesOf(1, work))[0]!
}

/**
 * Waits until the threads of what ran last sleep: thread pools spin for a while, and take the cores from what runs
 * next.
 */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 30))
}

/**
 * Medians in milliseconds of works that take turns, so that a busy machine slows all of them, after rounds that warm
 * them up.
 */
export async function inTurns<const K extends string>(
  works: Readonly<Record<K, (() => Promise<number>) | undefined>>,
  options: { readonly rounds: number; readonly warmUp: number },
): Promise<Partial<Record<K, number>>> {
  const given = Object.entries(works) as [K, (() => Promise<number>) | undefined][]
  const times = new Map<K, number[]>()
  for (let round = -options.warmUp; round < options.rounds; round++) {
    for (const [name, work] of given) {
      if (!work) continue
      await settle()
      const time = await work()
      if (round >= 0) times.set(name, [...(times.get(name) ?? []), time])
    }
  }
  return Object.fromEntries([...times].map(([name, values]) => [name, median(values)])) as Partial<Record<K, number>>
}
