import { inputRowsOf, mostTogether, rowBlocks, sumsOf, type EventConvKernel } from '../event-conv.js'
import type { MemoryType } from '../memory-type.js'
import { printModule } from './module.js'
import { add, bytes, count, get, i32, mul, set } from './text.js'

/** Where `run` finds what it needs, as words from its first argument on. */
export const eventConvWords = ['x', 'weights', 'y', 'images', 'together', 'scratch', 'scratchBytes'] as const

const argument = (name: (typeof eventConvWords)[number]): string => `(i32.load offset=${4 * eventConvWords.indexOf(name)} ${get('args')})`
const sub = (x: string, y: string): string => `(i32.sub ${x} ${y})`
const range = (length: number): number[] => Array.from({ length }, (_, i) => i)

/** Addresses in lists take 32 bits: where that is too few, they are counted from the scratch memory. */
function listed({ is64 }: MemoryType) {
  return {
    store: (where: string, address: string): string => `(i32.store ${where} ${is64 ? sub(address, get('scratch')) : address})`,
    load: (where: string): string => (is64 ? add(get('scratch'), `(i32.load ${where})`) : `(i32.load ${where})`),
  }
}

/** An event: the byte offset of its weights, for the window that begins at its row and at column 0, and its value. */
const eventBytes = 8

/** Sizes that follow from a kernel, in bytes where they are not counts. */
function sizesOf(kernel: EventConvKernel) {
  const { channels, plane, windows, stride, dilation, padding } = kernel
  const { blocks, vectors, together } = sumsOf(kernel)
  // columns that windows see, counted from the first column of padding
  const columns = (windows[1] - 1) * stride[1] + (kernel.kernel[1] - 1) * dilation[1] + 1
  const width = Math.max(0, Math.min(plane[1], columns - padding[1]))
  /** Columns that are looked at together. */
  const lanes = width > 8 ? 16 : 8
  const groups = Math.ceil(width / lanes)
  const startsRow = 4 * (Math.max(columns, padding[1] + groups * lanes) + 1)
  const masks = 64
  const starts = masks + 2 * Math.ceil(channels / 32) * 32
  const staging = starts + Math.ceil((startsRow * inputRowsOf(kernel)) / 16) * 16
  const block = 16 * vectors
  const stagingRow = block * Math.ceil(windows[1] / 4) * 4
  const events = staging + stagingRow * together
  const scratch = Math.ceil((events + eventBytes * channels * width * inputRowsOf(kernel)) / 64) * 64
  return { blocks, vectors, together, columns, width, lanes, groups, startsRow, masks, starts, staging, stagingRow, events, scratch, block, tap: channels * kernel.kernel[0] * block, blockBytes: (1 + kernel.kernel[0] * kernel.kernel[1] * channels) * block }
}

/** Bytes of scratch memory that a thread needs. */
export function eventConvScratch(kernel: EventConvKernel): number {
  return mostTogether(kernel) * sizesOf(kernel).scratch
}

/**
 * An event-driven convolution as WebAssembly text: `run(args, first, last, thread)` computes the units from `first` to before `last`, each a
 * block of rows of one image and group, or some whole images. Sums are in the order of kernel rows, columns, and channels. Up to 64 bytes behind the input may be read.
 */
export function printEventConv(kernel: EventConvKernel, memory: MemoryType): string {
  const { groups, windows, stride, padding, rows } = kernel
  const { blocks, blockBytes, vectors, together } = sizesOf(kernel)
  const units = rowBlocks(kernel)
  const isOne = mostTogether(kernel) === 1
  const images = isOne ? i32(1) : argument('together')
  return printModule(memory, [
    '(func (export "run") (param $args i32) (param $first i32) (param $last i32) (param $thread i32)',
    ...['unit', 'n', 'nEnd', 'image', 'x', 'y', 'weights', 'base', 'scratch', 'starts', 'cursor', 'row', 'rowEnd', 'in', 'inEnd', 'column', 'c', 'at', 'to', 'mask', 'bit', 'key', 'valid', 'b', 'oy', 'ox', 'ky', 'kx', 'p', 'end', 'w', 'block', 'from'].map((name) => `(local $${name} i32)`),
    ...['countLow', 'countHigh', 'low', 'high', 'laneLow', 'laneHigh', 'v', 'm0', 'm1', 'm2', 'm3', ...range(together * vectors).map((i) => `a${i}`)].map((name) => `(local $${name} v128)`),
    set('base', add(argument('scratch'), mul(argument('scratchBytes'), get('thread')))),
    '(block $done (loop $units',
    `(br_if $done (i32.ge_u ${get('first')} ${get('last')}))`,
    set('unit', get('first')),
    set('first', add(get('first'), i32(1))),
    set('n', mul(`(i32.div_u ${get('unit')} ${i32(units)})`, images)),
    set('nEnd', add(get('n'), images)),
    ...(isOne ? [] : [`(if (i32.gt_u ${get('nEnd')} ${argument('images')}) (then ${set('nEnd', argument('images'))}))`]),
    set('row', mul(`(i32.rem_u ${get('unit')} ${i32(units)})`, i32(rows))),
    set('rowEnd', add(get('row'), i32(rows))),
    `(if (i32.gt_u ${get('rowEnd')} ${i32(windows[0])}) (then ${set('rowEnd', i32(windows[0]))}))`,
    set('weights', add(argument('weights'), mul(`(i32.rem_u ${get('n')} ${i32(groups)})`, i32(blocks * blockBytes)))),
    // rows outside of the input have no events: none is listed for them
    set('from', sub(mul(get('row'), i32(stride[0])), i32(padding[0]))),
    ...eachImage(kernel, listEvents(kernel, memory)),
    ...sumEvents(kernel, memory),
    '(br $units)))',
    ')',
  ])
}

/** `body` for each image of the unit, each with scratch memory of its own. */
function eachImage(kernel: EventConvKernel, body: readonly string[]): string[] {
  const { channels, filters, plane, windows } = kernel
  const { starts, scratch } = sizesOf(kernel)
  const one = [
    set('scratch', add(get('base'), mul(sub(get('image'), get('n')), i32(scratch)))),
    set('starts', add(get('scratch'), i32(starts))),
    set('x', add(argument('x'), mul(get('image'), i32(4 * channels * plane[0] * plane[1])))),
    set('y', add(argument('y'), mul(get('image'), i32(4 * filters * windows[0] * windows[1])))),
    ...body,
  ]
  return mostTogether(kernel) === 1 ? [set('image', get('n')), ...one] : count('image', get('n'), get('nEnd'), one)
}

/** Lists the events of the input rows that the unit sees; `starts` says, for each of these rows and each column, where its events begin. */
function listEvents(kernel: EventConvKernel, memory: MemoryType): string[] {
  const address = listed(memory)
  const { channels, plane, padding, stride } = kernel
  const { startsRow, masks, events, lanes, width, columns, groups, block, tap } = sizesOf(kernel)
  const isRagged = width % lanes !== 0
  const zero = '(v128.const i32x4 0 0 0 0)'
  const nonZero = (i: number): string => `(f32x4.ne (v128.load offset=${16 * i} ${get('at')}) ${zero})`
  const isHigh = lanes === 16
  const narrow = (a: string, b: string): string => `(i16x8.narrow_i32x4_s ${a} ${b})`
  const within = (lane: string, value: string): string => (isRagged ? `(v128.and ${get(lane)} ${value})` : value)
  const laneMask = (from: number): string => `(i16x8.gt_s (i16x8.splat ${get('valid')}) (v128.const i16x8 ${range(8).map((i) => from + i).join(' ')}))`
  const countOf = (lane: number): string => `(i16x8.extract_lane_u ${lane % 8} ${get(lane < 8 ? 'countLow' : 'countHigh')})`
  const start = (column: string): string => add(get('to'), bytes(column))
  return [
    set('cursor', add(get('scratch'), i32(events))),
    ...count('in', i32(0), i32(inputRowsOf(kernel)), [
      `(if (i32.lt_u ${add(get('from'), get('in'))} ${i32(plane[0])}) (then`,
      set('to', add(get('starts'), mul(get('in'), i32(startsRow)))),
      ...range(padding[1]).map((i) => address.store(`offset=${4 * i} ${get('to')}`, get('cursor'))),
      ...count('column', i32(0), i32(groups * lanes), [
        set('at', add(get('x'), bytes(add(mul(add(get('from'), get('in')), i32(plane[1])), get('column'))))),
        set('b', get('cursor')),
        ...(isRagged ? [set('valid', sub(i32(width), get('column'))), `(if (i32.gt_s ${get('valid')} ${i32(lanes)}) (then ${set('valid', i32(lanes))}))`, set('laneLow', laneMask(0)), ...(isHigh ? [set('laneHigh', laneMask(8))] : [])] : []),
        set('countLow', zero),
        set('countHigh', zero),
        set('w', add(get('scratch'), i32(masks))),
        set('c', i32(channels)),
        '(loop $channels',
        set('low', within('laneLow', narrow(nonZero(0), nonZero(1)))),
        set('countLow', `(i16x8.sub ${get('countLow')} ${get('low')})`),
        ...(isHigh
          ? [
              set('high', within('laneHigh', narrow(nonZero(2), nonZero(3)))),
              set('countHigh', `(i16x8.sub ${get('countHigh')} ${get('high')})`),
              `(i32.store16 ${get('w')} (i8x16.bitmask (i8x16.narrow_i16x8_s ${get('low')} ${get('high')})))`,
            ]
          : [`(i32.store16 ${get('w')} (i16x8.bitmask ${get('low')}))`]),
        set('w', add(get('w'), i32(2))),
        set('at', add(get('at'), i32(4 * plane[0] * plane[1]))),
        `(br_if $channels (local.tee $c ${sub(get('c'), i32(1))})))`,
        // where the events of each column begin
        ...range(lanes).flatMap((lane) => [
          address.store(`offset=${4 * lane} ${get('scratch')}`, get('cursor')),
          address.store(`offset=${4 * (lane + padding[1])} ${start(get('column'))}`, get('cursor')),
          set('cursor', add(get('cursor'), mul(countOf(lane), i32(eventBytes)))),
        ]),
        `(if (i32.ne ${get('b')} ${get('cursor')}) (then`,
        set('at', add(get('x'), bytes(add(mul(add(get('from'), get('in')), i32(plane[1])), get('column'))))),
        set('w', mul(add(get('column'), i32(padding[1])), i32(tap))),
        ...count('c', i32(0), i32(channels), [
          set('mask', `(i32.load16_u ${add(get('scratch'), i32(masks), `(i32.shl ${get('c')} ${i32(1)})`)})`),
          `(block $noBits (br_if $noBits (i32.eqz ${get('mask')}))`,
          '(loop $bits',
          set('bit', `(i32.ctz ${get('mask')})`),
          set('p', add(get('scratch'), bytes(get('bit')))),
          set('b', address.load(get('p'))),
          `(i32.store ${get('b')} ${add(get('w'), mul(get('bit'), i32(tap)))})`,
          `(i32.store offset=4 ${get('b')} (i32.load ${add(get('at'), bytes(get('bit')))}))`,
          address.store(get('p'), add(get('b'), i32(eventBytes))),
          `(br_if $bits (local.tee $mask (i32.and ${get('mask')} ${sub(get('mask'), i32(1))})))))`,
          set('w', add(get('w'), i32(kernel.kernel[0] * block))),
          set('at', add(get('at'), i32(4 * plane[0] * plane[1]))),
        ]),
        '))',
      ], lanes),
      ...count('column', i32(padding[1] + width), i32(columns + 1), [address.store(start(get('column')), get('cursor'))]),
      '))',
      // windows of one row see none of the rows in between
    ], kernel.kernel[0] === 1 ? stride[0] : 1),
  ]
}

/** The sums of the windows of the unit: events of neighbouring columns lie one after the other, and so do their weights. */
function sumEvents(kernel: EventConvKernel, memory: MemoryType): string[] {
  const address = listed(memory)
  const { plane, stride, dilation, windows } = kernel
  const { blocks, vectors, together, startsRow, staging, stagingRow, block, blockBytes, tap } = sizesOf(kernel)
  const [height, width] = kernel.kernel
  // all columns of the kernel at once, where they are neighbours
  const [segments, columns] = dilation[1] === 1 ? [1, width] : [width, 1]
  const sum = (row: number, i: number): string => `a${row * vectors + i}`
  /** Adds the events of one input row, `row` rows below the first, to the output rows that see it. */
  const addRow = (row: number): string[] => {
    const seen = range(together).map((j) => [j, (row - j * stride[0]) / dilation[0]] as const).filter(([, ky]) => Number.isInteger(ky) && ky >= 0 && ky < height)
    const segment = (kx: number): string[] => [
      set('p', address.load(`offset=${row * startsRow + 4 * kx * dilation[1]} ${get('at')}`)),
      set('end', address.load(`offset=${row * startsRow + 4 * (kx * dilation[1] + columns)} ${get('at')}`)),
      `(if (i32.lt_u ${get('p')} ${get('end')}) (then (loop $events`,
      set('key', add(get('w'), `(i32.load ${get('p')})`)),
      set('v', `(v128.load32_splat offset=4 ${get('p')})`),
      ...seen.flatMap(([j, ky]) => range(vectors).map((i) => set(sum(j, i), `(f32x4.add ${get(sum(j, i))} (f32x4.mul ${get('v')} (v128.load offset=${ky * block + 16 * i} ${get('key')})))`))),
      `(br_if $events (i32.lt_u (local.tee $p ${add(get('p'), i32(eventBytes))}) ${get('end')})))))`,
      ...(kx + 1 < segments ? [set('w', add(get('w'), i32(tap * (1 - dilation[1]))))] : []),
    ]
    if (seen.length === 0) return []
    return [`(if (i32.lt_u ${add(get('from'), get('in'), i32(row))} ${i32(plane[0])}) (then`, set('w', get('b')), ...range(segments).flatMap(segment), '))']
  }
  return count('block', i32(0), i32(blocks), [
    ...eachImage(kernel, count('oy', get('row'), get('rowEnd'), [
      set('in', mul(sub(get('oy'), get('row')), i32(stride[0]))),
      set('to', add(get('scratch'), i32(staging))),
      set('at', add(get('starts'), mul(get('in'), i32(startsRow)))),
      set('b', add(get('weights'), i32(block))),
      ...count('ox', i32(0), i32(windows[1]), [
        ...range(together).flatMap((j) => range(vectors).map((i) => set(sum(j, i), `(v128.load offset=${16 * i} ${get('weights')})`))),
        ...range(inputRowsOf({ ...kernel, rows: together })).flatMap(addRow),
        ...range(together).flatMap((j) => range(vectors).map((i) => `(v128.store offset=${j * stagingRow + 16 * i} ${get('to')} ${get(sum(j, i))})`)),
        set('to', add(get('to'), i32(block))),
        set('at', add(get('at'), i32(4 * stride[1]))),
        set('b', sub(get('b'), i32(stride[1] * tap))),
      ]),
      ...range(together).flatMap((j) => [`(if (i32.lt_u ${add(get('oy'), i32(j))} ${get('rowEnd')}) (then`, ...storeRow(kernel, j), '))']),
    ], together)),
    set('weights', add(get('weights'), i32(blockBytes))),
  ])
}

/** Writes a row of sums, whose filters lie side by side, to the planes of the filters: row `j` of those that were summed up together. */
function storeRow(kernel: EventConvKernel, j: number): string[] {
  const { filters, windows } = kernel
  const { blocks, vectors, staging, stagingRow, block } = sizesOf(kernel)
  const planeBytes = 4 * windows[0] * windows[1]
  const fours = windows[1] & ~3
  const words = (picked: readonly number[], x: string, y: string): string => `(i8x16.shuffle ${picked.flatMap((word) => range(4).map((byte) => 4 * word + byte)).join(' ')} ${x} ${y})`
  /** Filters of vector `i` that exist. In the last block there may be fewer. */
  const guarded = (filter: number, body: readonly string[]): string[] => {
    const inLast = (blocks - 1) * 4 * vectors + filter < filters
    return inLast ? [...body] : blocks === 1 ? [] : [`(if (i32.lt_u ${get('block')} ${i32(blocks - 1)}) (then`, ...body, '))']
  }
  const vector = (i: number): string[] => [
    set('at', add(get('y'), bytes(mul(add(mul(get('block'), i32(4 * vectors)), i32(4 * i)), i32(windows[0] * windows[1]))), bytes(mul(add(get('oy'), i32(j)), i32(windows[1]))))),
    set('to', add(get('scratch'), i32(staging + j * stagingRow + 16 * i))),
    ...(fours > 0
      ? count('ox', i32(0), i32(fours), [
          ...range(4).map((k) => set(`m${k}`, `(v128.load offset=${k * block} ${get('to')})`)),
          set('low', words([0, 4, 1, 5], get('m0'), get('m1'))),
          set('high', words([2, 6, 3, 7], get('m0'), get('m1'))),
          set('countLow', words([0, 4, 1, 5], get('m2'), get('m3'))),
          set('countHigh', words([2, 6, 3, 7], get('m2'), get('m3'))),
          ...guarded(4 * i, [`(v128.store ${get('at')} ${words([0, 1, 4, 5], get('low'), get('countLow'))})`]),
          ...guarded(4 * i + 1, [`(v128.store offset=${planeBytes} ${get('at')} ${words([2, 3, 6, 7], get('low'), get('countLow'))})`]),
          ...guarded(4 * i + 2, [`(v128.store offset=${2 * planeBytes} ${get('at')} ${words([0, 1, 4, 5], get('high'), get('countHigh'))})`]),
          ...guarded(4 * i + 3, [`(v128.store offset=${3 * planeBytes} ${get('at')} ${words([2, 3, 6, 7], get('high'), get('countHigh'))})`]),
          set('at', add(get('at'), i32(16))),
          set('to', add(get('to'), i32(4 * block))),
        ], 4)
      : []),
    ...(fours < windows[1]
      ? count('ox', i32(fours), i32(windows[1]), [
          set('m0', `(v128.load ${get('to')})`),
          ...range(4).flatMap((lane) => guarded(4 * i + lane, [`(v128.store32_lane offset=${lane * planeBytes} ${lane} ${get('at')} ${get('m0')})`])),
          set('at', add(get('at'), i32(4))),
          set('to', add(get('to'), i32(block))),
        ])
      : []),
  ]
  return range(vectors).flatMap(vector)
}
