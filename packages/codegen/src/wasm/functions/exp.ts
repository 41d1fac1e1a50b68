import { f32x4, i32x4, type Vec } from '../vector.js'
import { define, f32, i32, polynomial } from './define.js'

const { add, sub, mul, pmin, pmax } = f32x4

/** ln 2 in two parts: the first has 9 bits, so that whole numbers below 2^15 times it are exact (Cody and Waite 1980). */
export const ln2 = [f32(0.693359375), f32(Math.LN2 - 0.693359375)] as const

/** Adding 1.5 * 2^23 rounds to a whole number, which then stands in the low bits. */
const [shift, shiftBits] = [f32(12582912), i32(0x4b400000)]

const scale = (power: Vec): Vec => i32x4.shl(i32x4.add(power, i32(127)), 23)

/**
 * exp x = 2^k exp r, with k = round(x / ln 2), r = x - k ln 2 in [-ln 2 / 2, ln 2 / 2] and exp r = 1 + r + r^2 p(r).
 * 2^k is applied in two halves: k reaches from -150, a subnormal result, to 128, which may still round to a number.
 */
export const exp = define('exp', ['x'], (bind, x) => {
  const inside = bind('inside', pmin(pmax(x, f32(-104)), f32(89)))
  const shifted = bind('shifted', add(mul(inside, f32(Math.LOG2E)), shift))
  const k = bind('k', sub(shifted, shift))
  const r = bind('r', sub(sub(inside, mul(k, ln2[0])), mul(k, ln2[1])))
  const p = polynomial(f32x4, r, [0.49999994, 0.16666538, 0.04166864, 0.008367489, 0.0013790426].map(f32))
  const power = bind('power', i32x4.sub(shifted, shiftBits))
  const half = bind('half', i32x4.shr_s(power, 1))
  return mul(mul(add(add(mul(mul(r, r), p), r), f32(1)), scale(half)), scale(i32x4.sub(power, half)))
})
