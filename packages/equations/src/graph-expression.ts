import type { Tensor } from '@snn/tensor'
import { isPrimitive, type Node } from '@snn/tensor/backend'
import { apply, number, symbol, type Expression } from './expression.js'
import { tidy } from './tidy.js'

/** What only moves numbers or gradients: it is not written. */
const silent: ReadonlySet<string> = new Set(['reshape', 'broadcast', 'stopGradient', 'customGradient'])
const shownNumbers = 4

/**
 * The formula of a traced tensor; `names` has the symbols of tensors that are given. Variables are parameters, by the
 * last part of their names.
 */
export function graphExpression(names: ReadonlyMap<Tensor, Expression>): (tensor: Tensor) => Expression {
  const known = new Map<Tensor, Expression>()
  const of = (tensor: Tensor): Expression => {
    const before = known.get(tensor)
    if (before) return before
    const name = names.get(tensor)
    const made = name ?? ofNode(tensor.node)
    known.set(tensor, made)
    return made
  }
  const ofNode = (node: Node): Expression => {
    if (isPrimitive(node, 'constant')) return ofNumbers([...node.attributes.data])
    if (isPrimitive(node, 'read')) return symbol(node.attributes.variable.name.split('.').at(-1)!, 'parameter')
    const isSilent = silent.has(node.primitive) || (isPrimitive(node, 'reduceSum') && node.attributes.axes.length === 0)
    if (isSilent) return of(node.inputs[0]!)
    if (isPrimitive(node, 'cast') && node.inputs[0]!.dtype !== 'bool') return of(node.inputs[0]!)
    return tidy(node.primitive, node.inputs.map(of))
  }
  return of
}

function ofNumbers(data: readonly number[]): Expression {
  if (data.length === 1) return number(data[0]!)
  const shown = data.slice(0, shownNumbers).map(number)
  return apply('table', ...shown, ...(data.length > shown.length ? [symbol(`.. ${data.length} numbers`)] : []))
}
