import { allocate } from '../dtype.js'
import type { Node } from '../graph.js'
import { sizeOf, type Shape } from '../shape.js'
import type { TensorLike } from '../tensor-like.js'

/** A host array in row-major order. Kernels never write to their inputs, so values may share data. */
export type Value = Required<TensorLike>

/** Zeros with the dtype and shape of the node's output. */
export function output(node: Node): Value {
  const { dtype, shape } = node.outputs[0]!
  return { data: allocate(dtype, sizeOf(shape)), shape, dtype }
}

/** The node's output holding `data`, rounded to its dtype. */
export function rounded(node: Node, data: ArrayLike<number>): Value {
  const out = output(node)
  out.data.set(data)
  return out
}

/**
 * For each element of `shape` in row-major order: `offset` + the sum of index times stride over the axes. With it every
 * movement and reduction is one loop: element i of one side is element positions[i] of the other.
 */
export function positions(shape: Shape, strides: readonly number[], offset = 0): Int32Array {
  const out = new Int32Array(sizeOf(shape))
  if (out.length === 0) return out
  out[0] = offset
  let filled = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    for (let k = 1; k < shape[axis]!; k++) {
      for (let i = 0; i < filled; i++) out[k * filled + i] = out[i]! + k * strides[axis]!
    }
    filled *= shape[axis]!
  }
  return out
}

/** Strides with which `shape` is read when it is broadcast to `rank` axes: 0 where it repeats. */
export function broadcastStrides(shape: Shape, strides: readonly number[], rank: number): number[] {
  const missing = rank - shape.length
  return Array.from({ length: rank }, (_, axis) =>
    axis < missing || shape[axis - missing] === 1 ? 0 : strides[axis - missing]!,
  )
}
