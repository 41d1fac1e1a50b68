import { f32x4, select } from '../vector.js'
import { define, f32, polynomial } from './define.js'
import { odd } from './sign.js'

const { add, sub, mul, div } = f32x4

/** pi / 2 in two parts. */
const [high, low] = [Math.fround(Math.PI / 2), Math.PI / 2 - Math.fround(Math.PI / 2)]

/** atan t = t + t z p(z) with z = t^2 for t in [0, 1]; atan x = pi / 2 - atan (1 / x) beyond. */
export const atan = define('atan', ['x'], (bind, x) =>
  odd(bind, x, (a) => {
    const beyond = bind('beyond', f32x4.gt(a, f32(1)))
    const t = bind('t', div(select(beyond, f32(1), a), select(beyond, a, f32(1))))
    const z = bind('z', mul(t, t))
    const p = polynomial(f32x4, z, [-0.33333153, 0.19993773, -0.14211056, 0.106660046, -0.07552215, 0.043211866, -0.01636793, 0.002920693].map(f32))
    const angle = bind('angle', add(t, mul(mul(t, z), p)))
    return select(beyond, sub(f32(high), sub(angle, f32(low))), angle)
  }),
)
