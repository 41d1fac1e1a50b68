/** What a name stands for; the factors of a product stand in this order, after numbers. */
export type Role = 'parameter' | 'value' | 'derivative'

/** A formula: a name, a number, or an operation on formulas. */
export type Expression = { readonly symbol: string; readonly role: Role } | { readonly number: number } | Operation

/** An operation on expressions, by the name of the primitive. */
export interface Operation {
  readonly operation: string
  readonly operands: readonly Expression[]
}

/** A name as an expression: a parameter, a derivative of the loss, or any other value (default), by its role. */
export const symbol = (name: string, role: Role = 'value'): Expression => ({ symbol: name, role })
/** A number as an expression. */
export const number = (value: number): Expression => ({ number: value })
/** An operation of expressions. */
export const apply = (operation: string, ...operands: readonly Expression[]): Expression => ({ operation, operands })

/** Whether an expression is an operation, of this name where one is given. */
export function isOperation(x: Expression, operation?: string): x is Operation {
  return 'operation' in x && (operation === undefined || x.operation === operation)
}

/** Whether an expression is this number. */
export function isNumber(x: Expression, value: number): boolean {
  return 'number' in x && x.number === value
}

/** Whether two formulas are written alike. */
export function isSame(x: Expression, y: Expression): boolean {
  if (x === y) return true
  if ('symbol' in x) return 'symbol' in y && x.symbol === y.symbol
  if ('number' in x) return 'number' in y && x.number === y.number
  return (
    isOperation(y, x.operation) &&
    x.operands.length === y.operands.length &&
    x.operands.every((operand, i) => isSame(operand, y.operands[i]!))
  )
}
