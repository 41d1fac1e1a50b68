import { exp } from './exp.js'
import { define, polynomial } from './operations.js'
import { odd } from './sign.js'

/** With z = x^2: tanh x = x + x z p(z) for |x| < 0.55, elsewhere 1 - 2 / (exp 2x + 1). */
export const tanh = define('tanh', 1, (operations, bind, x) => {
  const {
    float: { number, add, sub, mul, div, less },
    bits: { select },
    call,
  } = operations
  return odd(operations, bind, x, (a) => {
    const z = bind('z', mul(a, a))
    const p = polynomial(operations.float, z, [-0.33333316, 0.13332586, -0.05385231, 0.02107168, -0.0062742396])
    const large = sub(number(1), div(number(2), add(call(exp, add(a, a)), number(1))))
    return select(less(a, number(0.55)), add(a, mul(mul(a, z), p)), large)
  })
})
