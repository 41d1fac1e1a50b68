import { call } from '../instruction.js'
import { f32x4, select } from '../vector.js'
import { define, f32, polynomial } from './define.js'
import { exp } from './exp.js'
import { odd } from './sign.js'

const { add, sub, mul, pmin } = f32x4

/** erf x = x + x p(x^2) for |x| < 0.8, elsewhere 1 - exp q(|x|), which is 1 from 4 on. */
export const erf = define('erf', ['x'], (bind, x) =>
  odd(bind, x, (a) => {
    const z = bind('z', mul(a, a))
    const p = polynomial(f32x4, z, [0.12837917, -0.37612602, 0.11283113, -0.026820807, 0.0050851307, -0.0006535236].map(f32))
    const inside = bind('inside', pmin(a, f32(4)))
    const q = polynomial(f32x4, inside, [0.0001386153, -1.1293342, -0.6337266, -0.10784668, 0.024829434, -0.0040574092, 0.00041031864, -0.000018951325].map(f32))
    return select(f32x4.lt(a, f32(0.8)), add(a, mul(a, p)), sub(f32(1), call(exp, q)))
  }),
)
