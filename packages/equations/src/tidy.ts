import { apply, isNumber, isOperation, number, type Expression } from './expression.js'
import { product, withoutSign } from './product.js'

type Rule = (x: Expression, y: Expression) => Expression

const negate = (x: Expression): Expression =>
  isOperation(x, 'sub') ? subtract(x.operands[1]!, x.operands[0]!) : product(number(-1), x)

const add: Rule = (x, y) => {
  if (isNumber(x, 0)) return y
  if (isNumber(y, 0)) return x
  if ('number' in x && 'number' in y) return number(x.number + y.number)
  const [left, right] = [withoutSign(x), withoutSign(y)]
  if (left.isNegative && right.isNegative) return negate(add(left.rest, right.rest))
  if (right.isNegative) return subtract(x, right.rest)
  if (left.isNegative) return subtract(y, left.rest)
  // 1 + x^2, but v + 40
  return 'number' in y && isOperation(x) ? apply('add', y, x) : apply('add', x, y)
}

const subtract: Rule = (x, y) => {
  if (isNumber(y, 0)) return x
  if (isNumber(x, 0)) return negate(y)
  const right = withoutSign(y)
  return right.isNegative ? add(x, right.rest) : apply('sub', x, y)
}

const multiply: Rule = (x, y) => logistic(x, y) ?? logistic(y, x) ?? product(x, y)

/** 0.5 (1 + tanh(0.5 x)), which is how the logistic function is computed. */
function logistic(x: Expression, y: Expression): Expression | undefined {
  if (!isNumber(x, 0.5) || !isOperation(y, 'add') || !isNumber(y.operands[0]!, 1)) return undefined
  const tanh = y.operands[1]!
  return isOperation(tanh, 'tanh') ? apply('sigmoid', product(number(2), tanh.operands[0]!)) : undefined
}

const opposite: Readonly<Record<string, string>> = {
  less: 'greaterEqual',
  lessEqual: 'greater',
  greater: 'lessEqual',
  greaterEqual: 'less',
}

/** A number or a parameter stands on the right: 0 <= u is u >= 0. */
function comparison(operation: string, turned: string): Rule {
  const isFixed = (x: Expression): boolean => 'number' in x || ('symbol' in x && x.role === 'parameter')
  return (x, y) => (isFixed(x) && !isFixed(y) ? apply(turned, y, x) : apply(operation, x, y))
}

const rules: Readonly<Record<string, Rule>> = {
  add,
  sub: subtract,
  mul: multiply,
  div: (x, y) => product(x, y, -1),
  neg: negate,
  pow: (x, y) => (isNumber(y, 1) ? x : apply('power', x, y)),
  not: (x) =>
    isOperation(x) && x.operation in opposite ? apply(opposite[x.operation]!, ...x.operands) : apply('not', x),
  less: comparison('less', 'greater'),
  lessEqual: comparison('lessEqual', 'greaterEqual'),
}

/** An operation as one would write it by hand; what the rules give is equal but for rounding. */
export function tidy(operation: string, operands: readonly Expression[]): Expression {
  const rule = rules[operation]
  return rule ? rule(operands[0]!, operands[1] ?? operands[0]!) : apply(operation, ...operands)
}
