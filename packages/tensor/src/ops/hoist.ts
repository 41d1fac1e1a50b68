import { build } from '../build.js'
import { isPrimitive } from '../graph.js'
import type { Shape } from '../shape.js'
import type { Tensor } from '../tensor.js'

// A leading broadcast axis stays outside of an operation when the node is built: f(broadcast(x)) becomes
// broadcast(f(x)). So a constant image repeated over T steps is convolved once, and its weight gradient sums over T
// first.

/** What `x` repeats: the input of a broadcast, else `x` itself. */
function source(x: Tensor): Tensor {
  return isPrimitive(x.node, 'broadcast') ? x.node.inputs[0]! : x
}

/** How many leading axes of `shape` are mere repetition in every operand, once broadcast to `shape`. */
function repeatedAxes(operands: readonly Tensor[], shape: Shape, limit: number): number {
  let count = 0
  for (let axis = 0; axis < Math.min(limit, shape.length); axis++) {
    const repeated = operands.every((operand) => {
      const from = source(operand).shape
      return (from[axis - (shape.length - from.length)] ?? 1) === 1
    })
    if (!repeated) break
    if (shape[axis] !== 1) count = axis + 1
  }
  return count
}

/** `x` without its first axes, which only repeat; `rank` is that of the shape it is broadcast to. */
function strip(x: Tensor, axes: number, rank: number): Tensor {
  const from = source(x)
  const own = Math.max(0, axes - (rank - from.shape.length))
  const inner = own === 0 ? from : build('reshape', [from], { shape: from.shape.slice(own) })
  const shape = x.shape.slice(Math.max(0, axes - (rank - x.shape.length)))
  return repeatTo(inner, shape)
}

function repeatTo(x: Tensor, shape: Shape): Tensor {
  return x.shape.length === shape.length && x.shape.every((n, i) => n === shape[i])
    ? x
    : build('broadcast', [x], { shape })
}

/**
 * Builds `operation` on operands that broadcast to `shape`, with at most `limit` repeated leading axes left outside.
 */
export function hoistAll(
  operands: readonly Tensor[],
  shape: Shape,
  limit: number,
  operation: (operands: readonly Tensor[], shape: Shape) => Tensor,
): Tensor {
  const axes = repeatedAxes(operands, shape, limit)
  if (axes === 0) return operation(operands, shape)
  const result = operation(
    operands.map((x) => strip(x, axes, shape.length)),
    shape.slice(axes),
  )
  const outer = [...shape.slice(0, axes), ...result.shape]
  return build('broadcast', [source(result)], { shape: outer })
}

/** The same for one operand. */
export function hoist(x: Tensor, limit: number, operation: (x: Tensor) => Tensor): Tensor {
  return hoistAll([x], x.shape, limit, ([inner]) => operation(inner!))
}
