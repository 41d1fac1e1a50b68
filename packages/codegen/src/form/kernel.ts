import type { PlaneKernel } from './planes.js'
import type { Access, Kind, ScalarValue } from './scalar.js'

/** A value that a kernel reads or writes. */
export interface Operand {
  readonly kind: Kind
  readonly access: Access
  /** Whether it has one value for each step, one after the other. */
  readonly isMoving: boolean
  /** `sum` adds up what all elements of its access give, over all steps. */
  readonly role: 'input' | 'output' | 'sum'
}

/** What is kept of each element from phase to phase and from step to step; of a stacked one, a value for each step. */
export interface Slot {
  readonly kind: Kind
  readonly isStacked: boolean
}

/** Where a value of a phase goes: to an operand, or to a slot that later steps and phases read. */
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

/** What is computed for each element, once or in every step, in order or from the last step to the first. */
export interface Phase {
  readonly steps: 'once' | 'ascending' | 'descending'
  readonly values: readonly ScalarValue[]
  readonly stores: readonly Store[]
  /** What follows in each step when all elements of a plane are stored. */
  readonly pools: readonly Pool[]
}

/**
 * What a kernel computes, without sizes: the form that every printer prints. Elements are independent of each other,
 * where nothing is pooled; for each, the phases run one after the other. Groups of different sizes have equal forms,
 * and share a kernel.
 */
export interface Kernel {
  readonly operands: readonly Operand[]
  readonly slots: readonly Slot[]
  readonly phases: readonly Phase[]
}

/** The elements of a kernel as three axes: an operand may vary along the middle one alone. */
export interface Space {
  readonly outer: number
  readonly count: number
  readonly inner: number
}

/** Rows of elements, all of one index of the middle axis, or along it where it is the last. */
export function rowsOf({ outer, count, inner }: Space): {
  readonly count: number
  readonly length: number
  readonly alongLast: boolean
} {
  const alongLast = inner === 1 && count > 1
  const length = alongLast ? count : inner
  return { count: length === 0 ? 0 : (outer * count * inner) / length, length, alongLast }
}

/** `stores` with the values that they need, in order. */
export function pruned(values: readonly ScalarValue[], stores: readonly Store[]): Pick<Phase, 'values' | 'stores'> {
  const used = new Set(stores.map(({ value }) => value))
  for (let i = values.length - 1; i >= 0; i--) {
    const value = values[i]!
    if (used.has(i) && 'operands' in value) value.operands.forEach((operand) => used.add(operand))
  }
  const kept = [...used].sort((a, b) => a - b)
  const numbers = new Map(kept.map((index, i) => [index, i]))
  return {
    values: kept.map((index) => {
      const value = values[index]!
      return 'operands' in value
        ? { ...value, operands: value.operands.map((operand) => numbers.get(operand)!) }
        : value
    }),
    stores: stores.map((store) => ({ ...store, value: numbers.get(store.value)! })),
  }
}

/**
 * The same text for equal forms, and for no others: numbers of values that JSON has no text for, or one with another,
 * keep what they are.
 */
export function keyOf(form: unknown): string {
  const text = JSON.stringify(form)
  // a function that looks at each number makes it ten times slower
  if (!/null|"number":0[,}]/.test(text)) return text
  return JSON.stringify(form, (_, x: unknown) =>
    typeof x === 'number' && (!Number.isFinite(x) || Object.is(x, -0)) ? (Object.is(x, -0) ? '-0' : String(x)) : x,
  )
}
