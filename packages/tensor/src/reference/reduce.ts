import type { Node } from '../graph.js'
import type { Inputs } from '../interpret.js'
import { sizeOf, stridesOf } from '../shape.js'
import { output, positions, rounded, type Value } from './value.js'

export function reduceSum([x]: Inputs<Value>, node: Node<'reduceSum'>): Value {
  return reduce(x, node, 0, (sum, element) => sum + element)
}

export function reduceMax([x]: Inputs<Value>, node: Node<'reduceMax'>): Value {
  return reduce(x, node, -Infinity, Math.max)
}

function reduce(
  x: Value,
  node: Node<'reduceSum' | 'reduceMax'>,
  start: number,
  fn: (total: number, element: number) => number,
): Value {
  const { axes } = node.attributes
  const { shape } = node.outputs[0]!
  const kept = stridesOf(shape)
  const strides = x.shape.map((_, axis) => (axes.includes(axis) ? 0 : kept.shift()!))
  const totals = new Float64Array(sizeOf(shape)).fill(start)
  positions(x.shape, strides).forEach((to, from) => (totals[to] = fn(totals[to]!, x.data[from]!)))
  return rounded(node, totals)
}

export function argmax([x]: Inputs<Value>, node: Node<'argmax'>): Value {
  const { axis } = node.attributes
  const out = output(node)
  const stride = stridesOf(x.shape)[axis]!
  const starts = positions(
    out.shape,
    stridesOf(x.shape).filter((_, i) => i !== axis),
  )
  starts.forEach((start, i) => {
    let best = 0
    for (let k = 1; k < x.shape[axis]!; k++) if (x.data[start + k * stride]! > x.data[start + best * stride]!) best = k
    out.data[i] = best
  })
  return out
}
