import type { PlaneKernel } from './planes.js'
import type { Access, Kind, ScalarValue } from './scalar.js'

/** A value in memory that a kernel reads or writes. */
export interface Operand {
  readonly kind: Kind
  readonly access: Access
  /** Whether it has one value for each step, one after the other. */
  readonly isMoving: boolean
  /**
   * `sum` adds up what all elements of its access give, over all steps: each thread into an array of its own, which the caller
   * clears before and adds up after.
   */
  readonly role: 'input' | 'output' | 'sum'
}

/** A buffer of one block of elements that stays in the cache; a stacked one holds a block for each step. */
export interface Slot {
  readonly kind: Kind
  readonly isStacked: boolean
}

export interface Store {
  readonly to: { readonly operand: number } | { readonly slot: number }
  /** Number of the value. */
  readonly value: number
}

/** The windows of the planes that lie in a slot, maximum or average, written to an operand. */
export interface Pool {
  readonly slot: number
  readonly operand: number
  readonly kernel: PlaneKernel
}

/** What is computed for each element of a block, once or in every step, in order or from the last step to the first. */
export interface Phase {
  readonly steps: 'once' | 'ascending' | 'descending'
  readonly values: readonly ScalarValue[]
  readonly stores: readonly Store[]
  /** What follows in each step when all elements of the block are stored: a block holds whole planes. */
  readonly pools: readonly Pool[]
}

/**
 * What a kernel computes, without sizes or addresses: the form that every printer prints. Blocks of elements are independent; for
 * each, the phases run one after the other. Equal forms give equal text, so that groups of different sizes share a kernel.
 */
export interface Kernel {
  readonly operands: readonly Operand[]
  readonly slots: readonly Slot[]
  readonly phases: readonly Phase[]
  /** So many steps, which divide their number, are computed of an element before the next, with its state in registers. */
  readonly stepsAtOnce: number
}

/** Blocks that a slot holds in `length` steps: what is pooled is kept for the steps that are computed at once. */
export function blocksIn(slot: number, { slots, phases, stepsAtOnce }: Kernel, length: number): number {
  if (slots[slot]!.isStacked) return length
  return phases.some(({ pools }) => pools.some((pool) => pool.slot === slot)) ? stepsAtOnce : 1
}

/** The elements of a kernel as three axes: an operand may vary along the middle one alone. */
export interface Space {
  readonly outer: number
  readonly count: number
  readonly inner: number
}

/** The same text for equal forms, and for no others: numbers that JSON has no text for keep what they are. */
export function keyOf(form: unknown): string {
  return JSON.stringify(form, (_, x: unknown) => (typeof x === 'number' && (!Number.isFinite(x) || Object.is(x, -0)) ? (Object.is(x, -0) ? '-0' : String(x)) : x))
}
