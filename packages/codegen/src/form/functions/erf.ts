import { exp } from './exp.js'
import { define, polynomial } from './operations.js'
import { odd } from './sign.js'

/** erf x = x + x p(x^2) for |x| < 0.8, elsewhere 1 - exp q(|x|), which is 1 from 4 on. */
export const erf = define('erf', 1, (operations, bind, x) => {
  const {
    float: { number, add, sub, mul, smaller, less },
    bits: { select },
    call,
  } = operations
  return odd(operations, bind, x, (a) => {
    const z = bind('z', mul(a, a))
    const p = polynomial(
      operations.float,
      z,
      [0.12837917, -0.37612602, 0.11283113, -0.026820807, 0.0050851307, -0.0006535236],
    )
    const inside = bind('inside', smaller(a, number(4)))
    const q = polynomial(
      operations.float,
      inside,
      [0.0001386153, -1.1293342, -0.6337266, -0.10784668, 0.024829434, -0.0040574092, 0.00041031864, -0.000018951325],
    )
    return select(less(a, number(0.8)), add(a, mul(a, p)), sub(number(1), call(exp, q)))
  })
})
