import { asOneOperation, build } from '../build.js'
import { checkArray, checkFunction, checkTensor } from '../check.js'
import type { DType } from '../dtype.js'
import type { Primitive, Primitives } from '../primitive.js'
import { broadcastShapes, sameShape, type Shape } from '../shape.js'
import type { Operand, Tensor } from '../tensor.js'
import { hoistAll } from './hoist.js'
import { scalar } from './leaf.js'
import { broadcastTo } from './movement.js'

type Unary =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'round'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'atan'
  | 'erf'
  | 'not'
type Binary =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'mod'
  | 'minimum'
  | 'maximum'
  | 'less'
  | 'lessEqual'
  | 'equal'
  | 'and'
  | 'or'

/** A number becomes a scalar constant of the dtype of `like`. */
export function toTensor(value: Operand, like: Tensor): Tensor {
  if (typeof value === 'number') return scalar(value, like.dtype)
  checkTensor('tensor', value, 'an operand')
  return value
}

function elementwise<P extends Primitive>(
  primitive: P,
  operands: readonly Tensor[],
  attributes: Primitives[P],
): Tensor {
  const shape = operands
    .map((x) => x.shape)
    .reduce((a: Shape, b) => (sameShape(a, b) ? a : broadcastShapes(a, b, primitive)))
  return hoistAll(operands, shape, shape.length, (inner, innerShape) =>
    build(
      primitive,
      inner.map((x) => broadcastTo(x, innerShape)),
      attributes,
    ),
  )
}

export function unary(primitive: Unary, x: Tensor): Tensor {
  return elementwise(primitive, [x], {})
}

export function binary(primitive: Binary, x: Operand, y: Operand): Tensor {
  return asOneOperation(() => {
    if (typeof x !== 'number') return elementwise(primitive, [x, toTensor(y, x)], {})
    if (typeof y !== 'number') return elementwise(primitive, [scalar(x, y.dtype), y], {})
    return elementwise(primitive, [scalar(x), scalar(y)], {})
  })
}

export function cast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : elementwise('cast', [x], { dtype })
}

/** x where `condition` (bool) holds, else y. */
export function where(condition: Tensor, x: Operand, y: Operand): Tensor {
  checkTensor('where', condition, 'condition')
  if (typeof x !== 'number') checkTensor('where', x, 'x')
  if (typeof y !== 'number') checkTensor('where', y, 'y')
  const a = typeof x === 'number' ? (typeof y === 'number' ? scalar(x) : scalar(x, y.dtype)) : x
  return elementwise('select', [condition, a, toTensor(y, a)], {})
}

/** x, with no gradient. */
export function stopGradient(x: Tensor): Tensor {
  checkTensor('stopGradient', x, 'x')
  return build('stopGradient', [x], {})
}

/**
 * `value` whose gradient is what `rule` says: rule(cotangent of value, inputs) -> cotangent of each input (or null).
 * Nothing flows into `value` itself, so a spike is written as `customGradient(x.ge(0).cast('float32'), [x],
 * surrogate)`.
 */
export function customGradient(
  value: Tensor,
  inputs: readonly Tensor[],
  rule: Primitives['customGradient']['rule'],
): Tensor {
  checkArray('customGradient', inputs, 'inputs')
  checkFunction('customGradient', rule, 'rule')
  return build('customGradient', [value, ...inputs], { rule })
}
