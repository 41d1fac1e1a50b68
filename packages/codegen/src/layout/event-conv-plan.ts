import type { TypedArray } from '@snn/tensor'
import type { EventConvKernel } from '../form/event-conv.js'

/** Where `run` finds what it needs, as words from its first argument on. */
export const eventConvWords = ['x', 'weights', 'y', 'images', 'together', 'scratch', 'scratchBytes'] as const

/** An event-driven convolution with what it is divided into. */
export interface EventConvPlan extends EventConvKernel {
  /** Rows of the output that are computed from one list: a multiple of those that are summed up together. */
  readonly rows: number
}

/** Sums that are kept in registers, in vectors of four. */
const registers = 12
/**
 * Of so few rows of windows, many lie at the border, where they share little: more filters are summed up at once
 * instead.
 */
const fewRows = 8
/** Bytes of the longest list, of an input without zeros. */
const listBytes = 2 ** 19

/**
 * Cuts an event-driven convolution into blocks of output rows: as many as the list of their events, of an input without
 * zeros, holds in 512 KiB, in multiples of the rows that are summed up together, and at least one of these.
 */
export function eventConvPlan(kernel: EventConvKernel): EventConvPlan {
  const inputRows = Math.floor(listBytes / longestRow(kernel))
  const { together } = sumsOf(kernel)
  const rows = Math.floor((inputRows - inputRowsOf({ ...kernel, rows: 1 })) / kernel.stride[0]) + 1
  const steps = Math.min(Math.floor(rows / together), Math.ceil(kernel.windows[0] / together))
  return { ...kernel, rows: Math.max(1, steps) * together }
}

/**
 * What is summed up at once, in registers: for one column, `together` rows of `vectors` vectors of four filters. Rows
 * share the events that their windows share. The filters of a group are divided into `blocks`.
 */
export function sumsOf({ filters, kernel, windows }: Pick<EventConvKernel, 'filters' | 'kernel' | 'windows'>): {
  readonly blocks: number
  readonly vectors: number
  readonly together: number
} {
  const fours = Math.ceil(filters / 4)
  const most =
    kernel[0] === 1 || windows[0] === 1 ? registers : windows[0] <= fewRows ? (2 * registers) / 3 : registers / 3
  const blocks = Math.ceil(fours / most)
  const vectors = Math.ceil(fours / blocks)
  return { blocks, vectors, together: kernel[0] === 1 ? 1 : Math.min(Math.floor(registers / vectors), 3, windows[0]) }
}

/** Bytes of the events of a row of the input without zeros. */
function longestRow({ channels, plane }: EventConvKernel): number {
  return channels * plane[1] * 8
}

/** Rows of the input that `rows` rows of the output see. */
export function inputRowsOf({
  rows,
  kernel,
  stride,
  dilation,
}: Pick<EventConvPlan, 'rows' | 'kernel' | 'stride' | 'dilation'>): number {
  return (rows - 1) * stride[0] + (kernel[0] - 1) * dilation[0] + 1
}

/**
 * The columns that windows see, counted from the first of padding, and how many of the input are among them, from its
 * first on.
 */
export function columnsOf({ plane, windows, kernel, stride, dilation, padding }: EventConvKernel): {
  readonly columns: number
  readonly width: number
} {
  const columns = (windows[1] - 1) * stride[1] + (kernel[1] - 1) * dilation[1] + 1
  return { columns, width: Math.max(0, Math.min(plane[1], columns - padding[1])) }
}

/** Blocks of rows of one image and group. */
export function rowBlocks({ rows, windows }: EventConvPlan): number {
  return Math.ceil(windows[0] / rows)
}

/** Bytes of weights that stay in the cache beside all else. */
const cachedBytes = 2 ** 19
/**
 * Most images that are summed up together, and most bytes of their lists, of inputs without zeros: those of few values
 * take a part of them.
 */
const [mostImages, mostListBytes] = [32, 3 * 2 ** 20]

/**
 * Most images that are summed up together, all of them for one block of filters before the next, where the weights of
 * all blocks are too many for the cache.
 */
export function mostTogether(kernel: EventConvPlan): number {
  if (kernel.groups > 1 || rowBlocks(kernel) > 1 || 4 * packedSize(kernel) <= cachedBytes) return 1
  return Math.max(1, Math.min(mostImages, Math.floor(mostListBytes / (longestRow(kernel) * inputRowsOf(kernel)))))
}

/** How so many images are divided for so many threads: units of work, and the images of a unit of whole ones. */
export function eventConvUnits(
  kernel: EventConvPlan,
  images: number,
  threads: number,
): { readonly units: number; readonly together: number } {
  const together = Math.max(1, Math.min(mostTogether(kernel), Math.ceil(images / threads)))
  return { units: Math.ceil(images / together) * kernel.groups * rowBlocks(kernel), together }
}

function packedSize(kernel: EventConvKernel): number {
  const { blocks, vectors } = sumsOf(kernel)
  return kernel.groups * blocks * (1 + kernel.kernel[0] * kernel.kernel[1] * kernel.channels) * 4 * vectors
}

/**
 * Weights [O, C, kernel], and biases [O], as the kernel reads them: for each group and block of filters its biases,
 * then for each column of the kernel, each channel, and each row of the kernel the weights of the block's filters.
 */
export function packEventWeights(
  kernel: EventConvKernel,
  weights: TypedArray,
  biases?: TypedArray,
): Float32Array<ArrayBuffer> {
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
      for (let ky = 0; ky < height; ky++)
        for (let kx = 0; kx < width; kx++)
          packed[at + (1 + (kx * channels + c) * height + ky) * lanes] = weights[from++]!
    }
  }
  return packed
}
