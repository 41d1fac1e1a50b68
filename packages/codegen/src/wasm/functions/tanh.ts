import { call } from '../instruction.js'
import { f32x4, select } from '../vector.js'
import { define, f32, polynomial } from './define.js'
import { exp } from './exp.js'
import { odd } from './sign.js'

const { add, sub, mul, div } = f32x4

/** With z = x^2: tanh x = x + x z p(z) for |x| < 0.55, elsewhere 1 - 2 / (exp 2x + 1). */
export const tanh = define('tanh', ['x'], (bind, x) =>
  odd(bind, x, (a) => {
    const z = bind('z', mul(a, a))
    const p = polynomial(f32x4, z, [-0.33333316, 0.13332586, -0.05385231, 0.02107168, -0.0062742396].map(f32))
    const large = sub(f32(1), div(f32(2), add(call(exp, add(a, a)), f32(1))))
    return select(f32x4.lt(a, f32(0.55)), add(a, mul(mul(a, z), p)), large)
  }),
)
