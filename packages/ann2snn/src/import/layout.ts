import type { Dim } from '@snn/onnx'

/**
 * How an ONNX value is laid out: `shape` is that of one sample, `axis` the ONNX axis that holds the batch. With `inner`
 * > 1 that axis holds `inner` rows of each sample (a size such as `24*N`), and they are an axis of the sample: `outer`
 * of them lie before the batch, so that row `(o N + n) inner / outer + i` is row `o inner / outer + i` of sample n. 1:
 * sample after sample; `inner`: first row after first row.
 */
export interface Layout {
  readonly shape: readonly number[]
  readonly axis: number
  readonly inner: number
  readonly outer: number
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
  return {
    shape: shape.flatMap((size, i) => (i !== axis ? [size as number] : inner > 1 ? [inner] : [])),
    axis,
    inner,
    outer: 1,
  }
}

/** The axis of a sample that ONNX calls `axis`; undefined for the batch. */
export function sampleAxis({ axis: batch, inner }: Layout, axis: number): number | undefined {
  if (axis === batch) return undefined
  return axis < batch || inner > 1 ? axis : axis - 1
}

/** Number of elements before the batch. */
export function elementsBefore({ shape, axis, outer }: Layout): number {
  return shape.slice(0, axis).reduce((a, b) => a * b, outer)
}

/** The layout with `elements` before the batch; undefined where there is none. */
export function withElementsBefore(layout: Layout, elements: number): Layout | undefined {
  const outer = elements / elementsBefore({ ...layout, outer: 1 })
  return Number.isInteger(outer) && layout.inner % outer === 0 ? { ...layout, outer } : undefined
}

/** Whether the batch has the same place in both, counted from the back, so that they broadcast sample by sample. */
export function sameBatch(a: Layout, b: Layout): boolean {
  return rankOf(a) - a.axis === rankOf(b) - b.axis && a.inner === b.inner && a.outer === b.outer
}

/** Number of axes of the ONNX value. */
export function rankOf({ shape, inner }: Layout): number {
  return shape.length + (inner > 1 ? 0 : 1)
}
