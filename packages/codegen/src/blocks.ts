import type { Fused } from './kernel-builder.js'
import type { argumentWords } from './wat/kernel.js'

/** Bytes of one block's buffers that stay in the first-level cache. */
const cachedBytes = 24 * 1024
const largestBlock = 2048
const smallestBlock = 64

/** How the elements of a kernel are divided. */
export interface Blocks {
  /** Number of blocks, which are independent of each other. */
  readonly count: number
  /** Bytes of block buffers that each thread needs. */
  readonly scratchBytes: number
  /** The arguments of the kernel that are no addresses. */
  readonly words: Readonly<Record<Exclude<(typeof argumentWords)[number], 'scratch'>, number>>
}

/** Divides the elements of a kernel into blocks of at most `block` elements; default: what fits the first-level cache. */
export function divide({ kernel, space, length }: Fused, block?: number): Blocks {
  const alongLast = space.inner === 1 && space.count > 1
  const inner = alongLast ? space.count : space.inner
  const rows = inner === 0 ? 0 : (space.outer * space.count * space.inner) / inner
  const bytes = kernel.slots.reduce((sum, { isStacked }) => sum + 4 * (isStacked ? length : 1), 0)
  const fitting = bytes === 0 ? largestBlock : Math.floor(cachedBytes / bytes / 16) * 16
  const size = block ?? Math.min(largestBlock, Math.max(smallestBlock, fitting))
  const blocksPerRow = Math.ceil(inner / size)
  const scratchBytes = bytes * size
  return { count: rows * blocksPerRow, scratchBytes, words: { length, count: alongLast ? 1 : space.count, inner, block: size, blocksPerRow, scratchBytes } }
}
