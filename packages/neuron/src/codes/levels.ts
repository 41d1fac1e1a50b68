import { where, type Tensor } from '@snn/tensor'

/**
 * The level nearest to u among +-2^-k, k = 0 .. levels - 1, counted in the smallest level, 2^(1 - levels): for the smallest k with
 * |u| >= 0.75 2^-k it is +-2^(levels - 1 - k), and 0 below 0.75 of the smallest level.
 *
 * @param u the value divided by the smallest level
 */
export function nearestLevel(u: Tensor, levels: number): Tensor {
  const largest = 2 ** (levels - 1)
  // 0.75 2^k becomes 2^k: what is wanted is the power of two at or below
  const scaled = u.stopGradient().mul(4 / 3).minimum(largest).maximum(-largest)
  return where(scaled.abs().ge(1), powerOfTwo(scaled), 0)
}

/**
 * The largest power of two that is at most |x|, with the sign of x: q - (1 - 2^-p) q for q = (2^(p-1) + 1) x, each operation rounded to p
 * digits ("unit in the first place"; Rump, Ogita and Oishi, SIAM J. Sci. Comput. 31, 2008).
 */
function powerOfTwo(x: Tensor): Tensor {
  const digits = x.dtype === 'float64' ? 53 : 24
  const q = x.mul(2 ** (digits - 1) + 1)
  // the minimum changes nothing, but keeps compilers from rounding the product and the difference as one
  return q.sub(q.mul(1 - 2 ** -digits).minimum(3e38))
}

/** The smallest of `levels` levels below the threshold, each half of the one before. */
export function smallestLevel(threshold: Tensor, levels: number): Tensor {
  return threshold.mul(2 ** (1 - levels))
}
