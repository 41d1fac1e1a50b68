import { define, polynomial, type ScalarFunction } from './operations.js'
import { shift64 } from './shift64.js'
import { signOf } from './sign.js'

/**
 * pi / 2 in two parts: the first has 28 bits, so that whole numbers below 2^25 times it are exact (Cody and Waite
 * 1980).
 */
const high = Math.round((Math.PI / 2) * 2 ** 27) / 2 ** 27
const low = 9.920935796805404e-10

/**
 * |x| = q pi / 2 + r in float64, with q whole and r in [-pi / 4, pi / 4]. Then sin |x| is sin r, cos r, -sin r or -cos r as q mod 4 is
 * 0, 1, 2 or 3, cos |x| is the one after it, and with z = r^2
 *
 *   sin r = r + r z s(z),   cos r = 1 - z / 2 + z^2 c(z)
 *
 * r is right to float32 for |x| <= 5e7. Beyond, its error is below 2^-52 |x|, and above 1e15 the result is just some
 * number in [-1, 1].
 */
const quarterTurns = (name: 'sin' | 'cos'): ScalarFunction =>
  define(name, 1, (operations, bind, x) => {
    const {
      float,
      int,
      bits: { xor, select },
      double,
      inDouble,
    } = operations
    const { number, add, sub, mul, smaller, larger } = float
    const a = bind('absolute', float.abs(x))
    const turns = inDouble([a], (bind, a) => {
      const shifted = bind('shifted', double.add(double.mul(a, double.number(2 / Math.PI)), double.number(shift64)))
      const q = bind('q', double.sub(shifted, double.number(shift64)))
      return [double.sub(double.sub(a, double.mul(q, double.number(high))), double.mul(q, double.number(low))), shifted]
    })
    const r = bind('r', smaller(larger(turns.toFloat(0), number(-0.7854)), number(0.7854)))
    const whole = turns.lowBits(1)
    const q = bind('q', name === 'sin' ? whole : int.add(whole, int.number(1)))

    const z = bind('z', mul(r, r))
    const sine = add(r, mul(mul(r, z), polynomial(float, z, [-0.16666655, 0.00833216, -0.00019515201])))
    const cosine = add(
      sub(mul(mul(z, z), polynomial(float, z, [0.041666646, -0.0013887315, 0.000024433062])), mul(z, number(0.5))),
      number(1),
    )
    const result = select(int.shiftRight(int.shiftLeft(q, 31), 31), cosine, sine)
    const flipped = signOf(operations, int.shiftLeft(q, 30))
    return xor(result, name === 'sin' ? xor(flipped, signOf(operations, x)) : flipped)
  })

export const sin = quarterTurns('sin')
export const cos = quarterTurns('cos')
