import { scalar, where, type Tensor } from '@snn/tensor'

/**
 * The level nearest to u among +-2^-k, k = 0 .. levels - 1, counted in the smallest level, 2^(1 - levels): for the smallest k with
 * |u| >= 0.75 2^-k it is +-2^(levels - 1 - k), and 0 below 0.75 of the smallest level.
 *
 * @param u the value divided by the smallest level
 */
export function nearestLevel(u: Tensor, levels: number): Tensor {
  const largest = 2 ** (levels - 1)
  let rest = u.abs().minimum(largest)
  let found: Tensor | undefined
  // its binary logarithm, bit by bit: 2^8, 2^4, 2^2, 2^1 for up to 16 levels
  for (let bits = levels > 1 ? 2 ** Math.floor(Math.log2(levels - 1)) : 0; bits >= 1; bits /= 2) {
    const factor = 2 ** bits
    const above = rest.ge(0.75 * factor)
    rest = where(above, rest.mul(1 / factor), rest)
    found = found ? where(above, found.mul(factor), found) : where(above, scalar(factor, u.dtype), 1)
  }
  const size = where(rest.ge(0.75), found ?? scalar(1, u.dtype), 0)
  return where(u.lt(0), size.neg(), size)
}

/** The smallest of `levels` levels below the threshold, each half of the one before. */
export function smallestLevel(threshold: Tensor, levels: number): Tensor {
  return threshold.mul(2 ** (1 - levels))
}
