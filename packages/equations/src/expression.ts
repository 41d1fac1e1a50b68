/** What a name stands for; the factors of a product stand in this order, after numbers. */
export type Role = 'parameter' | 'value' | 'derivative'

/** A formula: a name, a number, or an operation on formulas. */
export type Expression = { readonly symbol: string; readonly role: Role } | { readonly number: number } | Operation

export interface Operation {
  readonly operation: string
  readonly operands: readonly Expression[]
}

export const symbol = (name: string, role: Role = 'value'): Expression => ({ symbol: name, role })
export const number = (value: number): Expression => ({ number: value })
export const apply = (operation: string, ...operands: readonly Expression[]): Expression => ({ operation, operands })

export function isOperation(x: Expression, operation?: string): x is Operation {
  return 'operation' in x && (operation === undefined || x.operation === operation)
}

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
