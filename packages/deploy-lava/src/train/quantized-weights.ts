import { customGradient, type Tensor } from '@snn/tensor'

/** How weights, in units of the threshold, become the integers of a file. */
export interface Rounding {
  /** A weight times this is the weight in the file. */
  readonly scale: number
  /** Integers are multiples of it. */
  readonly step: number
  /** Largest magnitude of an integer. */
  readonly most: number
}

/**
 * w -> clamp(round half even(w S / step) step), with the gradient of w S: straight through the rounding (Bengio et al.
 * 2013), in units of the file over S, so that learning rates are those of the network.
 */
export function toIntegers(w: Tensor, { scale, step, most }: Rounding): Tensor {
  const integers = w
    .mul(scale / step)
    .round()
    .mul(step)
    .clip(-most, most)
  return customGradient(integers, [w], (dy) => [dy.mul(scale)])
}
