import { split } from './log.js'
import { define, polynomial } from './operations.js'
import { shift64 } from './shift64.js'
import { signOf } from './sign.js'

/**
 * |x|^y = 2^(y log2 |x|) in float64. |x| = 2^k m gives log2 |x| = k + s p(z), with s = (m - 1) / (m + 1) and z = s^2;
 * 2^w = 2^round(w) q(w - round(w)). The special cases are those of Math.pow (ECMAScript, Number::exponentiate).
 */
export const pow = define('pow', 2, (operations, bind, x, y) => {
  const {
    float,
    bits: { and, or, without, select },
    double,
    inDouble,
  } = operations
  const a = bind('absolute', float.abs(x))
  const { k, m } = split(operations, bind, a)
  const finite = bind('finite', float.less(a, float.number(Infinity)))
  const exponent = bind(
    'exponent',
    select(float.equal(a, float.number(0)), float.number(-Infinity), select(finite, k, a)),
  )

  const magnitude = inDouble([m, exponent, y], (bind, m, k, y) => {
    const { number, add, sub, mul, div, smaller, larger, addBits, shiftLeft } = double
    const s = bind('s', div(sub(m, number(1)), add(m, number(1))))
    const z = bind('z', mul(s, s))
    const p = polynomial(
      double,
      z,
      [
        2.885390081777904, 0.9617966940888965, 0.5770779439179233, 0.4122092496686597, 0.31990317487335207,
        0.2829606575907008,
      ],
    )
    const w = bind('w', smaller(larger(mul(y, add(k, mul(s, p))), number(-200)), number(200)))
    const shifted = bind('shifted', add(w, number(shift64)))
    const r = bind('r', sub(w, sub(shifted, number(shift64))))
    const q = polynomial(
      double,
      r,
      [
        1.0000000005541665, 0.6931472057372685, 0.24022646890634436, 0.0555032877696457, 0.009618488957074092,
        0.001339993121927214, 0.00015345812013465906,
      ],
    )
    return [mul(q, addBits(shiftLeft(shifted, 52), number(1)))]
  }).toFloat(0)

  const isWhole = (value: typeof y): typeof y => float.equal(float.floor(value), value)
  const whole = bind('whole', isWhole(y))
  const half = bind('half', float.mul(y, float.number(0.5)))
  const odd = without(whole, isWhole(half))
  const undefinedPower = without(and(float.less(x, float.number(0)), finite), whole)
  const signed = or(or(magnitude, and(signOf(operations, x), odd)), undefinedPower)
  return select(float.equal(y, float.number(0)), float.number(1), signed)
})
