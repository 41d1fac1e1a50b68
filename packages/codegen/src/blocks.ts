import { blocksIn } from './kernel.js'
import type { Fused } from './kernel-builder.js'
import type { argumentWords } from './wasm/kernel.js'

/** Bytes of one block's buffers that stay in the second-level cache: the longer a block, the longer the runs of memory that are read in order. */
const cachedBytes = 96 * 1024
const largestBlock = 4096
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

/** Rows of a kernel's elements, all of one channel. */
export function rowsOf({ space }: Pick<Fused, 'space'>): { readonly count: number; readonly inner: number; readonly alongLast: boolean } {
  const alongLast = space.inner === 1 && space.count > 1
  const inner = alongLast ? space.count : space.inner
  return { count: inner === 0 ? 0 : (space.outer * space.count * space.inner) / inner, inner, alongLast }
}

/** Divides the elements of a kernel into blocks of at most `block` elements; default: what fits the second-level cache. */
export function divide({ kernel, space, length, plane }: Fused, block?: number): Blocks {
  const rows = rowsOf({ space })
  const bytes = kernel.slots.reduce((sum, _, slot) => sum + 4 * blocksIn(slot, kernel, length), 0)
  const fitting = bytes === 0 ? largestBlock : Math.floor(cachedBytes / bytes / 16) * 16
  const size = Math.max(1, Math.floor((block ?? Math.min(largestBlock, Math.max(smallestBlock, fitting))) / plane)) * plane
  const blocksPerRow = Math.ceil(rows.inner / size)
  // what is read behind a plane that is pooled
  const scratchBytes = bytes * size + (plane > 1 ? 16 : 0)
  return { count: rows.count * blocksPerRow, scratchBytes, words: { length, count: rows.alongLast ? 1 : space.count, inner: rows.inner, block: size, blocksPerRow, scratchBytes } }
}
