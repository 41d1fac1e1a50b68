import { f64x2 } from '../vector.js'
import { define } from './define.js'
import { demote, halves } from './halves.js'

const { sub, mul, div, floor } = f64x2

/** x - floor(x / y) y in float64: the numbers of the reference, also where x / y is large. */
export const mod = define('mod', ['x', 'y'], (bind, x, y) => demote(...halves(bind, [x, y], (_, x, y) => sub(x, mul(floor(div(x, y)), y)))))
