import type { Dim } from '@snn/onnx'

/**
 * How an ONNX value is laid out: `shape` is that of one sample, `axis` the ONNX axis that holds the batch. With `inner` > 1 that
 * axis holds `inner` rows of each sample after each other (a size such as `24*N`), and they are an axis of the sample.
 */
export interface Layout {
  readonly shape: readonly number[]
  readonly axis: number
  readonly inner: number
}

/** The layout of a shape in which the size `batch` occurs once; text that says why there is none. */
export function layoutOf(shape: readonly Dim[], batch: string): Layout | string {
  const free = shape.flatMap((dim, i) => (typeof dim === 'number' ? [] : [i]))
  const [axis] = free
  if (axis === undefined) return `its shape [${shape.join(',')}] does not have the batch size`
  if (free.length > 1) return `its shape [${shape.join(',')}] has more than one free size`
  const dim = shape[axis] as string
  const inner = dim === batch ? 1 : dim.endsWith(`*${batch}`) ? Number(dim.slice(0, -batch.length - 1)) : NaN
  if (!Number.isInteger(inner)) return `its shape [${shape.join(',')}] has the free size ${dim}, which is not the batch`
  return { shape: shape.flatMap((size, i) => (i !== axis ? [size as number] : inner > 1 ? [inner] : [])), axis, inner }
}

/** The axis of a sample that ONNX calls `axis`; undefined for the batch. */
export function sampleAxis({ axis: batch, inner }: Layout, axis: number): number | undefined {
  if (axis === batch) return undefined
  return axis < batch || inner > 1 ? axis : axis - 1
}

/** Number of elements before the batch. */
export function elementsBefore({ shape, axis }: Layout): number {
  return shape.slice(0, axis).reduce((a, b) => a * b, 1)
}

/** Number of axes of the ONNX value. */
export function rankOf({ shape, inner }: Layout): number {
  return shape.length + (inner > 1 ? 0 : 1)
}
