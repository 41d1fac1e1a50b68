import type { Tensor } from '@snn/tensor'

/**
 * The level nearest to u among +-2^-k, k = 0 .. levels - 1, counted in the smallest level, 2^(1 - levels): for the smallest k with
 * |u| >= 0.75 2^-k it is +-2^(levels - 1 - k), and 0 below 0.75 of the smallest level.
 */
export function nearestLevel(u: Tensor, levels: number): Tensor {
  const size = u.abs()
  const reaches = (k: number): Tensor => size.ge(0.75 * 2 ** -k).cast(u.dtype)
  let count = reaches(levels - 1)
  for (let k = levels - 2; k >= 0; k--) count = count.add(reaches(k).mul(2 ** (levels - 2 - k)))
  return count.mul(u.sign())
}

/** The smallest of `levels` levels below the threshold, each half of the one before. */
export function smallestLevel(threshold: Tensor, levels: number): Tensor {
  return threshold.mul(2 ** (1 - levels))
}
