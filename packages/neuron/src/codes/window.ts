import type { Tensor } from '@snn/tensor'

/** When a neuron of a converted network works, in steps from 0. */
export interface Window {
  /** First step at which it may fire. */
  readonly start: number
  /** Steps that it may fire for; 0: without end. */
  readonly length: number
  /** Steps that it integrates before. */
  readonly wait: number
}

export const always: Window = { start: 0, length: 0, wait: 0 }

function between(steps: Tensor, from: number, to: number): Tensor {
  const begun = steps.ge(from)
  return (to === Infinity ? begun : begun.and(steps.lt(to))).cast(steps.dtype)
}

/** 1 in the steps start .. start + length - 1, else 0. */
export function mayFire(steps: Tensor, { start, length }: Window): Tensor {
  return between(steps, start, length === 0 ? Infinity : start + length)
}

/** 1 until `length` steps after the neuron has begun to integrate, at start - wait: then its inputs have ended. */
export function mayCharge(steps: Tensor, { start, length, wait }: Window): Tensor {
  return between(steps, -1, length === 0 ? Infinity : start - wait + length)
}

/** 1 while it integrates. */
export function integrates(steps: Tensor, { start, length, wait }: Window): Tensor {
  return between(steps, start - wait, length === 0 ? Infinity : start - wait + length)
}
