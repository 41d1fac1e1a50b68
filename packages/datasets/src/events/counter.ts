/** A counter of time that starts again from its least value. */
export interface TimeCounter {
  /** The time without the turns, of the next event. */
  next(time: number): number
  /** The last time, as it was counted. Set where times were passed over. */
  last: number
  /** How many times it has. */
  readonly range: number
  readonly turns: number
}

/**
 * Times of a counter of `bits` bits, signed or not: it has turned when they fall by more than half of its range, which
 * cameras' disorder never does. Times that no such counter has are given back as they are.
 */
export function timeCounter(bits: number): TimeCounter {
  const range = 2 ** bits
  let turns = 0
  return {
    last: 0,
    range,
    next(time) {
      if (this.last - time > range / 2 && this.last < range && time >= -range / 2) turns++
      this.last = time
      return time + turns * range
    },
    get turns() {
      return turns
    },
  }
}

export const turnsNote = (
  turns: number,
  bits: number,
): { readonly about: 'time'; readonly count: number; readonly text: string } => ({
  about: 'time',
  count: turns,
  text: `turns of a counter of ${bits} bits taken out of the times`,
})

/** Of so many events one is looked at, since looking at each takes a tenth of the time of decoding. */
const sampled = 256

/**
 * Takes the turns out of the times `from` up to `to`, in place, and says how many there were. All times are looked at
 * where one in `sampled` falls by a quarter of the counter's range from the one before, or there are few.
 */
export function takeTurns(counter: TimeCounter, t: Float64Array, from: number, to: number): number {
  if (from === to) return 0
  const before = counter.turns
  if (before > 0 || to - from <= 2 * sampled || fallsFar(t, from, to, counter))
    for (let i = from; i < to; i++) t[i] = counter.next(t[i]!)
  else counter.last = t[to - 1]!
  return counter.turns - before
}

function fallsFar(t: Float64Array, from: number, to: number, { last, range }: TimeCounter): boolean {
  let before = last
  for (let i = from; i < to; i += sampled) {
    if (before - t[i]! > range / 4) return true
    before = t[i]!
  }
  return before - t[to - 1]! > range / 4
}
