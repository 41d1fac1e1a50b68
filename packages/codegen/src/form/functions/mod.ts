import { define } from './operations.js'

/** x - floor(x / y) y in float64: the numbers of the reference, also where x / y is large. */
export const mod = define('mod', 2, ({ double: { sub, mul, div, floor }, inDouble }, _, x, y) =>
  inDouble([x, y], (_, x, y) => [sub(x, mul(floor(div(x, y)), y))]).toFloat(0),
)
