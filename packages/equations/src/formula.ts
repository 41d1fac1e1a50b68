// For those who read other programs as formulas, or formulas as something else.

export {
  apply,
  isNumber,
  isOperation,
  isSame,
  number,
  symbol,
  type Expression,
  type Operation,
  type Role,
} from './expression.js'
export { graphExpression } from './graph-expression.js'
export { printExpression } from './print-expression.js'
export { tidy } from './tidy.js'
export { derivative } from './neuron-formulas.js'
