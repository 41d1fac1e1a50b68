import { build } from '../build.js'
import { normalizeAxis, sizeOf } from '../shape.js'
import type { Tensor } from '../tensor.js'
import { reshape } from './movement.js'

type Axes = number | readonly number[] | undefined
type Options = { readonly keepDims?: boolean } | undefined

function reduce(primitive: 'reduceSum' | 'reduceMax', x: Tensor, axes: Axes, options: Options): Tensor {
  const rank = x.shape.length
  const list = axes === undefined ? [...Array(rank).keys()] : typeof axes === 'number' ? [axes] : axes
  const sorted = [...new Set(list.map((axis) => normalizeAxis(axis, rank, primitive)))].sort((a, b) => a - b)
  const result = sorted.length === 0 ? x : build(primitive, [x], { axes: sorted })
  return options?.keepDims
    ? reshape(
        result,
        x.shape.map((n, i) => (sorted.includes(i) ? 1 : n)),
      )
    : result
}

export function sum(x: Tensor, axes: Axes, options: Options): Tensor {
  return reduce('reduceSum', x, axes, options)
}

export function max(x: Tensor, axes: Axes, options: Options): Tensor {
  return reduce('reduceMax', x, axes, options)
}

export function mean(x: Tensor, axes: Axes, options: Options): Tensor {
  const result = sum(x, axes, options)
  return result.mul(sizeOf(result.shape) / sizeOf(x.shape))
}

export function argmax(x: Tensor, axis: number): Tensor {
  return build('argmax', [x], { axis: normalizeAxis(axis, x.shape.length, 'argmax') })
}
