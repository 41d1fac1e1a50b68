import type { PlaneKernel } from '../form/planes.js'
import { windowOrder } from '../layout/windows.js'
import { count, countdown } from './flow.js'
import {
  float,
  set,
  variable,
  vectors,
  when,
  words,
  type Instruction,
  type Value,
  type Variable,
  type WasmFunction,
} from './instruction.js'
import { loadStrided } from './memory.js'
import {
  f32x4,
  i32x4,
  loadVector,
  pick,
  select,
  storeLane,
  storeVector,
  v128,
  vector,
  zeros,
  type Vec,
} from './vector.js'
import { add, bytes, lowBits, lt, mul } from './word.js'

const { a, at, planes, b, to, y, x, row, column, hits, n } = words(
  'a',
  'at',
  'planes',
  'b',
  'to',
  'y',
  'x',
  'row',
  'column',
  'hits',
  'n',
)
const { v, best, index, now } = vectors('v', 'best', 'index', 'now')

const splat = (value: number): Vec => f32x4.splat(float(value))

/**
 * The function `name(a, at, planes)`: maximum, its position, or average of each window of the planes from address `a`
 * on, written from `at` on. Windows that lie inside are computed four at a time, the rows of a window before its
 * columns; up to 16 bytes behind the planes may be read.
 */
export function poolingFunction(name: string, kernel: PlaneKernel): WasmFunction<undefined> {
  const { plane, windows } = kernel
  const [height, width] = plane
  const { low, high, rowsInside, vectors: inner } = windowOrder(kernel)
  const fours = inner > 0 ? rowsFirst(kernel, inner) : oneByOne(kernel, 4)
  const ones = (from: number, until: number): Instruction[] =>
    until > from ? count(x, from, until, oneByOne(kernel, 1)) : []
  const whole = high - low >= 4 ? low + Math.floor((high - low) / 4) * 4 : low
  const isInside = inner > 0 && rowsInside && whole > low
  const rowOfWindows = [
    ...ones(0, low),
    ...(whole > low ? count(x, low, whole, fours, 4) : []),
    // the last four once more, rather than one by one
    ...(whole > low && high > whole ? [set(x, high - 4), ...fours] : ones(whole, high)),
    ...ones(high, windows[1]),
  ]
  const body = count(n, 0, planes, [
    ...count(y, 0, windows[0], [
      ...(isInside
        ? [...ones(0, low), ...insideRow(kernel, inner, low, high), ...ones(high, windows[1])]
        : rowOfWindows),
      set(at, add(at, 4 * windows[1])),
    ]),
    set(a, add(a, 4 * height * width)),
  ])
  return { name, parameters: [a, at, planes], result: undefined, body }
}

const firstColumn = ({ stride, padding }: PlaneKernel): Instruction => set(column, add(mul(x, stride[1]), -padding[1]))

/** `body` for each row of the windows that lies inside; `b` points to it. */
function eachRow(
  { kernel, stride, padding, dilation, plane: [height, width] }: PlaneKernel,
  body: readonly Instruction[],
): Instruction[] {
  return Array.from({ length: kernel[0] }, (_, ky) => [
    set(row, add(mul(y, stride[0]), ky * dilation[0] - padding[0])),
    when(lt(row, height), [set(b, add(a, bytes(mul(row, width)))), ...body]),
  ]).flat()
}

function average(sum: Vec, { kernel, countIncludePad }: PlaneKernel, counted: Value<'word'> | undefined): Vec {
  const elements = kernel[0] * kernel[1]
  if (!countIncludePad && counted !== undefined)
    return f32x4.div(sum, f32x4.convert_i32x4_s(i32x4.splat(lowBits(counted))))
  // the same for a power of two, and faster
  return Number.isInteger(Math.log2(elements)) ? f32x4.mul(sum, splat(1 / elements)) : f32x4.div(sum, splat(elements))
}

/** How rows are joined, and what four windows give of their joined rows. */
function joining(
  { operation, kernel, stride, dilation }: PlaneKernel,
  rows: readonly Vec[],
): { readonly join: (x: Vec, y: Vec) => Vec; readonly joined: Vec } {
  const join = operation === 'maximum' ? f32x4.pmax : f32x4.add
  const columns = Array.from({ length: kernel[1] }, (_, kx) =>
    pick(
      rows,
      [0, 1, 2, 3].map((window) => window * stride[1] + kx * dilation[1]),
    ),
  )
  return { join, joined: columns.reduce((sum, column) => join(sum, column)) }
}

const rowVectors = (length: number): Variable<'v128'>[] => Array.from({ length }, (_, i) => variable('v128', `r${i}`))

/** Windows of a row that are computed in one pass of a loop. */
const passWindows = 16

/** Four windows from `x` on: their rows are reduced as they lie, then the columns are picked from the result. */
function rowsFirst(kernel: PlaneKernel, length: number): Instruction[] {
  const { operation } = kernel
  const rows = rowVectors(length)
  const { join, joined } = joining(kernel, rows)
  return [
    firstColumn(kernel),
    set(hits, 0),
    ...rows.map((r) => set(r, splat(operation === 'maximum' ? -Infinity : 0))),
    ...eachRow(kernel, [
      set(b, add(b, bytes(column))),
      ...rows.map((r, i) => set(r, join(r, loadVector(b, 16 * i)))),
      ...(operation === 'maximum' ? [] : [set(hits, add(hits, kernel.kernel[1]))]),
    ]),
    storeVector(add(at, bytes(x)), operation === 'maximum' ? joined : average(joined, kernel, hits)),
  ]
}

/**
 * The windows of row `y` from `low` to before `high`, at least four, of which all rows lie inside: everything is at a
 * known distance from `b`.
 */
function insideRow(kernel: PlaneKernel, length: number, low: number, high: number): Instruction[] {
  const { operation, plane, stride, padding, dilation } = kernel
  const rows = rowVectors(length)
  const { join, joined } = joining(kernel, rows)
  const part = (ky: number, i: number, window: number): Vec =>
    loadVector(b, 4 * (ky * dilation[0] * plane[1] + window * stride[1]) + 16 * i)
  /** Four windows, from the one `window` behind `b` on. */
  const four = (window: number): Instruction[] => [
    ...Array.from({ length: kernel.kernel[0] }, (_, ky) =>
      rows.map((r, i) => set(r, ky === 0 ? part(ky, i, window) : join(r, part(ky, i, window)))),
    ).flat(),
    storeVector(to, operation === 'maximum' ? joined : average(joined, kernel, undefined), 4 * window),
  ]
  const move = (windows: number): Instruction[] => [
    set(b, add(b, 4 * windows * stride[1])),
    set(to, add(to, 4 * windows)),
  ]
  const fours = (windows: number): Instruction[] => Array.from({ length: windows / 4 }, (_, i) => four(4 * i)).flat()
  const passes = Math.floor((high - low) / passWindows)
  const left = high - low - passes * passWindows
  return [
    set(b, add(a, mul(y, 4 * stride[0] * plane[1]), 4 * (low * stride[1] - padding[1]))),
    set(to, add(at, 4 * low)),
    ...(passes > 0 ? [set(x, passes), countdown('inside', x, [...fours(passWindows), ...move(passWindows)])] : []),
    ...fours(left - (left % 4)),
    // the last four once more, rather than one by one
    ...(left % 4 > 0 ? [...move(left - 4), ...four(0)] : []),
  ]
}

/** Windows from column `x` on, `lanes` of them, element by element: those of several lie inside, one may stick out. */
function oneByOne(kernel: PlaneKernel, lanes: 4 | 1): Instruction[] {
  const { operation, plane, stride, dilation } = kernel
  const width = plane[1]
  const result = operation === 'position' ? index : operation === 'maximum' ? best : average(best, kernel, hits)
  const take = (kx: number): Instruction[] => {
    const place = add(column, kx * dilation[1])
    const value = loadStrided('float32', lanes, add(b, bytes(place)), stride[1])
    const position = add(mul(row, width), place)
    const body =
      operation === 'average'
        ? [set(best, f32x4.add(best, value)), set(hits, add(hits, 1))]
        : operation === 'maximum'
          ? [set(best, f32x4.pmax(best, value))]
          : [
              set(v, value),
              // the first of equal ones
              set(now, v128.or(f32x4.gt(v, best), i32x4.eq(i32x4.splat(lowBits(hits)), zeros))),
              set(hits, add(hits, 1)),
              set(best, select(now, v, best)),
              set(
                index,
                select(
                  now,
                  i32x4.add(
                    i32x4.splat(lowBits(position)),
                    vector('i32x4', 0, stride[1], 2 * stride[1], 3 * stride[1]),
                  ),
                  index,
                ),
              ),
            ]
    return lanes === 4 ? body : [when(lt(place, width), body)]
  }
  const there = add(at, bytes(x))
  return [
    set(best, splat(operation === 'average' ? 0 : -Infinity)),
    set(index, zeros),
    set(hits, 0),
    firstColumn(kernel),
    ...eachRow(kernel, Array.from({ length: kernel.kernel[1] }, (_, kx) => take(kx)).flat()),
    lanes === 4 ? storeVector(there, result) : storeLane(0, there, result),
  ]
}
