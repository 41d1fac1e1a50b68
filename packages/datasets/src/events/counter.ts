/** A counter of time that starts again from its least value. */
export interface TimeCounter {
  /** The time without the turns, of the next event. */
  next(time: number): number
  readonly turns: number
}

/**
 * Times of a counter of `bits` bits, signed or not: it has turned when they fall by more than half of its range, which cameras' disorder never does.
 * Times that no such counter has are given back as they are.
 */
export function timeCounter(bits: number): TimeCounter {
  const range = 2 ** bits
  let last = 0
  let turns = 0
  return {
    next(time) {
      if (last - time > range / 2 && last < range && time >= -range / 2) turns++
      last = time
      return time + turns * range
    },
    get turns() {
      return turns
    },
  }
}

export const turnsNote = (turns: number, bits: number): { readonly about: 'time'; readonly count: number; readonly text: string } => ({ about: 'time', count: turns, text: `turns of a counter of ${bits} bits taken out of the times` })
