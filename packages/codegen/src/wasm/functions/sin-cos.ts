import type { WasmFunction } from '../instruction.js'
import { f32x4, f64x2, i32x4, select, shuffleWords, v128 } from '../vector.js'
import { define, f32, f64, i32, polynomial } from './define.js'
import { demote, halves, shift64 } from './halves.js'
import { signOf } from './sign.js'

const { add, sub, mul, pmin, pmax } = f32x4

/** pi / 2 in two parts: the first has 28 bits, so that whole numbers below 2^25 times it are exact (Cody and Waite 1980). */
const high = Math.round((Math.PI / 2) * 2 ** 27) / 2 ** 27
const low = 9.920935796805404e-10

/**
 * |x| = q pi / 2 + r in float64, with q whole and r in [-pi / 4, pi / 4]. Then sin |x| is sin r, cos r, -sin r or -cos r as q mod 4 is
 * 0, 1, 2 or 3, cos |x| is the one after it, and with z = r^2
 *
 *   sin r = r + r z s(z),   cos r = 1 - z / 2 + z^2 c(z)
 *
 * r is right to float32 for |x| <= 5e7. Beyond, its error is below 2^-52 |x|, and above 1e15 the result is just some number in [-1, 1].
 */
const quarterTurns = (name: 'sin' | 'cos'): WasmFunction<'v128'> =>
  define(name, ['x'], (bind, x) => {
    const a = bind('absolute', f32x4.abs(x))
    const [first, second] = halves(bind, [a], (bind, a) => {
      const shifted = bind('shifted', f64x2.add(f64x2.mul(a, f64(2 / Math.PI)), f64(shift64)))
      const q = bind('q', f64x2.sub(shifted, f64(shift64)))
      return { shifted, rest: f64x2.sub(f64x2.sub(a, f64x2.mul(q, f64(high))), f64x2.mul(q, f64(low))) }
    })
    const r = bind('r', pmin(pmax(demote(first.rest, second.rest), f32(-0.7854)), f32(0.7854)))
    const whole = shuffleWords([0, 2, 4, 6], first.shifted, second.shifted)
    const q = bind('q', name === 'sin' ? whole : i32x4.add(whole, i32(1)))

    const z = bind('z', mul(r, r))
    const sine = add(r, mul(mul(r, z), polynomial(f32x4, z, [-0.16666655, 0.00833216, -0.00019515201].map(f32))))
    const cosine = add(sub(mul(mul(z, z), polynomial(f32x4, z, [0.041666646, -0.0013887315, 0.000024433062].map(f32))), mul(z, f32(0.5))), f32(1))
    const result = select(i32x4.shr_s(i32x4.shl(q, 31), 31), cosine, sine)
    const flipped = signOf(i32x4.shl(q, 30))
    return v128.xor(result, name === 'sin' ? v128.xor(flipped, signOf(x)) : flipped)
  })

export const sin = quarterTurns('sin')
export const cos = quarterTurns('cos')
