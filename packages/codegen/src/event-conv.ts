import { isPrimitive, sizeOf, type Node, type Shape, type TypedArray } from '@snn/tensor'
import { pair, type Pair } from './planes.js'

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
  /** Rows of the output that are computed from one list: a multiple of those that are summed up together. */
  readonly rows: number
}

/** Sums that are kept in registers, in vectors of four. */
const registers = 12
/** Of so few rows of windows, many lie at the border, where they share little: more filters are summed up at once instead. */
const fewRows = 8
/** Bytes of the longest list, of an input without zeros. */
const listBytes = 2 ** 19
/** Fewer filters in a group than this leave lanes idle. */
const fewestFilters = 4

/**
 * `node` as an event-driven kernel: a convolution, or a product with a matrix, which is a convolution of rows by kernels as long as they are.
 * undefined for three spatial axes, groups of few filters, and data that are no floats.
 */
export function fuseEventConv(node: Node): EventConvKernel | undefined {
  if (node.inputs[0]?.dtype !== 'float32' || [...node.inputs, ...node.outputs].some(({ shape }) => sizeOf(shape) === 0)) return undefined
  const window = isPrimitive(node, 'conv') ? windowOf(node) : isPrimitive(node, 'matmul') ? productOf(node) : undefined
  if (!window || window.filters < fewestFilters) return undefined
  const inputRows = Math.floor(listBytes / longestRow(window))
  const { together } = sumsOf(window)
  const rows = Math.floor((inputRows - inputRowsOf({ ...window, rows: 1 })) / window.stride[0]) + 1
  const steps = Math.min(Math.floor(rows / together), Math.ceil(window.windows[0] / together))
  return { ...window, rows: Math.max(1, steps) * together }
}

type Window = Omit<EventConvKernel, 'rows'>

function windowOf({ inputs, outputs, attributes }: Node<'conv'>): Window | undefined {
  const { stride, padding, dilation, groups } = attributes
  const [filters, channels, ...kernel] = inputs[1]!.shape as [number, number, ...number[]]
  if (kernel.length > 2) return undefined
  const spatial = (shape: Shape): Pair => pair(shape.slice(-kernel.length), 1)
  return {
    channels,
    filters: filters / groups,
    groups,
    plane: spatial(inputs[0]!.shape),
    windows: spatial(outputs[0]!.shape),
    kernel: pair(kernel, 1),
    stride: pair(stride, 1),
    padding: pair(padding.map(([low]) => low), 0),
    dilation: pair(dilation, 1),
  }
}

/** a [.., M, K] times b [K, N]: the weights of the kernel are b transposed. */
function productOf({ inputs }: Node<'matmul'>): Window | undefined {
  const [a, b] = inputs.map(({ shape }) => shape) as [Shape, Shape]
  if (a.length < 2 || b.length !== 2) return undefined
  const row: Pair = [1, b[0]!]
  return { channels: 1, filters: b[1]!, groups: 1, plane: row, windows: [1, 1], kernel: row, stride: [1, 1], padding: [0, 0], dilation: [1, 1] }
}

/**
 * What is summed up at once, in registers: for one column, `together` rows of `vectors` vectors of four filters. Rows share the events that
 * their windows share. The filters of a group are divided into `blocks`.
 */
export function sumsOf({ filters, kernel, windows }: Pick<EventConvKernel, 'filters' | 'kernel' | 'windows'>): { readonly blocks: number; readonly vectors: number; readonly together: number } {
  const fours = Math.ceil(filters / 4)
  const most = kernel[0] === 1 || windows[0] === 1 ? registers : windows[0] <= fewRows ? (2 * registers) / 3 : registers / 3
  const blocks = Math.ceil(fours / most)
  const vectors = Math.ceil(fours / blocks)
  return { blocks, vectors, together: kernel[0] === 1 ? 1 : Math.min(Math.floor(registers / vectors), 3, windows[0]) }
}

/** Bytes of the events of a row of the input without zeros. */
function longestRow({ channels, plane }: Window): number {
  return channels * plane[1] * 8
}

/** Rows of the input that `rows` rows of the output see. */
export function inputRowsOf({ rows, kernel, stride, dilation }: Pick<EventConvKernel, 'rows' | 'kernel' | 'stride' | 'dilation'>): number {
  return (rows - 1) * stride[0] + (kernel[0] - 1) * dilation[0] + 1
}

/** Blocks of rows of one image and group. */
export function rowBlocks({ rows, windows }: EventConvKernel): number {
  return Math.ceil(windows[0] / rows)
}

/** Bytes of weights that stay in the cache beside all else. */
const cachedBytes = 2 ** 19
/** Most images that are summed up together, and most bytes of their lists, of inputs without zeros: those of few values take a part of them. */
const [mostImages, mostListBytes] = [32, 3 * 2 ** 20]

/**
 * Most images that are summed up together, all of them for one block of filters before the next, where the weights of all blocks are too many
 * for the cache.
 */
export function mostTogether(kernel: EventConvKernel): number {
  if (kernel.groups > 1 || rowBlocks(kernel) > 1 || 4 * packedSize(kernel) <= cachedBytes) return 1
  return Math.max(1, Math.min(mostImages, Math.floor(mostListBytes / (longestRow(kernel) * inputRowsOf(kernel)))))
}

/** How so many images are divided for so many threads: units of work, and the images of a unit of whole ones. */
export function eventConvUnits(kernel: EventConvKernel, images: number, threads: number): { readonly units: number; readonly together: number } {
  const together = Math.max(1, Math.min(mostTogether(kernel), Math.ceil(images / threads)))
  return { units: Math.ceil(images / together) * kernel.groups * rowBlocks(kernel), together }
}

function packedSize(kernel: EventConvKernel): number {
  const { blocks, vectors } = sumsOf(kernel)
  return kernel.groups * blocks * (1 + kernel.kernel[0] * kernel.kernel[1] * kernel.channels) * 4 * vectors
}

/**
 * Weights [O, C, kernel], and biases [O], as the kernel reads them: for each group and block of filters its biases, then for each column of
 * the kernel, each channel, and each row of the kernel the weights of the block's filters.
 */
export function packEventWeights(kernel: EventConvKernel, weights: TypedArray, biases?: TypedArray): Float32Array<ArrayBuffer> {
  const { channels, filters, groups } = kernel
  const [height, width] = kernel.kernel
  const { blocks, vectors } = sumsOf(kernel)
  const lanes = 4 * vectors
  const blockSize = (1 + height * width * channels) * lanes
  const packed = new Float32Array(packedSize(kernel))
  let from = 0
  for (let o = 0; o < groups * filters; o++) {
    const filter = o % filters
    const at = (((o - filter) / filters) * blocks + Math.floor(filter / lanes)) * blockSize + (filter % lanes)
    if (biases) packed[at] = biases[o]!
    for (let c = 0; c < channels; c++) {
      for (let ky = 0; ky < height; ky++) for (let kx = 0; kx < width; kx++) packed[at + (1 + (kx * channels + c) * height + ky) * lanes] = weights[from++]!
    }
  }
  return packed
}
