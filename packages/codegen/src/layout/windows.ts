import type { PlaneKernel, PlaneWindows } from '../form/planes.js'

/** Vectors of four elements of one row that four windows may need to have their columns joined last. */
const mostVectors = 6

/** In which order the elements of windows are joined: all printers keep to it, so that their sums are the same bits. */
export interface WindowOrder {
  /** The windows of a row whose columns lie inside: from `low` to before `high`. */
  readonly low: number
  readonly high: number
  /** Whether all rows of all windows lie inside. */
  readonly rowsInside: boolean
  /**
   * Vectors of four that hold a row of four windows where they are joined row by row, then column by column; 0: element
   * by element, as all others are.
   */
  readonly vectors: number
}

/** The windows of a row whose columns lie inside. */
export function insideColumns({
  plane: [, width],
  windows: [, most],
  kernel,
  stride,
  padding,
  dilation,
}: PlaneWindows): Pick<WindowOrder, 'low' | 'high'> {
  const low = Math.min(Math.ceil(padding[1] / stride[1]), most)
  const last = Math.floor((width - 1 + padding[1] - (kernel[1] - 1) * dilation[1]) / stride[1])
  return { low, high: Math.max(low, Math.min(last + 1, most)) }
}

export function windowOrder({
  operation,
  plane: [height, width],
  windows,
  kernel,
  stride,
  padding,
  dilation,
}: PlaneKernel): WindowOrder {
  const reach = (axis: 0 | 1): number => (kernel[axis] - 1) * dilation[axis]
  const { low, high } = insideColumns({ plane: [height, width], windows, kernel, stride, padding, dilation })
  const rowsInside = padding[0] === 0 && (windows[0] - 1) * stride[0] + reach(0) < height
  const vectors = Math.floor((3 * stride[1] + reach(1)) / 4 + 1)
  return {
    low,
    high,
    rowsInside,
    vectors: operation !== 'position' && high - low >= 4 && vectors <= mostVectors ? vectors : 0,
  }
}
