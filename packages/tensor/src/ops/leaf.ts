import { createNode } from '../build.js'
import { allocate, type DType } from '../dtype.js'
import { SnnError } from '../error.js'
import type { Shape } from '../shape.js'
import { checkShape, normalizeAxis } from '../shape.js'
import { hostTensor, type TensorLike } from '../tensor-like.js'
import type { Tensor } from '../tensor.js'
import { currentScope } from '../trace.js'
import { build } from '../build.js'
import { checkObject, checkTensor } from '../check.js'
import { broadcastTo } from './movement.js'

/** A constant. The data are copied. */
export function tensor(
  value: TensorLike | number | readonly number[],
  options: { readonly dtype?: DType } = {},
): Tensor {
  checkObject('tensor', options)
  if (typeof value === 'number') return scalar(value, options.dtype)
  if (isNumbers(value)) {
    const dtype = options.dtype ?? 'float32'
    const data = allocate(dtype, value.length)
    data.set(value)
    return constant({ data, shape: [value.length], dtype })
  }
  const { data, shape, dtype } = hostTensor(value)
  return constant({ data: data.slice(), shape: [...shape], dtype })
}

function isNumbers(value: TensorLike | readonly number[]): value is readonly number[] {
  return Array.isArray(value)
}

/** A constant over data that nobody will change. */
export function constant(value: Required<TensorLike>): Tensor {
  return createNode('constant', [], value, [{ dtype: value.dtype, shape: value.shape }], null)[0]!
}

/** A number as a tensor of shape []. */
export function scalar(value: number, dtype: DType = 'float32'): Tensor {
  const data = allocate(dtype, 1)
  data[0] = value
  return constant({ data, shape: [], dtype })
}

/** One value everywhere. */
export function full(shape: Shape, value: number, options: { readonly dtype?: DType } = {}): Tensor {
  checkObject('full', options)
  checkShape(shape, 'full')
  return broadcastTo(scalar(value, options.dtype), shape)
}

/** Zeros of a shape. Default float32. */
export function zeros(shape: Shape, options: { readonly dtype?: DType } = {}): Tensor {
  return full(shape, 0, options)
}

/** Ones of a shape. Default float32. */
export function ones(shape: Shape, options: { readonly dtype?: DType } = {}): Tensor {
  return full(shape, 1, options)
}

/** out[.., i, ..] = i along `axis`; int32 unless told. */
export function iota(shape: Shape, axis: number, options: { readonly dtype?: DType } = {}): Tensor {
  checkObject('iota', options)
  checkShape(shape, 'iota')
  const dtype = options.dtype ?? 'int32'
  return createNode(
    'iota',
    [],
    { dtype, shape: [...shape], axis: normalizeAxis(axis, shape.length, 'iota') },
    [{ dtype, shape: [...shape] }],
    null,
  )[0]!
}

/** A value to be bound later: by `interpret`, or as an argument of a compiled function. */
export function placeholder(shape: Shape, dtype: DType = 'float32'): Tensor {
  checkShape(shape, 'placeholder')
  return createNode('placeholder', [], { dtype, shape: [...shape] }, [{ dtype, shape: [...shape] }], currentScope())[0]!
}

/** [..] of whole numbers -> [.., depth]: 1 where the last index equals the number, else 0. */
export function oneHot(indices: Tensor, depth: number, options: { readonly dtype?: DType } = {}): Tensor {
  checkTensor('oneHot', indices, 'indices')
  checkObject('oneHot', options)
  const shape = [...indices.shape, depth]
  return indices
    .cast('int32')
    .expandDims(-1)
    .eq(iota(shape, -1))
    .cast(options.dtype ?? 'float32')
}

/**
 * Uniform random numbers in [0, 1), float32, from the counter-based generator Philox4x32-10 (Salmon et al., SC 2011):
 * the same on every backend. Same `seed`, `stream` and `offset` give the same numbers; give `offset` (an int32 scalar)
 * a new value, from a Variable or the step index, for new ones.
 */
export function uniform(
  shape: Shape,
  options: { readonly seed?: number; readonly stream?: number; readonly offset?: Tensor | number } = {},
): Tensor {
  checkObject('uniform', options)
  const { seed = 0, stream = 0, offset = 0 } = options
  checkShape(shape, 'uniform')
  for (const [name, value] of [
    ['seed', seed],
    ['stream', stream],
  ] as const) {
    if (!Number.isSafeInteger(value))
      throw new SnnError('ARGUMENT', `[uniform] ${name} ${value}, expected a whole number.`, { name, value })
  }
  const at = typeof offset === 'number' ? scalar(offset, 'int32') : offset
  return build('random', [at], { shape: [...shape], key: [seed | 0, stream | 0] })
}

/** Standard normal random numbers by the Box-Muller transform of two uniforms; options as in `uniform`. */
export function normal(
  shape: Shape,
  options: { readonly seed?: number; readonly stream?: number; readonly offset?: Tensor | number } = {},
): Tensor {
  checkShape(shape, 'normal')
  checkObject('normal', options)
  const u = uniform([2, ...shape], options)
  const radius = u.at(0, 0).neg().add(1).log().mul(-2).sqrt()
  return radius.mul(
    u
      .at(0, 1)
      .mul(2 * Math.PI)
      .cos(),
  )
}
