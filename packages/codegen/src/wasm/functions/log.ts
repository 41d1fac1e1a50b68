import { f32x4, i32x4, select, v128, type Vec } from '../vector.js'
import { define, f32, i32, polynomial, type Bind } from './define.js'
import { ln2 } from './exp.js'

const { add, sub, mul, div } = f32x4

/** x = 2^k m with m in [sqrt(1/2), sqrt 2), for finite x > 0, subnormal ones too. */
export function split(bind: Bind, x: Vec): { readonly k: Vec; readonly m: Vec } {
  const tiny = bind('tiny', f32x4.lt(x, f32(2 ** -126)))
  const scaled = bind('scaled', select(tiny, mul(x, f32(2 ** 23)), x))
  const power = bind('power', i32x4.shr_s(i32x4.sub(scaled, i32(0x3f3504f3)), 23))
  const m = bind('m', i32x4.sub(scaled, i32x4.shl(power, 23)))
  return { k: bind('k', sub(f32x4.convert_i32x4_s(power), v128.and(tiny, f32(23)))), m }
}

/**
 * log x = k ln 2 + log m. With f = m - 1, s = f / (2 + f), z = s^2: log m = 2 atanh s = 2 s + s R, R = z p(z), which
 * f - f^2 / 2 + s (f^2 / 2 + R) equals with less rounding (the splitting of the fdlibm library, Sun Microsystems 1993).
 */
export const log = define('log', ['x'], (bind, x) => {
  const { k, m } = split(bind, x)
  const f = bind('f', sub(m, f32(1)))
  const s = bind('s', div(f, add(f, f32(2))))
  const z = bind('z', mul(s, s))
  const square = bind('square', mul(mul(f, f), f32(0.5)))
  const rest = mul(z, polynomial(f32x4, z, [0.66666776, 0.39977574, 0.29870936].map(f32)))
  const small = sub(square, add(mul(s, add(square, rest)), mul(k, ln2[1])))
  const result = sub(mul(k, ln2[0]), sub(small, f))
  const orInfinite = select(f32x4.lt(x, f32(Infinity)), result, x)
  return v128.or(select(f32x4.eq(x, f32(0)), f32(-Infinity), orInfinite), f32x4.lt(x, f32(0)))
})
