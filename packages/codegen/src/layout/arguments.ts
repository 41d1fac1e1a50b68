/**
 * Where a kernel of elements finds what it needs, as words from its first argument on; then come, for each operand, its
 * address and the bytes from one step to the next (for a sum: from one thread's array to the next).
 */
export const argumentWords = ['length', 'count', 'inner', 'block', 'blocksPerRow', 'scratch', 'scratchBytes'] as const

/** Number of the word with the address of operand `index`. */
export function operandWord(index: number): number {
  return argumentWords.length + 2 * index
}

/** The words of a kernel of random numbers. */
export const randomWords = ['address', 'offset', 'length', 'key0', 'key1'] as const

/** Random numbers in one block of such a kernel: of all but the last. */
export const randomBlock = 4096
