import { isPrimitive, sizeOf, type Node, type Shape, type TypedArray } from '@snn/tensor'

type Pair = readonly [number, number]

/**
 * A convolution that skips zeros: the values of the input that are not zero are listed, row by row, and each window adds up the weights of
 * those that lie in it, times their values.
 */
export interface EventConvKernel {
  /** Channels of the input and filters of one group. */
  readonly channels: number
  readonly filters: number
  readonly groups: number
  /** Height and width of the input; 1 high for one spatial axis. */
  readonly plane: Pair
  /** Height and width of the output. */
  readonly windows: Pair
  readonly kernel: Pair
  readonly stride: Pair
  /** Low padding. */
  readonly padding: Pair
  readonly dilation: Pair
  /** Rows of the output that are computed together from one list. */
  readonly rows: number
}

/** The last one or two axes as two. */
function pair(values: readonly number[], fill: number): Pair {
  return values.length === 1 ? [fill, values[0]!] : [values[0]!, values[1]!]
}

/** Filters are computed in blocks of so many vectors of four at most, which stay in registers. */
const largestBlock = 8
/** Bytes of the longest list, of an input without zeros. */
const listBytes = 2 ** 19
/** Fewer filters in a group than this leave lanes idle. */
const fewestFilters = 4

/** `node` as an event-driven kernel; undefined for three spatial axes, groups of few filters, and data that are no floats. */
export function fuseEventConv(node: Node): EventConvKernel | undefined {
  if (!isPrimitive(node, 'conv')) return undefined
  const [x, weight] = node.inputs as [Node['inputs'][number], Node['inputs'][number]]
  const { stride, padding, dilation, groups } = node.attributes
  const [filters, channels, ...kernel] = weight.shape as [number, number, ...number[]]
  if (x.dtype !== 'float32' || kernel.length > 2 || filters / groups < fewestFilters || sizeOf(x.shape) === 0 || sizeOf(node.outputs[0]!.shape) === 0) return undefined
  const spatial = (shape: Shape): Pair => pair(shape.slice(-kernel.length), 1)
  const options = {
    channels,
    filters: filters / groups,
    groups,
    plane: spatial(x.shape),
    windows: spatial(node.outputs[0]!.shape),
    kernel: pair(kernel, 1),
    stride: pair(stride, 1),
    padding: pair(padding.map(([low]) => low), 0),
    dilation: pair(dilation, 1),
  }
  const longestRow = channels * options.plane[1] * 8
  const inputRows = Math.floor(listBytes / longestRow)
  const rows = Math.floor((inputRows - inputRowsOf({ ...options, rows: 1 })) / options.stride[0]) + 1
  return { ...options, rows: Math.max(1, Math.min(rows, options.windows[0])) }
}

/** How the filters of a group are divided: `blocks` blocks of `vectors` vectors of four lanes. */
export function filterBlocks({ filters }: EventConvKernel): { readonly blocks: number; readonly vectors: number } {
  const fours = Math.ceil(filters / 4)
  const blocks = Math.ceil(fours / largestBlock)
  return { blocks, vectors: Math.ceil(fours / blocks) }
}

/** Rows of the input that `rows` rows of the output see. */
export function inputRowsOf({ rows, kernel, stride, dilation }: Pick<EventConvKernel, 'rows' | 'kernel' | 'stride' | 'dilation'>): number {
  return (rows - 1) * stride[0] + (kernel[0] - 1) * dilation[0] + 1
}

/** Blocks of rows of one image and group. */
export function rowBlocks({ rows, windows }: EventConvKernel): number {
  return Math.ceil(windows[0] / rows)
}

/**
 * Weights [O, C, kernel], and biases [O], as the kernel reads them: for each group and block of filters its biases, then for each element of
 * the kernel and each channel the weights of the block's filters.
 */
export function packEventWeights(kernel: EventConvKernel, weights: TypedArray, biases?: TypedArray): Float32Array<ArrayBuffer> {
  const { channels, filters, groups } = kernel
  const taps = kernel.kernel[0] * kernel.kernel[1]
  const { blocks, vectors } = filterBlocks(kernel)
  const lanes = 4 * vectors
  const blockSize = (1 + taps * channels) * lanes
  const packed = new Float32Array(groups * blocks * blockSize)
  for (let o = 0; o < groups * filters; o++) {
    const [group, filter] = [Math.floor(o / filters), o % filters]
    const at = (group * blocks + Math.floor(filter / lanes)) * blockSize + (filter % lanes)
    if (biases) packed[at] = biases[o]!
    for (let c = 0; c < channels; c++) for (let tap = 0; tap < taps; tap++) packed[at + (1 + tap * channels + c) * lanes] = weights[(o * channels + c) * taps + tap]!
  }
  return packed
}
