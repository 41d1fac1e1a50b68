import { define, polynomial } from './operations.js'

/**
 * ln 2 in two parts: the first has 9 bits, so that whole numbers below 2^15 times it are exact (Cody and Waite 1980).
 */
export const ln2 = [0.693359375, Math.LN2 - 0.693359375] as const

/** Adding 1.5 * 2^23 rounds to a whole number, which then stands in the low bits. */
const [shift, shiftBits] = [12582912, 0x4b400000]

/**
 * exp x = 2^k exp r, with k = round(x / ln 2), r = x - k ln 2 in [-ln 2 / 2, ln 2 / 2] and exp r = 1 + r + r^2 p(r).
 * 2^k is applied in two halves: k reaches from -150, a subnormal result, to 128, which may still round to a number.
 */
export const exp = define('exp', 1, ({ float, int }, bind, x) => {
  const { number, add, sub, mul, smaller, larger } = float
  const scale = (power: typeof x): typeof x => int.shiftLeft(int.add(power, int.number(127)), 23)
  const inside = bind('inside', smaller(larger(x, number(-104)), number(89)))
  const shifted = bind('shifted', add(mul(inside, number(Math.LOG2E)), number(shift)))
  const k = bind('k', sub(shifted, number(shift)))
  const r = bind('r', sub(sub(inside, mul(k, number(ln2[0]))), mul(k, number(ln2[1]))))
  const p = polynomial(float, r, [0.49999994, 0.16666538, 0.04166864, 0.008367489, 0.0013790426])
  const power = bind('power', int.sub(shifted, int.number(shiftBits)))
  const half = bind('half', int.shiftRight(power, 1))
  return mul(mul(add(add(mul(mul(r, r), p), r), number(1)), scale(half)), scale(int.sub(power, half)))
})
