import type { Node } from '../graph.js'
import type { Inputs } from '../interpret.js'
import { binaryOn, castTo, unary, type Binary, type Unary } from './scalar.js'
import { output, type Value } from './value.js'

export const unaryKernel =
  (primitive: Unary) =>
  ([x]: Inputs<Value>, node: Node): Value =>
    map(x, node, unary[primitive])

export const binaryKernel =
  (primitive: Binary) =>
  ([x, y]: Inputs<Value>, node: Node): Value => {
    const out = output(node)
    const fn = binaryOn(primitive, x.dtype)
    for (let i = 0; i < out.data.length; i++) out.data[i] = fn(x.data[i]!, y.data[i]!)
    return out
  }

export function select([condition, x, y]: Inputs<Value>, node: Node): Value {
  const out = output(node)
  for (let i = 0; i < out.data.length; i++) out.data[i] = condition.data[i] ? x.data[i]! : y.data[i]!
  return out
}

export function cast([x]: Inputs<Value>, node: Node<'cast'>): Value {
  return map(x, node, castTo(node.attributes.dtype))
}

export function same([x]: Inputs<Value>): Value {
  return x
}

function map(x: Value, node: Node, fn: (x: number) => number): Value {
  const out = output(node)
  for (let i = 0; i < out.data.length; i++) out.data[i] = fn(x.data[i]!)
  return out
}
