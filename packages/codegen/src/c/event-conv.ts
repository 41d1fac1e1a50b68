import {
  columnsOf,
  eventConvWords,
  inputRowsOf,
  mostTogether,
  rowBlocks,
  sumsOf,
  type EventConvPlan,
} from '../layout/event-conv-plan.js'
import { listFunction, listRoom, listedColumns } from './event-list.js'
import { sumFunction, sumRows } from './event-conv-sums.js'
import { block } from './text.js'
import type { CKernel } from './unit.js'

/** Sizes that follow from a plan: of the scratch memory in bytes, of all else in elements. */
export function sizesOf(kernel: EventConvPlan) {
  const { channels, windows, padding } = kernel
  const { blocks, vectors } = sumsOf(kernel)
  const { columns, width } = columnsOf(kernel)
  const startsRow = Math.max(columns, padding[1] + Math.ceil(width / listedColumns) * listedColumns) + 1
  const filters = 4 * vectors
  const { rows, blocks: most } = sumRows(kernel)
  const starts = 4 * listedColumns * Math.ceil(channels / listedColumns) * listedColumns
  const staging = Math.ceil((starts + 4 * startsRow * inputRowsOf(kernel)) / 64) * 64
  const stagingRow = most * filters * Math.ceil(windows[1] / 4) * 4
  const keys = staging + 4 * stagingRow * rows
  const listBytes = 4 * (Math.ceil((channels * width * inputRowsOf(kernel)) / 16) * 16 + listRoom)
  return {
    columns,
    width,
    startsRow,
    starts,
    staging,
    stagingRow,
    /** An event: where its weights are, for the window that begins at its row and at column 0, and its value. */
    keys,
    values: keys + listBytes,
    scratch: keys + 2 * listBytes,
    blocks,
    /** Filters of a block, and floats of its weights: of one column of the kernel, and of all with the biases. */
    filters,
    tap: channels * kernel.kernel[0] * filters,
    blockFloats: (1 + kernel.kernel[0] * kernel.kernel[1] * channels) * filters,
  }
}

/** Bytes of scratch memory that a thread needs for `eventConvC`. */
export function eventConvScratchC(kernel: EventConvPlan): number {
  return mostTogether(kernel) * sizesOf(kernel).scratch
}

/**
 * An event-driven convolution as C, with the arguments, the weights, and the bits of that in WebAssembly: sums are in
 * the order of kernel rows, columns, and channels. What is summed up at once depends on the vectors that the processor
 * has.
 */
export function eventConvC(kernel: EventConvPlan): CKernel {
  const { channels, groups, plane, windows, stride, padding, rows } = kernel
  const sizes = sizesOf(kernel)
  const { blocks, blockFloats, scratch } = sizes
  const units = rowBlocks(kernel)
  const list = listFunction(kernel, sizes)
  const sums = sumFunction(kernel, sizes)
  const isOne = mostTogether(kernel) === 1
  return {
    body: [
      ...eventConvWords.map((name, i) => `const word ${name} = (word)a[${i}];`),
      'u8 *const base = memory + scratch + scratchBytes * thread;',
      ...block('for (word unit = first; unit < last; unit++)', [
        `const word n = unit / ${units}${isOne ? '' : ' * together'};`,
        isOne ? 'const word end = n + 1;' : 'const word end = n + together < images ? n + together : images;',
        `const word row = unit % ${units} * ${rows};`,
        `const word row_end = row + ${rows} < ${windows[0]} ? row + ${rows} : ${windows[0]};`,
        `const float *const w = (const float *)(memory + weights) + n % ${groups} * ${blocks * blockFloats};`,
        ...block('for (word i = n; i < end; i++)', [
          `${list.name}((const float *)(memory + x) + i * ${channels * plane[0] * plane[1]}, row * ${stride[0]} - ${padding[0]}, base + (i - n) * ${scratch});`,
        ]),
        `${sums.name}(w, (float *)(memory + y), n, end, row, row_end, base);`,
      ]),
    ],
    calls: [list, sums],
  }
}
