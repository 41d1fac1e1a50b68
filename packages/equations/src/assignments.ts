import { isOperation, type Expression, type Operation } from './expression.js'
import { printExpression } from './print-expression.js'
import { withoutSign } from './product.js'

/** `=` names a value, `←` changes a quantity that has one, `+=` and `-=` add to one. */
export type Relation = '=' | '←' | '+=' | '-='

/** A quantity and the formula for its value. */
export interface Equation {
  readonly name: string
  readonly relation: Relation
  readonly value: Expression
}

/** The same as text. */
export interface Assignment {
  readonly name: string
  readonly relation: Relation
  readonly formula: string
}

/** Shorter parts are written out wherever they occur. */
const longest = 20

/**
 * Equations as text, all of their right sides taken before any left side changes. What occurs more than once comes
 * first: the new value of v as v', other long parts as p1, p2, ..
 */
export function assignments(equations: readonly Equation[]): Assignment[] {
  const idOf = numbering()
  const uses = new Map<number, number>()
  const order: Operation[] = []
  const visit = (x: Expression): void => {
    if (!isOperation(x)) return
    const before = uses.get(idOf(x)) ?? 0
    uses.set(idOf(x), before + 1)
    if (before > 0) return
    x.operands.forEach(visit)
    order.push(x)
  }
  equations.forEach(({ value }) => visit(value))

  const changed = new Map(
    equations.flatMap(({ name, relation, value }) =>
      relation === '←' && isOperation(value) ? [[idOf(value), `${name}'`] as const] : [],
    ),
  )
  const names = new Map<number, string>()
  const nameOf = (x: Expression): string | undefined => names.get(idOf(x))
  let parts = 0
  const shared = order.flatMap((x): Assignment[] => {
    const formula = printExpression(x, nameOf)
    const id = idOf(x)
    if (uses.get(id)! < 2 || (formula.length <= longest && !changed.has(id))) return []
    const name = changed.get(id) ?? `p${++parts}`
    names.set(id, name)
    return [{ name, relation: '=', formula }]
  })
  const own = equations.map(({ name, relation, value }): Assignment => {
    const { isNegative, rest } = withoutSign(value)
    return relation === '+=' && isNegative
      ? { name, relation: '-=', formula: printExpression(rest, nameOf) }
      : { name, relation, formula: printExpression(value, nameOf) }
  })
  return [...shared, ...own]
}

/** Numbers formulas, equal ones alike. */
function numbering(): (x: Expression) => number {
  const known = new WeakMap<Expression, number>()
  const ids = new Map<string, number>()
  const idOf = (x: Expression): number => {
    const before = known.get(x)
    if (before !== undefined) return before
    const key = isOperation(x)
      ? `${x.operation} ${x.operands.map(idOf).join(' ')}`
      : JSON.stringify('symbol' in x ? x.symbol : [x.number])
    const id = ids.get(key) ?? ids.size
    ids.set(key, id)
    known.set(x, id)
    return id
  }
  return idOf
}
