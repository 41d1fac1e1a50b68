import { SnnError } from '../error.js'
import type { Node } from '../graph.js'
import type { Inputs } from '../interpret.js'
import { sizeOf, stridesOf } from '../shape.js'
import { broadcastStrides, output, positions, rounded, type Value } from './value.js'

export function iota(_: Inputs<Value>, node: Node<'iota'>): Value {
  const { axis, shape } = node.attributes
  return rounded(
    node,
    positions(
      shape,
      shape.map((_, i) => Number(i === axis)),
    ),
  )
}

export function reshape([x]: Inputs<Value>, node: Node<'reshape'>): Value {
  return { ...x, shape: node.attributes.shape }
}

export function transpose([x]: Inputs<Value>, node: Node<'transpose'>): Value {
  const strides = stridesOf(x.shape)
  return read(
    x,
    node,
    node.attributes.permutation.map((axis) => strides[axis]!),
  )
}

export function broadcast([x]: Inputs<Value>, node: Node<'broadcast'>): Value {
  return read(x, node, broadcastStrides(x.shape, stridesOf(x.shape), node.attributes.shape.length))
}

export function slice([x]: Inputs<Value>, node: Node<'slice'>): Value {
  const { start, step } = node.attributes
  const strides = stridesOf(x.shape)
  const offset = strides.reduce((sum, stride, axis) => sum + stride * start[axis]!, 0)
  return read(
    x,
    node,
    strides.map((stride, axis) => stride * step[axis]!),
    offset,
  )
}

/** out[i] = x[offset + i . strides] */
function read(x: Value, node: Node, strides: readonly number[], offset = 0): Value {
  const out = output(node)
  positions(out.shape, strides, offset).forEach((from, to) => (out.data[to] = x.data[from]!))
  return out
}

export function pad([x]: Inputs<Value>, node: Node<'pad'>): Value {
  const { padding, interior, value } = node.attributes
  const out = output(node)
  out.data.fill(value)
  const strides = stridesOf(out.shape)
  const offset = strides.reduce((sum, stride, axis) => sum + stride * padding[axis]![0], 0)
  const spread = strides.map((stride, axis) => stride * (interior[axis]! + 1))
  positions(x.shape, spread, offset).forEach((to, from) => (out.data[to] = x.data[from]!))
  return out
}

export function concat(inputs: readonly Value[], node: Node<'concat'>): Value {
  const out = output(node)
  const strides = stridesOf(out.shape)
  let offset = 0
  for (const x of inputs) {
    positions(x.shape, strides, offset).forEach((to, from) => (out.data[to] = x.data[from]!))
    offset += x.shape[node.attributes.axis]! * strides[node.attributes.axis]!
  }
  return out
}

export function gather([x, indices]: Inputs<Value>, node: Node<'gather'>): Value {
  const out = output(node)
  const from = indexed(indices, x.shape, node.attributes.axis, node)
  from.forEach((from, to) => (out.data[to] = x.data[from]!))
  return out
}

export function scatterAdd([indices, updates]: Inputs<Value>, node: Node<'scatterAdd'>): Value {
  const { shape } = node.outputs[0]!
  const totals = new Float64Array(sizeOf(shape))
  const to = indexed(indices, shape, node.attributes.axis, node)
  to.forEach((to, from) => (totals[to] = totals[to]! + updates.data[from]!))
  return rounded(node, totals)
}

/** For each index: the position in `shape` of the element that it names along `axis`. */
function indexed(indices: Value, shape: readonly number[], axis: number, node: Node): Int32Array {
  const size = shape[axis]!
  const stride = stridesOf(shape)[axis]!
  return positions(
    indices.shape,
    stridesOf(shape).map((stride, i) => (i === axis ? 0 : stride)),
  ).map((start, i) => {
    const index = indices.data[i]!
    if (index < 0 || index >= size) {
      throw new SnnError(
        'ARGUMENT',
        `[${node.primitive}] index ${index} at ${node.place}, expected 0 to ${size - 1} along axis ${axis}.`,
        { name: 'indices', value: index },
      )
    }
    return start + index * stride
  })
}
