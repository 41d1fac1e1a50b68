import { build } from '../build.js'
import { checkArray, checkTensor, wrongArgument } from '../check.js'
import { SnnError } from '../error.js'
import { isPrimitive } from '../graph.js'
import type { Padding } from '../primitive.js'
import { formatShape, normalizeAxis, sameShape, sizeOf, type Shape } from '../shape.js'
import type { Tensor } from '../tensor.js'
import { hoist } from './hoist.js'

export function reshape(x: Tensor, target: Shape): Tensor {
  checkArray('reshape', target, 'shape')
  const shape = inferSize(x.shape, target)
  if (sameShape(shape, x.shape)) return x
  let kept = 0
  while (kept < shape.length && kept < x.shape.length && shape[kept] === x.shape[kept]) kept++
  return hoist(x, kept, (inner) => {
    const from = isPrimitive(inner.node, 'reshape') ? inner.node.inputs[0]! : inner
    return build('reshape', [from], { shape: shape.slice(x.shape.length - inner.shape.length) })
  })
}

function inferSize(from: Shape, target: Shape): Shape {
  const unknown = target.indexOf(-1)
  if (unknown < 0) return [...target]
  const known = target.reduce((size, n, i) => (i === unknown ? size : size * n), 1)
  const size = sizeOf(from) / known
  if (!Number.isInteger(size) || target.lastIndexOf(-1) !== unknown) {
    throw new SnnError(
      'SHAPE',
      `[reshape] ${formatShape(from)} to ${formatShape(target)}, expected one -1 and a product that divides ${sizeOf(from)}.`,
      { shapes: [from, target] },
    )
  }
  return target.map((n, i) => (i === unknown ? size : n))
}

export function flatten(x: Tensor, from = 1): Tensor {
  return reshape(x, [...x.shape.slice(0, from), sizeOf(x.shape.slice(from))])
}

export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  const rank = x.shape.length
  const order = permutation ?? [...Array(rank).keys()].map((axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis))
  const axes = order.map((axis) => normalizeAxis(axis, rank, 'transpose'))
  if (axes.length === rank && axes.every((axis, i) => axis === i)) return x
  let fixed = 0
  while (axes[fixed] === fixed) fixed++
  return hoist(x, fixed, (inner) => {
    const dropped = rank - inner.shape.length
    return build('transpose', [inner], { permutation: axes.slice(dropped).map((axis) => axis - dropped) })
  })
}

/** x repeated along the axes where its size is 1, or that it lacks in front, as far as `shape` goes. Throws `SHAPE`. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  checkTensor('broadcastTo', x, 'x')
  checkArray('broadcastTo', shape, 'shape')
  if (sameShape(x.shape, shape)) return x
  const from = isPrimitive(x.node, 'broadcast') ? x.node.inputs[0]! : x
  return build('broadcast', [x.shape.length <= shape.length ? from : x], { shape: [...shape] })
}

/** `x` for T steps: [..] -> [T, ..]. Costs nothing; what follows runs once where it does not depend on the step. */
export function repeat(x: Tensor, T: number): Tensor {
  checkTensor('repeat', x, 'x')
  if (!Number.isSafeInteger(T) || T < 1) throw wrongArgument('repeat', 'T', T, 'a whole number of steps of at least 1')
  return broadcastTo(x.expandDims(0), [T, ...x.shape])
}

export function slice(x: Tensor, axis: number, start: number, end?: number, step = 1): Tensor {
  const at = normalizeAxis(axis, x.shape.length, 'slice')
  const size = x.shape[at]!
  const clamp = (n: number): number => Math.min(Math.max(n < 0 ? n + size : n, 0), size)
  const low = clamp(start)
  const high = Math.max(low, clamp(end ?? size))
  if (low === 0 && high === size && step === 1) return x
  return build('slice', [x], {
    start: x.shape.map((_, i) => (i === at ? low : 0)),
    end: x.shape.map((n, i) => (i === at ? high : n)),
    step: x.shape.map((_, i) => (i === at ? step : 1)),
  })
}

export function at(x: Tensor, axis: number, index: number): Tensor {
  const where = normalizeAxis(axis, x.shape.length, 'at')
  const i = normalizeAxis(index, x.shape[where]!, 'at')
  return squeeze(slice(x, where, i, i + 1), where)
}

export function pad(x: Tensor, padding: readonly Padding[], value = 0): Tensor {
  if (padding.every(([low, high]) => low === 0 && high === 0)) return x
  return build('pad', [x], {
    padding: padding.map(([low, high]) => [low, high] as const),
    interior: padding.map(() => 0),
    value,
  })
}

export function expandDims(x: Tensor, axis: number): Tensor {
  const where = normalizeAxis(axis, x.shape.length + 1, 'expandDims')
  return reshape(x, [...x.shape.slice(0, where), 1, ...x.shape.slice(where)])
}

export function squeeze(x: Tensor, axis: number): Tensor {
  const where = normalizeAxis(axis, x.shape.length, 'squeeze')
  if (x.shape[where] !== 1) {
    throw new SnnError(
      'SHAPE',
      `[squeeze] axis ${axis} of ${formatShape(x.shape)} has size ${x.shape[where]}, expected 1.`,
      { shapes: [x.shape] },
    )
  }
  return reshape(x, [...x.shape.slice(0, where), ...x.shape.slice(where + 1)])
}

/** Joins tensors along an existing axis. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  checkArray('concat', tensors, 'tensors', 'an array of Tensors')
  for (const x of tensors) checkTensor('concat', x, 'one of the tensors')
  if (tensors.length === 0)
    throw new SnnError('ARGUMENT', '[concat] no tensors, expected at least one.', { name: 'tensors', value: [] })
  return tensors.length === 1
    ? tensors[0]!
    : build('concat', tensors, { axis: normalizeAxis(axis, tensors[0]!.shape.length, 'concat') })
}

/** Joins tensors along a new axis. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  checkArray('stack', tensors, 'tensors', 'an array of Tensors')
  for (const x of tensors) checkTensor('stack', x, 'one of the tensors')
  return concat(
    tensors.map((x) => expandDims(x, axis)),
    axis,
  )
}

/** out[.., i, ..] = x[.., indices[.., i, ..], ..] along `axis`; `indices` is int32 [.., n, ..], as x off the axis. */
export function gather(x: Tensor, indices: Tensor, axis: number): Tensor {
  checkTensor('gather', x, 'x')
  checkTensor('gather', indices, 'indices')
  return build('gather', [x, indices], { axis: normalizeAxis(axis, x.shape.length, 'gather') })
}

/** Zeros of `size` along `axis`, plus each update at its index: the transpose of gather. */
export function scatterAdd(indices: Tensor, updates: Tensor, axis: number, size: number): Tensor {
  checkTensor('scatterAdd', indices, 'indices')
  checkTensor('scatterAdd', updates, 'updates')
  return build('scatterAdd', [indices, updates], {
    axis: normalizeAxis(axis, updates.shape.length, 'scatterAdd'),
    size,
  })
}

/** Whole slices of `x` along `axis` at `indices` [n]: out[.., i, ..] = x[.., indices[i], ..]. */
export function take(x: Tensor, indices: Tensor, axis: number): Tensor {
  checkTensor('take', x, 'x')
  checkTensor('take', indices, 'indices')
  const where = normalizeAxis(axis, x.shape.length, 'take')
  const shape = x.shape.map((n, i) => (i === where ? indices.shape[0]! : n))
  const column = reshape(
    indices,
    shape.map((n, i) => (i === where ? n : 1)),
  )
  return gather(x, broadcastTo(column, shape), where)
}
