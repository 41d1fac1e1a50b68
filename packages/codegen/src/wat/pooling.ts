import type { PlaneKernel } from '../planes.js'
import { loadStrided } from './memory.js'
import { add, bytes, count, countdown, get, i32, mul, pick, set } from './text.js'

const zero = '(v128.const i32x4 0 0 0 0)'
const splat = (value: string): string => `(f32x4.splat (f32.const ${value}))`

/** Vectors of one row that four windows may need to have their columns reduced first. */
const mostVectors = 6

/**
 * The function `name(a, at, planes)` as WebAssembly text: maximum, its position, or average of each window of the planes from address `a`
 * on, written from `at` on. Windows that lie inside are computed four at a time, the rows of a window before its columns; up to 16 bytes
 * behind the planes may be read.
 */
export function poolingFunction(name: string, kernel: PlaneKernel): string[] {
  const { operation, plane, windows, stride, padding, dilation } = kernel
  const [height, width] = plane
  const reach = (axis: 0 | 1): number => (kernel.kernel[axis] - 1) * dilation[axis]
  // the windows of a row that lie inside
  const low = Math.min(Math.ceil(padding[1] / stride[1]), windows[1])
  const high = Math.max(low, Math.min(Math.floor((width - 1 + padding[1] - reach(1)) / stride[1]) + 1, windows[1]))
  const rowsInside = padding[0] === 0 && (windows[0] - 1) * stride[0] + reach(0) < height
  const vectors = (3 * stride[1] + reach(1)) / 4 + 1
  const inner = operation !== 'position' && vectors <= mostVectors ? Math.floor(vectors) : 0
  const fours = inner > 0 ? rowsFirst(kernel, inner) : oneByOne(kernel, 4)
  const ones = (from: number, to: number): string[] => (to > from ? ['(block', ...count('x', i32(from), i32(to), oneByOne(kernel, 1)), ')'] : [])
  const whole = high - low >= 4 ? low + Math.floor((high - low) / 4) * 4 : low
  const isInside = inner > 0 && rowsInside && whole > low
  const row = [
    ...ones(0, low),
    ...(whole > low ? ['(block', ...count('x', i32(low), i32(whole), fours, 4), ')'] : []),
    // the last four once more, rather than one by one
    ...(whole > low && high > whole ? [set('x', i32(high - 4)), ...fours] : ones(whole, high)),
    ...ones(high, windows[1]),
  ]
  return [
    `(func $${name} (param $a i32) (param $at i32) (param $planes i32)`,
    ...['b', 'to', 'y', 'x', 'row', 'column', 'hits', 'n'].map((local) => `(local $${local} i32)`),
    ...['v', 'best', 'index', 'now', ...Array.from({ length: mostVectors }, (_, i) => `r${i}`)].map((local) => `(local $${local} v128)`),
    ...count('n', i32(0), get('planes'), [
      ...count('y', i32(0), i32(windows[0]), [
        ...(isInside ? [...ones(0, low), ...insideRow(kernel, inner, low, high), ...ones(high, windows[1])] : row),
        set('at', add(get('at'), i32(4 * windows[1]))),
      ]),
      set('a', add(get('a'), i32(4 * height * width))),
    ]),
    ')',
  ]
}

const firstColumn = ({ stride, padding }: PlaneKernel): string => set('column', add(mul(get('x'), i32(stride[1])), i32(-padding[1])))

/** `body` for each row of the windows that lies inside; `b` points to it. */
function eachRow({ kernel, stride, padding, dilation, plane: [height, width] }: PlaneKernel, body: readonly string[]): string[] {
  return Array.from({ length: kernel[0] }, (_, ky) => [
    set('row', add(mul(get('y'), i32(stride[0])), i32(ky * dilation[0] - padding[0]))),
    `(if (i32.lt_u ${get('row')} ${i32(height)}) (then`,
    set('b', add(get('a'), bytes(mul(get('row'), i32(width))))),
    ...body,
    '))',
  ]).flat()
}

function average(sum: string, { kernel, countIncludePad }: PlaneKernel, hits: string | undefined): string {
  const elements = kernel[0] * kernel[1]
  if (!countIncludePad && hits !== undefined) return `(f32x4.div ${sum} (f32x4.convert_i32x4_s (i32x4.splat ${hits})))`
  // the same for a power of two, and faster
  return Number.isInteger(Math.log2(elements)) ? `(f32x4.mul ${sum} ${splat(String(1 / elements))})` : `(f32x4.div ${sum} ${splat(String(elements))})`
}

/** How rows are joined, and what four windows give of their joined rows. */
function joining({ operation, kernel, stride, dilation }: PlaneKernel, rows: readonly string[]): { readonly join: string; readonly joined: string } {
  const join = operation === 'maximum' ? 'f32x4.pmax' : 'f32x4.add'
  const columns = Array.from({ length: kernel[1] }, (_, kx) => pick(rows.map(get), [0, 1, 2, 3].map((window) => window * stride[1] + kx * dilation[1])))
  return { join, joined: columns.reduce((sum, column) => `(${join} ${sum} ${column})`) }
}

const rowNames = (vectors: number): string[] => Array.from({ length: vectors }, (_, i) => `r${i}`)

/** Windows of a row that are computed in one pass of a loop. */
const passWindows = 16

/** Four windows from `x` on: their rows are reduced as they lie, then the columns are picked from the result. */
function rowsFirst(kernel: PlaneKernel, vectors: number): string[] {
  const { operation } = kernel
  const rows = rowNames(vectors)
  const { join, joined } = joining(kernel, rows)
  return [
    firstColumn(kernel),
    set('hits', i32(0)),
    ...rows.map((r) => set(r, operation === 'maximum' ? splat('-inf') : splat('0'))),
    ...eachRow(kernel, [
      set('b', add(get('b'), bytes(get('column')))),
      ...rows.map((r, i) => set(r, `(${join} ${get(r)} (v128.load offset=${16 * i} ${get('b')}))`)),
      ...(operation === 'maximum' ? [] : [set('hits', add(get('hits'), i32(kernel.kernel[1])))]),
    ]),
    `(v128.store ${add(get('at'), bytes(get('x')))} ${operation === 'maximum' ? joined : average(joined, kernel, get('hits'))})`,
  ]
}

/** The windows of row `y` from `low` to before `high`, at least four, of which all rows lie inside: everything is at a known distance from `b`. */
function insideRow(kernel: PlaneKernel, vectors: number, low: number, high: number): string[] {
  const { operation, plane, stride, padding, dilation } = kernel
  const rows = rowNames(vectors)
  const { join, joined } = joining(kernel, rows)
  const load = (ky: number, i: number, first: number): string => `(v128.load offset=${4 * (ky * dilation[0] * plane[1] + first * stride[1]) + 16 * i} ${get('b')})`
  /** Four windows, from the one `first` behind `b` on. */
  const four = (first: number): string[] => [
    ...Array.from({ length: kernel.kernel[0] }, (_, ky) => rows.map((r, i) => set(r, ky === 0 ? load(ky, i, first) : `(${join} ${get(r)} ${load(ky, i, first)})`))).flat(),
    `(v128.store offset=${4 * first} ${get('to')} ${operation === 'maximum' ? joined : average(joined, kernel, undefined)})`,
  ]
  const move = (windows: number): string[] => [set('b', add(get('b'), i32(4 * windows * stride[1]))), set('to', add(get('to'), i32(4 * windows)))]
  const fours = (windows: number): string[] => Array.from({ length: windows / 4 }, (_, i) => four(4 * i)).flat()
  const passes = Math.floor((high - low) / passWindows)
  const left = high - low - passes * passWindows
  return [
    set('b', add(get('a'), mul(get('y'), i32(4 * stride[0] * plane[1])), i32(4 * (low * stride[1] - padding[1])))),
    set('to', add(get('at'), i32(4 * low))),
    ...(passes > 0 ? [set('x', i32(passes)), ...countdown('inside', 'x', [...fours(passWindows), ...move(passWindows)])] : []),
    ...fours(left - (left % 4)),
    // the last four once more, rather than one by one
    ...(left % 4 > 0 ? [...move(left - 4), ...four(0)] : []),
  ]
}

/** Windows from column `x` on, `lanes` of them, element by element: those of several lie inside, one may stick out. */
function oneByOne(kernel: PlaneKernel, lanes: 4 | 1): string[] {
  const { operation, plane, stride, dilation } = kernel
  const width = plane[1]
  const result = operation === 'position' ? get('index') : operation === 'maximum' ? get('best') : average(get('best'), kernel, get('hits'))
  const take = (kx: number): string[] => {
    const column = add(get('column'), i32(kx * dilation[1]))
    const pointer = add(get('b'), bytes(column))
    const value = loadStrided('float', lanes, pointer, stride[1])
    const index = add(mul(get('row'), i32(width)), column)
    const body =
      operation === 'average'
        ? [set('best', `(f32x4.add ${get('best')} ${value})`), set('hits', add(get('hits'), i32(1)))]
        : operation === 'maximum'
          ? [set('best', `(f32x4.pmax ${get('best')} ${value})`)]
          : [
              set('v', value),
              // the first of equal ones
              set('now', `(v128.or (f32x4.gt ${get('v')} ${get('best')}) (i32x4.eq (i32x4.splat ${get('hits')}) ${zero}))`),
              set('hits', add(get('hits'), i32(1))),
              set('best', `(v128.bitselect ${get('v')} ${get('best')} ${get('now')})`),
              set('index', `(v128.bitselect (i32x4.add (i32x4.splat ${index}) (v128.const i32x4 0 ${stride[1]} ${2 * stride[1]} ${3 * stride[1]})) ${get('index')} ${get('now')})`),
            ]
    return lanes === 4 ? body : [`(if (i32.lt_u ${column} ${i32(width)}) (then`, ...body, '))']
  }
  const to = add(get('at'), bytes(get('x')))
  return [
    set('best', operation === 'average' ? splat('0') : splat('-inf')),
    set('index', zero),
    set('hits', i32(0)),
    firstColumn(kernel),
    ...eachRow(kernel, Array.from({ length: kernel.kernel[1] }, (_, kx) => take(kx)).flat()),
    lanes === 4 ? `(v128.store ${to} ${result})` : `(v128.store32_lane 0 ${to} ${result})`,
  ]
}
