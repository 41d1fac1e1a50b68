/** Values that are read as polarities, with bits that tell which were there. */
const known: ReadonlyMap<number, readonly [bit: number, polarity: 0 | 1]> = new Map([
  [0, [1, 0]],
  [1, [2, 1]],
  [-1, [4, 0]],
  [255, [8, 1]],
])
/** The pairs that files have: 0 and 1, -1 and 1, 0 and 255. */
const pairs: readonly number[] = [1 | 2, 4 | 2, 1 | 8]

/**
 * 1 and 0 for the polarities of one recording, or undefined for a value that cannot stand beside those before: a
 * polarity has two values.
 */
export function polarityReader(): (value: number) => 0 | 1 | undefined {
  let seen = 0
  return (value) => {
    const found = known.get(value)
    if (!found) return undefined
    const [bit, polarity] = found
    if ((seen & bit) !== 0) return polarity
    seen |= bit
    return pairs.some((pair) => (seen & ~pair) === 0) ? polarity : undefined
  }
}

/** What was expected of a polarity, for errors. */
export const expectedPolarity = 'expected two values: 0 and 1, -1 and 1, 0 and 255, or false and true'
