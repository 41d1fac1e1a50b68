import { define, polynomial } from './operations.js'
import { odd } from './sign.js'

/** pi / 2 in two parts. */
const [high, low] = [Math.fround(Math.PI / 2), Math.PI / 2 - Math.fround(Math.PI / 2)]

/** atan t = t + t z p(z) with z = t^2 for t in [0, 1]; atan x = pi / 2 - atan (1 / x) beyond. */
export const atan = define('atan', 1, (operations, bind, x) => {
  const {
    float: { number, add, sub, mul, div, greater },
    bits: { select },
  } = operations
  return odd(operations, bind, x, (a) => {
    const beyond = bind('beyond', greater(a, number(1)))
    const t = bind('t', div(select(beyond, number(1), a), select(beyond, a, number(1))))
    const z = bind('z', mul(t, t))
    const p = polynomial(
      operations.float,
      z,
      [-0.33333153, 0.19993773, -0.14211056, 0.106660046, -0.07552215, 0.043211866, -0.01636793, 0.002920693],
    )
    const angle = bind('angle', add(t, mul(mul(t, z), p)))
    return select(beyond, sub(number(high), sub(angle, number(low))), angle)
  })
})
