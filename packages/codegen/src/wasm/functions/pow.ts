import { f32x4, f64x2, i64x2, select, v128, type Vec } from '../vector.js'
import { define, f32, f64, polynomial } from './define.js'
import { demote, halves, shift64 } from './halves.js'
import { split } from './log.js'
import { signOf } from './sign.js'

const { add, sub, mul, div, pmin, pmax } = f64x2

/**
 * |x|^y = 2^(y log2 |x|) in float64. |x| = 2^k m gives log2 |x| = k + s p(z), with s = (m - 1) / (m + 1) and z = s^2;
 * 2^w = 2^round(w) q(w - round(w)). The special cases are those of Math.pow (ECMAScript, Number::exponentiate).
 */
export const pow = define('pow', ['x', 'y'], (bind, x, y) => {
  const a = bind('absolute', f32x4.abs(x))
  const { k, m } = split(bind, a)
  const finite = bind('finite', f32x4.lt(a, f32(Infinity)))
  const exponent = bind('exponent', select(f32x4.eq(a, f32(0)), f32(-Infinity), select(finite, k, a)))

  const magnitude = demote(
    ...halves(bind, [m, exponent, y], (bind, m, k, y) => {
      const s = bind('s', div(sub(m, f64(1)), add(m, f64(1))))
      const z = bind('z', mul(s, s))
      const p = polynomial(f64x2, z, [2.885390081777904, 0.9617966940888965, 0.5770779439179233, 0.4122092496686597, 0.31990317487335207, 0.2829606575907008].map(f64))
      const w = bind('w', pmin(pmax(mul(y, add(k, mul(s, p))), f64(-200)), f64(200)))
      const shifted = bind('shifted', add(w, f64(shift64)))
      const r = bind('r', sub(w, sub(shifted, f64(shift64))))
      const q = polynomial(f64x2, r, [1.0000000005541665, 0.6931472057372685, 0.24022646890634436, 0.0555032877696457, 0.009618488957074092, 0.001339993121927214, 0.00015345812013465906].map(f64))
      return mul(q, i64x2.add(i64x2.shl(shifted, 52), f64(1)))
    }),
  )

  const isWhole = (y: Vec): Vec => f32x4.eq(f32x4.floor(y), y)
  const whole = bind('whole', isWhole(y))
  const half = bind('half', f32x4.mul(y, f32(0.5)))
  const odd = v128.andnot(whole, isWhole(half))
  const undefinedPower = v128.andnot(v128.and(f32x4.lt(x, f32(0)), finite), whole)
  const signed = v128.or(v128.or(magnitude, v128.and(signOf(x), odd)), undefinedPower)
  return select(f32x4.eq(y, f32(0)), f32(1), signed)
})
