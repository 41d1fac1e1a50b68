import type { MemoryType } from '../layout/memory-type.js'
import { loadHalfWord, loadWord, storeHalf, storeWord } from './access.js'
import { argument } from './argument.js'
import {
  columnsOf,
  eventConvWords,
  inputRowsOf,
  mostTogether,
  rowBlocks,
  sumsOf,
  type EventConvPlan,
} from '../layout/event-conv-plan.js'
import { range } from '../range.js'
import { count } from './flow.js'
import {
  block as blockOf,
  branch,
  loop,
  set,
  tee,
  variable,
  vectors,
  when,
  words,
  type Instruction,
  type Value,
  type Variable,
  type WasmFunction,
  type Word,
} from './instruction.js'
import { args, first, last, runFunction, thread } from './run-function.js'
import {
  f32x4,
  i16x8,
  i8x16,
  loadSplat,
  loadVector,
  shuffleWords,
  storeLane,
  storeVector,
  v128,
  vector,
  zeros,
  type Vec,
} from './vector.js'
import {
  add,
  and,
  bytes,
  div,
  ge,
  gt,
  gtSigned,
  isZero,
  lowBits,
  lt,
  mul,
  ne,
  rem,
  shl,
  sub,
  trailingZeros,
  widen,
} from './word.js'

const given = (name: (typeof eventConvWords)[number]): Value<'word'> => argument(args, eventConvWords.indexOf(name))
/** The unit, its images and rows; addresses; counters of rows, columns, channels; and what a step works with. */
const { unit, n, nEnd, image, x, y, weights, base, scratch, starts, cursor, row, rowEnd, from, b, at, to, p, end, w } =
  words(
    'unit',
    'n',
    'nEnd',
    'image',
    'x',
    'y',
    'weights',
    'base',
    'scratch',
    'starts',
    'cursor',
    'row',
    'rowEnd',
    'from',
    'b',
    'at',
    'to',
    'p',
    'end',
    'w',
  )
const { inRow, column, c, oy, ox, block, mask, bit, key, valid } = words(
  'inRow',
  'column',
  'c',
  'oy',
  'ox',
  'block',
  'mask',
  'bit',
  'key',
  'valid',
)
const { countLow, countHigh, low, high, laneLow, laneHigh, v } = vectors(
  'countLow',
  'countHigh',
  'low',
  'high',
  'laneLow',
  'laneHigh',
  'v',
)
const staged = range(4).map((k) => variable('v128', `m${k}`)) as [
  Variable<'v128'>,
  Variable<'v128'>,
  Variable<'v128'>,
  Variable<'v128'>,
]

/** Addresses in lists take 32 bits: where that is too few, they are counted from the scratch memory. */
function listed({ is64 }: MemoryType) {
  return {
    store: (where: Word, address: Value<'word'>, offset?: number): Instruction =>
      storeWord(where, is64 ? sub(address, scratch) : address, offset),
    load: (where: Word, offset?: number): Value<'word'> =>
      is64 ? add(scratch, loadWord(where, offset)) : loadWord(where, offset),
  }
}

/** An event: the byte offset of its weights, for the window that begins at its row and at column 0, and its value. */
const eventBytes = 8

/** Sizes that follow from a kernel, in bytes where they are not counts. */
function sizesOf(kernel: EventConvPlan) {
  const { channels, windows, padding } = kernel
  const { blocks, vectors, together } = sumsOf(kernel)
  const { columns, width } = columnsOf(kernel)
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
  return {
    blocks,
    vectors,
    together,
    columns,
    width,
    lanes,
    groups,
    startsRow,
    masks,
    starts,
    staging,
    stagingRow,
    events,
    scratch,
    block,
    tap: channels * kernel.kernel[0] * block,
    blockBytes: (1 + kernel.kernel[0] * kernel.kernel[1] * channels) * block,
  }
}

/** Bytes of scratch memory that a thread needs. */
export function eventConvScratch(kernel: EventConvPlan): number {
  return mostTogether(kernel) * sizesOf(kernel).scratch
}

/**
 * An event-driven convolution: `run(args, first, last, thread)` computes the units from `first` to before `last`, each
 * a block of rows of one image and group, or some whole images. Sums are in the order of kernel rows, columns, and
 * channels. Up to 64 bytes behind the input may be read.
 */
export function eventConvFunction(kernel: EventConvPlan, memory: MemoryType): WasmFunction {
  const { groups, windows, stride, padding, rows } = kernel
  const { blocks, blockBytes } = sizesOf(kernel)
  const units = rowBlocks(kernel)
  const isOne = mostTogether(kernel) === 1
  const images = isOne ? 1 : given('together')
  return runFunction([
    set(base, add(given('scratch'), mul(given('scratchBytes'), thread))),
    blockOf('done', [
      loop('units', [
        branch('done', ge(first, last)),
        set(unit, first),
        set(first, add(first, 1)),
        set(n, mul(div(unit, units), images)),
        set(nEnd, add(n, images)),
        ...(isOne ? [] : [when(gt(nEnd, given('images')), [set(nEnd, given('images'))])]),
        set(row, mul(rem(unit, units), rows)),
        set(rowEnd, add(row, rows)),
        when(gt(rowEnd, windows[0]), [set(rowEnd, windows[0])]),
        set(weights, add(given('weights'), mul(rem(n, groups), blocks * blockBytes))),
        // rows outside of the input have no events: none is listed for them
        set(from, sub(mul(row, stride[0]), padding[0])),
        ...eachImage(kernel, listEvents(kernel, memory)),
        ...sumEvents(kernel, memory),
        branch('units'),
      ]),
    ]),
  ])
}

/** `body` for each image of the unit, each with scratch memory of its own. */
function eachImage(kernel: EventConvPlan, body: readonly Instruction[]): Instruction[] {
  const { channels, filters, plane, windows } = kernel
  const sizes = sizesOf(kernel)
  const one = [
    set(scratch, add(base, mul(sub(image, n), sizes.scratch))),
    set(starts, add(scratch, sizes.starts)),
    set(x, add(given('x'), mul(image, 4 * channels * plane[0] * plane[1]))),
    set(y, add(given('y'), mul(image, 4 * filters * windows[0] * windows[1]))),
    ...body,
  ]
  return mostTogether(kernel) === 1 ? [set(image, n), ...one] : count(image, n, nEnd, one)
}

/**
 * Lists the events of the input rows that the unit sees; `starts` says, for each of these rows and each column, where
 * its events begin.
 */
function listEvents(kernel: EventConvPlan, memory: MemoryType): Instruction[] {
  const address = listed(memory)
  const { channels, plane, padding, stride } = kernel
  const { startsRow, masks, events, lanes, width, columns, groups, block: blockSize, tap } = sizesOf(kernel)
  const isRagged = width % lanes !== 0
  const isHigh = lanes === 16
  const nonZero = (i: number): Vec => f32x4.ne(loadVector(at, 16 * i), zeros)
  const { narrow_i32x4_s: narrow } = i16x8
  const within = (lane: Vec, value: Vec): Vec => (isRagged ? v128.and(lane, value) : value)
  const laneMask = (start: number): Vec =>
    i16x8.gt_s(
      i16x8.splat(lowBits(valid)),
      vector('i16x8', ...(range(8).map((i) => start + i) as [number, ...number[]])),
    )
  const countOf = (lane: number): Value<'word'> =>
    widen(i16x8.extract_lane_u(lane % 8, lane < 8 ? countLow : countHigh))
  const start = (of: Value<'word'>): Value<'word'> => add(to, bytes(of))
  /** Of the first channel. */
  const inputAt = add(x, bytes(add(mul(add(from, inRow), plane[1]), column)))
  const nextChannel = set(at, add(at, 4 * plane[0] * plane[1]))

  const findEvents = [
    set(at, inputAt),
    set(b, cursor),
    ...(isRagged
      ? [
          set(valid, sub(width, column)),
          when(gtSigned(valid, lanes), [set(valid, lanes)]),
          set(laneLow, laneMask(0)),
          ...(isHigh ? [set(laneHigh, laneMask(8))] : []),
        ]
      : []),
    set(countLow, zeros),
    set(countHigh, zeros),
    set(w, add(scratch, masks)),
    set(c, channels),
    loop('channels', [
      set(low, within(laneLow, narrow(nonZero(0), nonZero(1)))),
      set(countLow, i16x8.sub(countLow, low)),
      ...(isHigh
        ? [
            set(high, within(laneHigh, narrow(nonZero(2), nonZero(3)))),
            set(countHigh, i16x8.sub(countHigh, high)),
            storeHalf(w, i8x16.bitmask(i8x16.narrow_i16x8_s(low, high))),
          ]
        : [storeHalf(w, i16x8.bitmask(low))]),
      set(w, add(w, 2)),
      nextChannel,
      branch('channels', ne(tee(c, sub(c, 1)), 0)),
    ]),
    // where the events of each column begin
    ...range(lanes).flatMap((lane) => [
      address.store(scratch, cursor, 4 * lane),
      address.store(start(column), cursor, 4 * (lane + padding[1])),
      set(cursor, add(cursor, mul(countOf(lane), eventBytes))),
    ]),
  ]
  const writeEvents = [
    set(at, inputAt),
    set(w, mul(add(column, padding[1]), tap)),
    ...count(c, 0, channels, [
      set(mask, loadHalfWord(add(scratch, masks, shl(c, 1)))),
      blockOf('noBits', [
        branch('noBits', isZero(mask)),
        loop('bits', [
          set(bit, trailingZeros(mask)),
          set(p, add(scratch, bytes(bit))),
          set(b, address.load(p)),
          storeWord(b, add(w, mul(bit, tap))),
          storeWord(b, loadWord(add(at, bytes(bit))), 4),
          address.store(p, add(b, eventBytes)),
          branch('bits', ne(tee(mask, and(mask, sub(mask, 1))), 0)),
        ]),
      ]),
      set(w, add(w, kernel.kernel[0] * blockSize)),
      nextChannel,
    ]),
  ]
  return [
    set(cursor, add(scratch, events)),
    // windows of one row see none of the rows in between
    ...count(
      inRow,
      0,
      inputRowsOf(kernel),
      [
        when(lt(add(from, inRow), plane[0]), [
          set(to, add(starts, mul(inRow, startsRow))),
          ...range(padding[1]).map((i) => address.store(to, cursor, 4 * i)),
          ...count(column, 0, groups * lanes, [...findEvents, when(ne(b, cursor), writeEvents)], lanes),
          ...count(column, padding[1] + width, columns + 1, [address.store(start(column), cursor)]),
        ]),
      ],
      kernel.kernel[0] === 1 ? stride[0] : 1,
    ),
  ]
}

/**
 * The sums of the windows of the unit: events of neighbouring columns lie one after the other, and so do their weights.
 */
function sumEvents(kernel: EventConvPlan, memory: MemoryType): Instruction[] {
  const address = listed(memory)
  const { plane, stride, dilation, windows } = kernel
  const {
    blocks,
    vectors: perRow,
    together,
    startsRow,
    staging,
    stagingRow,
    block: blockSize,
    blockBytes,
    tap,
  } = sizesOf(kernel)
  const [height, width] = kernel.kernel
  // all columns of the kernel at once, where they are neighbours
  const [segments, columns] = dilation[1] === 1 ? [1, width] : [width, 1]
  const sum = (j: number, i: number): Variable<'v128'> => variable('v128', `a${j * perRow + i}`)
  /** Adds the events of one input row, `shift` rows below the first, to the output rows that see it. */
  const addRow = (shift: number): Instruction[] => {
    const seen = range(together)
      .map((j) => [j, (shift - j * stride[0]) / dilation[0]] as const)
      .filter(([, ky]) => Number.isInteger(ky) && ky >= 0 && ky < height)
    const segment = (kx: number): Instruction[] => [
      set(p, address.load(at, shift * startsRow + 4 * kx * dilation[1])),
      set(end, address.load(at, shift * startsRow + 4 * (kx * dilation[1] + columns))),
      when(lt(p, end), [
        loop('events', [
          set(key, add(w, loadWord(p))),
          set(v, loadSplat(p, 4)),
          ...seen.flatMap(([j, ky]) =>
            range(perRow).map((i) =>
              set(sum(j, i), f32x4.add(sum(j, i), f32x4.mul(v, loadVector(key, ky * blockSize + 16 * i)))),
            ),
          ),
          branch('events', lt(tee(p, add(p, eventBytes)), end)),
        ]),
      ]),
      ...(kx + 1 < segments ? [set(w, add(w, tap * (1 - dilation[1])))] : []),
    ]
    if (seen.length === 0) return []
    return [when(lt(add(from, inRow, shift), plane[0]), [set(w, b), ...range(segments).flatMap(segment)])]
  }
  return count(block, 0, blocks, [
    ...eachImage(
      kernel,
      count(
        oy,
        row,
        rowEnd,
        [
          set(inRow, mul(sub(oy, row), stride[0])),
          set(to, add(scratch, staging)),
          set(at, add(starts, mul(inRow, startsRow))),
          set(b, add(weights, blockSize)),
          ...count(ox, 0, windows[1], [
            ...range(together).flatMap((j) => range(perRow).map((i) => set(sum(j, i), loadVector(weights, 16 * i)))),
            ...range(inputRowsOf({ ...kernel, rows: together })).flatMap(addRow),
            ...range(together).flatMap((j) =>
              range(perRow).map((i) => storeVector(to, sum(j, i), j * stagingRow + 16 * i)),
            ),
            set(to, add(to, blockSize)),
            set(at, add(at, 4 * stride[1])),
            set(b, sub(b, stride[1] * tap)),
          ]),
          ...range(together).map((j) => when(lt(add(oy, j), rowEnd), storeRow(kernel, j))),
        ],
        together,
      ),
    ),
    set(weights, add(weights, blockBytes)),
  ])
}

/**
 * Writes a row of sums, whose filters lie side by side, to the planes of the filters: row `j` of those that were summed
 * up together.
 */
function storeRow(kernel: EventConvPlan, j: number): Instruction[] {
  const { filters, windows } = kernel
  const { blocks, vectors: perRow, staging, stagingRow, block: blockSize } = sizesOf(kernel)
  const planeBytes = 4 * windows[0] * windows[1]
  const fours = windows[1] & ~3
  const [m0, m1, m2, m3] = staged
  /** For filters that exist: in the last block there may be fewer. */
  const guarded = (filter: number, body: Instruction): Instruction[] => {
    const inLast = (blocks - 1) * 4 * perRow + filter < filters
    return inLast ? [body] : blocks === 1 ? [] : [when(lt(block, blocks - 1), [body])]
  }
  const storeVectorOf = (i: number): Instruction[] => [
    set(
      at,
      add(
        y,
        bytes(mul(add(mul(block, 4 * perRow), 4 * i), windows[0] * windows[1])),
        bytes(mul(add(oy, j), windows[1])),
      ),
    ),
    set(to, add(scratch, staging + j * stagingRow + 16 * i)),
    ...(fours > 0
      ? count(
          ox,
          0,
          fours,
          [
            ...staged.map((m, k) => set(m, loadVector(to, k * blockSize))),
            set(low, shuffleWords([0, 4, 1, 5], m0, m1)),
            set(high, shuffleWords([2, 6, 3, 7], m0, m1)),
            set(countLow, shuffleWords([0, 4, 1, 5], m2, m3)),
            set(countHigh, shuffleWords([2, 6, 3, 7], m2, m3)),
            ...guarded(4 * i, storeVector(at, shuffleWords([0, 1, 4, 5], low, countLow))),
            ...guarded(4 * i + 1, storeVector(at, shuffleWords([2, 3, 6, 7], low, countLow), planeBytes)),
            ...guarded(4 * i + 2, storeVector(at, shuffleWords([0, 1, 4, 5], high, countHigh), 2 * planeBytes)),
            ...guarded(4 * i + 3, storeVector(at, shuffleWords([2, 3, 6, 7], high, countHigh), 3 * planeBytes)),
            set(at, add(at, 16)),
            set(to, add(to, 4 * blockSize)),
          ],
          4,
        )
      : []),
    ...(fours < windows[1]
      ? count(ox, fours, windows[1], [
          set(m0, loadVector(to)),
          ...range(4).flatMap((lane) => guarded(4 * i + lane, storeLane(lane, at, m0, lane * planeBytes))),
          set(at, add(at, 4)),
          set(to, add(to, blockSize)),
        ])
      : []),
  ]
  return range(perRow).flatMap(storeVectorOf)
}
