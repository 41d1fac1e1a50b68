import { averagePool, take, tensor, type Tensor } from '@snn/tensor'
import { checkSampleRank, checkSize, sampleAxis } from '../axes.js'
import { defineLayer, type Context } from '../layer.js'

/** Sizes and places of the spatial axes of x [.., C, spatial]. */
function spatialOf(x: Tensor, { lead }: Context): { readonly sizes: readonly number[]; readonly first: number } {
  return { sizes: x.shape.slice(lead + 1), first: lead + 1 }
}

export interface UpsampleConfig {
  /** Factor of each spatial axis, or one for all. */
  readonly scale: number | readonly number[]
  /** `linear` is bilinear over two axes. */
  readonly mode: 'nearest' | 'linear'
  /** Whether the first and last values stay where they are. Linear only. */
  readonly alignCorners: boolean
}

/**
 * Each spatial axis stretched to floor(size scale), axis by axis. Place i of the result lies at
 *
 *   nearest  floor(i / scale)
 *   linear   max(0, (i + 1/2) / scale - 1/2), or i (size - 1) / (size' - 1) with `alignCorners`, between two neighbours
 */
export const upsampleLayer = defineLayer<UpsampleConfig, 'upsample'>(
  'upsample',
  ([x], { scale, mode, alignCorners }, _, context) => {
    const { sizes, first } = spatialOf(x, context)
    checkSampleRank('upsample', x, typeof scale === 'number' ? [2, 3, 4] : scale.length + 1, context)
    return sizes.reduce((y, size, axis) => {
      const factor = typeof scale === 'number' ? scale : scale[axis]!
      const length = Math.floor(size * factor)
      const at = (place: (i: number) => number): Tensor =>
        take(
          y,
          tensor(
            Array.from({ length }, (_, i) => place(i)),
            { dtype: 'int32' },
          ),
          first + axis,
        )
      if (mode === 'nearest') return at((i) => Math.min(size - 1, Math.floor(i / factor)))
      const source = (i: number): number =>
        alignCorners ? (length === 1 ? 0 : (i * (size - 1)) / (length - 1)) : Math.max(0, (i + 0.5) / factor - 0.5)
      const low = (i: number): number => Math.min(size - 1, Math.floor(source(i)))
      const shares = tensor(
        Array.from({ length }, (_, i) => source(i) - low(i)),
        { dtype: x.dtype },
      ).reshape([length, ...sizes.slice(axis + 1).map(() => 1)])
      const [before, behind] = [at(low), at((i) => Math.min(size - 1, low(i) + 1))]
      return before.add(behind.sub(before).mul(shares))
    }, x)
  },
)

/**
 * Mean over windows that cover each spatial axis to give `size` values: window i from floor(i n / size) to ceil((i + 1)
 * n / size), as in PyTorch. x [.., C, spatial] -> [.., C, size].
 */
export const adaptiveAveragePoolLayer = defineLayer<{ readonly size: readonly number[] }, 'adaptiveAveragePool'>(
  'adaptiveAveragePool',
  ([x], { size }, _, context) => {
    checkSampleRank('adaptiveAveragePool', x, size.length + 1, context)
    const { sizes, first } = spatialOf(x, context)
    const windows = sizes.map((n, i) => n / size[i]!)
    if (windows.every(Number.isInteger)) return averagePool(x, windows)
    return sizes.reduce((y, n, i) => means(y, first + i, n, size[i]!), x)
  },
)

/** Means of `count` windows over an axis of `n` values, as a product with the matrix of their shares. */
function means(x: Tensor, axis: number, n: number, count: number): Tensor {
  const shares = Array.from({ length: count * n }, (_, k) => {
    const [window, at] = [Math.floor(k / n), k % n]
    const [start, end] = [Math.floor((window * n) / count), Math.ceil(((window + 1) * n) / count)]
    return at >= start && at < end ? 1 / (end - start) : 0
  })
  return alongAxis(x, axis, tensor(shares, { dtype: x.dtype }).reshape([count, n]))
}

/** The product of `matrix` [out, in] with each line of x along `axis`. */
function alongAxis(x: Tensor, axis: number, matrix: Tensor): Tensor {
  const others = [...x.shape.keys()].filter((other) => other !== axis)
  const back = [...others.keys()]
  back.splice(axis, 0, others.length)
  return x
    .transpose([...others, axis])
    .matmul(matrix.transpose())
    .transpose(back)
}

/**
 * A fixed linear map along one axis of a sample,
 *
 *   y[.., j, ..] = sum over i of matrix[j, i] x[.., i, ..]
 *
 * with `matrix` [out, in]: interpolation, windows of sums, running sums.
 */
export const resampleLayer = defineLayer<{ readonly axis: number }, 'resample'>(
  'resample',
  ([x], { axis }, { matrix }, context) => {
    const at = sampleAxis(axis, context)
    checkSize('resample', x, at, matrix!.shape[1]!)
    return alongAxis(x, at, matrix!.read())
  },
  [],
)
