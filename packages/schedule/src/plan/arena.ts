/** A range of the arena that holds one value from instruction `from` to instruction `to`, both included. */
export interface Block {
  readonly bytes: number
  readonly from: number
  to: number
  /** Where in the arena, set by `planArena`. */
  offset: number
}

/**
 * Gives each block an offset such that no two blocks that live at the same time overlap, and returns the bytes the
 * arena needs. Greedy by size (Pisarchyk and Lee, 2020): the largest block first, each at the lowest place that is free
 * while it lives.
 *
 * @param alignment bytes of which every offset is a multiple
 */
export function planArena(blocks: readonly Block[], alignment: number): number {
  const placed: Block[] = []
  let total = 0
  for (const block of [...blocks].sort((a, b) => b.bytes - a.bytes || a.from - b.from)) {
    let offset = 0
    for (const other of placed) {
      if (other.from > block.to || other.to < block.from) continue
      if (other.offset >= offset + block.bytes) break
      offset = Math.max(offset, alignUp(other.offset + other.bytes, alignment))
    }
    block.offset = offset
    total = Math.max(total, offset + block.bytes)
    insertByOffset(placed, block)
  }
  return total
}

function alignUp(bytes: number, alignment: number): number {
  return Math.ceil(bytes / alignment) * alignment
}

function insertByOffset(placed: Block[], block: Block): void {
  let low = 0
  let high = placed.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (placed[middle]!.offset <= block.offset) low = middle + 1
    else high = middle
  }
  placed.splice(low, 0, block)
}
