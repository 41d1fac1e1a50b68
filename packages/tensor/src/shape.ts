import { checkArrayLike, wrongArgument } from './check.js'
import { SnnError } from './error.js'

/** Sizes of the axes, outermost first; [] of a scalar. */
export type Shape = readonly number[]

/** Number of elements of a shape: the product of its sizes, 1 for a scalar `[]`. */
export function sizeOf(shape: Shape): number {
  checkArrayLike('sizeOf', shape, 'shape', 'sizes such as [2, 3]')
  let size = 1
  for (const n of shape) size *= n
  return size
}

/** Whether two shapes are equal. */
export function sameShape(a: Shape, b: Shape): boolean {
  checkArrayLike('sameShape', a, 'shape', 'sizes such as [2, 3]')
  checkArrayLike('sameShape', b, 'shape', 'sizes such as [2, 3]')
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** `[2,3]` as text, for errors. */
export function formatShape(shape: Shape): string {
  checkArrayLike('formatShape', shape, 'shape', 'sizes such as [2, 3]')
  return `[${shape.join(',')}]`
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  checkArrayLike('stridesOf', shape, 'shape', 'sizes such as [2, 3]')
  const strides = new Array<number>(shape.length)
  for (let i = shape.length - 1, step = 1; i >= 0; i--) {
    strides[i] = step
    step *= shape[i]!
  }
  return strides
}

/** `axis` counted from the front; negative ones count from the back. */
export function normalizeAxis(axis: number, rank: number, operation: string): number {
  const at = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(at) || at < 0 || at >= rank) {
    throw new SnnError('ARGUMENT', `[${operation}] axis ${axis} for rank ${rank}, expected ${-rank} to ${rank - 1}.`, {
      name: 'axis',
      value: axis,
    })
  }
  return at
}

/** The shape two shapes broadcast to: aligned at the back, sizes equal or 1. */
export function broadcastShapes(a: Shape, b: Shape, operation: string): number[] {
  for (const shape of [a, b]) checkArrayLike('broadcastShapes', shape, 'shape', 'sizes such as [2, 3]')
  const rank = Math.max(a.length, b.length)
  const out = new Array<number>(rank)
  for (let i = 1; i <= rank; i++) {
    const m = a[a.length - i] ?? 1
    const n = b[b.length - i] ?? 1
    if (m !== n && m !== 1 && n !== 1) {
      throw new SnnError(
        'SHAPE',
        `[${operation}] shapes ${formatShape(a)} and ${formatShape(b)} differ at axis -${i}: got ${m} and ${n}, expected equal sizes or 1. Reshape one of them.`,
        { shapes: [a, b] },
      )
    }
    out[rank - i] = m === 1 ? n : m
  }
  return out
}

/** Throws unless every size is a whole number of at least 0 and the product stays exact. */
export function checkShape(shape: Shape, operation: string): void {
  if (!Array.isArray(shape)) throw wrongArgument(operation, 'shape', shape, 'an array of sizes')
  if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0) || !Number.isSafeInteger(sizeOf(shape))) {
    throw new SnnError('SHAPE', `[${operation}] shape ${formatShape(shape)}, expected whole numbers of at least 0.`, {
      shapes: [shape],
    })
  }
}
