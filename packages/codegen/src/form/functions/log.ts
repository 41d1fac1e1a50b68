import { ln2 } from './exp.js'
import { define, polynomial, type Bind, type Operations } from './operations.js'

/** x = 2^k m with m in [sqrt(1/2), sqrt 2), for finite x > 0, subnormal ones too. */
export function split<V, D>(
  { float, int, bits }: Operations<V, D>,
  bind: Bind<V>,
  x: V,
): { readonly k: V; readonly m: V } {
  const { number, sub, mul, less } = float
  const tiny = bind('tiny', less(x, number(2 ** -126)))
  const scaled = bind('scaled', bits.select(tiny, mul(x, number(2 ** 23)), x))
  const power = bind('power', int.shiftRight(int.sub(scaled, int.number(0x3f3504f3)), 23))
  const m = bind('m', int.sub(scaled, int.shiftLeft(power, 23)))
  return { k: bind('k', sub(float.ofInt(power), bits.and(tiny, number(23)))), m }
}

/**
 * log x = k ln 2 + log m. With f = m - 1, s = f / (2 + f), z = s^2: log m = 2 atanh s = 2 s + s R, R = z p(z), which
 * f - f^2 / 2 + s (f^2 / 2 + R) equals with less rounding (the splitting of the fdlibm library, Sun Microsystems 1993).
 */
export const log = define('log', 1, (operations, bind, x) => {
  const {
    float: { number, add, sub, mul, div, less, equal },
    bits: { or, select },
  } = operations
  const { k, m } = split(operations, bind, x)
  const f = bind('f', sub(m, number(1)))
  const s = bind('s', div(f, add(f, number(2))))
  const z = bind('z', mul(s, s))
  const square = bind('square', mul(mul(f, f), number(0.5)))
  const rest = mul(z, polynomial(operations.float, z, [0.66666776, 0.39977574, 0.29870936]))
  const small = sub(square, add(mul(s, add(square, rest)), mul(k, number(ln2[1]))))
  const result = sub(mul(k, number(ln2[0])), sub(small, f))
  const orInfinite = select(less(x, number(Infinity)), result, x)
  return or(select(equal(x, number(0)), number(-Infinity), orInfinite), less(x, number(0)))
})
