import { rowsOf, type Kernel } from '../form/kernel.js'
import type { Fused } from '../form/kernel-builder.js'
import type { argumentWords } from './arguments.js'

/**
 * A kernel that computes so many steps, which divide their number, of an element before the next, with its state in
 * registers.
 */
export interface SteppedKernel extends Kernel {
  readonly stepsAtOnce: number
}

/** States of more steps are not kept in registers for longer than it takes to compute more than so many values. */
const [mostSteps, mostValues] = [4, 96]

/** As many steps at once as are worth it, of `length` steps; default: of any number that most steps divide. */
export function inSteps(kernel: Kernel, length = mostSteps): SteppedKernel {
  const values = Math.max(0, ...kernel.phases.map((phase) => (phase.steps === 'once' ? 0 : phase.values.length)))
  let stepsAtOnce = mostSteps
  while (stepsAtOnce > 1 && (length % stepsAtOnce !== 0 || stepsAtOnce * values > mostValues)) stepsAtOnce--
  return { ...kernel, stepsAtOnce }
}

/** Blocks that a slot holds in `length` steps: what is pooled is kept for the steps that are computed at once. */
export function blocksIn(slot: number, { slots, phases, stepsAtOnce }: SteppedKernel, length: number): number {
  if (slots[slot]!.isStacked) return length
  return phases.some(({ pools }) => pools.some((pool) => pool.slot === slot)) ? stepsAtOnce : 1
}

/**
 * Bytes of one block's buffers that stay in the second-level cache: the longer a block, the longer the runs of memory
 * that are read in order.
 */
const cachedBytes = 96 * 1024
const largestBlock = 4096
const smallestBlock = 64

/** How the elements of a kernel are divided. */
export interface Blocks {
  readonly kernel: SteppedKernel
  /** Number of blocks, which are independent of each other. */
  readonly count: number
  /** Bytes of block buffers that each thread needs. */
  readonly scratchBytes: number
  /** The arguments of the kernel that are no addresses. */
  readonly words: Readonly<Record<Exclude<(typeof argumentWords)[number], 'scratch'>, number>>
}

/**
 * Divides the elements of a kernel into blocks of at most `block` elements; default: what fits the second-level cache.
 */
export function divide({ kernel: form, space, length, plane }: Fused, block?: number): Blocks {
  const kernel = inSteps(form, length)
  const rows = rowsOf(space)
  const bytes = kernel.slots.reduce((sum, _, slot) => sum + 4 * blocksIn(slot, kernel, length), 0)
  const fitting = bytes === 0 ? largestBlock : Math.floor(cachedBytes / bytes / 16) * 16
  const size =
    Math.max(1, Math.floor((block ?? Math.min(largestBlock, Math.max(smallestBlock, fitting))) / plane)) * plane
  const blocksPerRow = Math.ceil(rows.length / size)
  // what is read behind a plane that is pooled
  const scratchBytes = bytes * size + (plane > 1 ? 16 : 0)
  return {
    kernel,
    count: rows.count * blocksPerRow,
    scratchBytes,
    words: {
      length,
      count: rows.alongLast ? 1 : space.count,
      inner: rows.length,
      block: size,
      blocksPerRow,
      scratchBytes,
    },
  }
}
