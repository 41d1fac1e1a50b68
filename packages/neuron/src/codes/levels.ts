import { where, type Tensor } from '@snn/tensor'

/**
 * The level nearest to u: of size m 2^-k, k = 0 .. levels - 1, with m in [1, 2) of `digits` binary digits, the largest
 * 1, counted in
 * `unitOf`. One digit gives powers of two, two also 1.5 times those (sums of two powers of two, as in Li et al., ICLR
 * 2020). 0 below 0.75 of the smallest level.
 *
 * @param u the value divided by `unitOf`
 */
export function nearestLevel(u: Tensor, levels: number, digits: number): Tensor {
  const value = u.stopGradient()
  const size = value.abs()
  const smallest = 2 ** (digits - 1)
  const rounded = significant(size.maximum(smallest).minimum(smallest * 2 ** (levels - 1)), digits)
  return where(size.ge(0.75 * smallest), rounded, 0).mul(value.sign())
}

/**
 * x rounded to so many significant binary digits: q - (q - x), q = (2^(p - digits) + 1) x, each operation rounded to p
 * digits (Veltkamp 1968).
 */
function significant(x: Tensor, digits: number): Tensor {
  const precision = x.dtype === 'float64' ? 53 : 24
  // the minimum changes nothing, but keeps compilers from rounding the product and a difference as one
  const q = x.mul(2 ** (precision - digits) + 1).minimum(3e38)
  return q.sub(q.sub(x))
}

/** What levels are whole multiples of: the smallest level, threshold 2^(1 - levels), over 2^(digits - 1). */
export function unitOf(threshold: Tensor, levels: number, digits: number): Tensor {
  return threshold.mul(2 ** (2 - levels - digits))
}
