import type { PlaneKernel } from '../planes.js'
import { importMemory } from './module.js'

const get = (name: string): string => `(local.get $${name})`
const set = (name: string, value: string): string => `(local.set $${name} ${value})`
const i32 = (value: number): string => `(i32.const ${value})`
const add = (...terms: readonly string[]): string => terms.reduce((sum, term) => `(i32.add ${sum} ${term})`)
const mul = (x: string, y: string): string => `(i32.mul ${x} ${y})`
const bytes = (elements: string): string => `(i32.shl ${elements} ${i32(2)})`

/** `body` for `counter` from `from` to before `to`. */
function count(counter: string, from: string, to: string, body: readonly string[], by = 1): string[] {
  return [
    set(counter, from),
    `(block $${counter}End (loop $${counter}Loop (br_if $${counter}End (i32.ge_s ${get(counter)} ${to}))`,
    ...body,
    set(counter, add(get(counter), i32(by))),
    `(br $${counter}Loop)))`,
  ]
}

/** Four elements with a distance of `stride` between neighbours. */
function loadStrided(pointer: string, stride: number): string {
  if (stride === 1) return `(v128.load ${pointer})`
  if (stride === 2) return `(i8x16.shuffle 0 1 2 3 8 9 10 11 16 17 18 19 24 25 26 27 (v128.load ${pointer}) (v128.load offset=16 ${pointer}))`
  return [1, 2, 3].reduce((vector, lane) => `(v128.load32_lane offset=${4 * lane * stride} ${lane} ${pointer} ${vector})`, `(v128.load32_zero ${pointer})`)
}

/**
 * A kernel over planes as WebAssembly text: `run(args, first, last, thread)` computes the planes from `first` to before `last`; `args`
 * points to the addresses of the inputs and of the output. Windows that lie inside are computed four at a time; up to 16 bytes behind an
 * input may be read.
 */
export function printPlanes(kernel: PlaneKernel, memory: { readonly isShared: boolean }): string {
  const { operation } = kernel
  const text = operation === 'columns' ? columns(kernel) : operation === 'scatter' ? scatter(kernel) : operation === 'spread' ? spread(kernel) : gatherWindows(kernel)
  return [
    '(module',
    importMemory(memory),
    '(func (export "run") (param $args i32) (param $first i32) (param $last i32) (param $thread i32)',
    ...['a', 'b', 'y', 'x', 'row', 'column', 'left', 'n', 'hits', 'at'].map((name) => `(local $${name} i32)`),
    '(local $v v128) (local $best v128) (local $index v128) (local $now v128) (local $f f32)',
    ...text,
    '))',
  ].join('\n')
}

/** Writes `elements` zeros from `pointer` on. Filling costs a call, so few are stored. */
function zeros(pointer: string, elements: number): string[] {
  if (elements > 64) return [`(memory.fill ${pointer} ${i32(0)} ${i32(4 * elements)})`]
  const fours = elements >> 2
  return [
    ...Array.from({ length: fours }, (_, i) => `(v128.store offset=${16 * i} ${pointer} (v128.const i32x4 0 0 0 0))`),
    ...Array.from({ length: elements % 4 }, (_, i) => `(f32.store offset=${16 * fours + 4 * i} ${pointer} (f32.const 0))`),
  ]
}

const argument = (index: number): string => `(i32.load offset=${4 * index} ${get('args')})`


function scatter({ plane, windows }: PlaneKernel): string[] {
  const [size, updates] = [plane[0] * plane[1], windows[0] * windows[1]]
  const target = add(get('a'), bytes(`(i32.load ${get('b')})`))
  return count('n', get('first'), get('last'), [
    set('a', add(argument(2), mul(get('n'), i32(4 * size)))),
    ...zeros(get('a'), size),
    set('b', add(argument(0), mul(get('n'), i32(4 * updates)))),
    set('y', add(argument(1), mul(get('n'), i32(4 * updates)))),
    ...count('x', i32(0), i32(updates), [
      set('at', target),
      `(f32.store ${get('at')} (f32.add (f32.load ${get('at')}) (f32.load ${get('y')})))`,
      set('b', add(get('b'), i32(4))),
      set('y', add(get('y'), i32(4))),
    ]),
  ])
}

/** How many elements of the window that begins at `start` lie inside of `size`. */
function inside(start: string, size: number, kernel: number): string {
  const clamp = (value: string): string => {
    const low = `(select ${value} ${i32(0)} (i32.gt_s ${value} ${i32(0)}))`
    return `(select ${low} ${i32(size)} (i32.lt_s ${low} ${i32(size)}))`
  }
  return `(i32.sub ${clamp(add(start, i32(kernel)))} ${clamp(start)})`
}

function spread({ plane, windows, kernel, stride, padding, countIncludePad }: PlaneKernel): string[] {
  const divisor = countIncludePad ? `(f32.const ${kernel[0] * kernel[1]})` : `(f32.convert_i32_s ${mul(inside(get('row'), plane[0], kernel[0]), inside(get('column'), plane[1], kernel[1]))})`
  return count('n', get('first'), get('last'), [
    set('a', add(argument(1), mul(get('n'), i32(4 * plane[0] * plane[1])))),
    ...zeros(get('a'), plane[0] * plane[1]),
    set('b', add(argument(0), mul(get('n'), i32(4 * windows[0] * windows[1])))),
    ...count('y', i32(0), i32(windows[0]), [
      set('row', add(mul(get('y'), i32(stride[0])), i32(-padding[0]))),
      ...count('x', i32(0), i32(windows[1]), [
        set('column', add(mul(get('x'), i32(stride[1])), i32(-padding[1]))),
        set('f', `(f32.div (f32.load ${get('b')}) ${divisor})`),
        set('b', add(get('b'), i32(4))),
        ...taps(kernel).flatMap(([ky, kx]) => [
          `(if (i32.and (i32.lt_u ${add(get('row'), i32(ky))} ${i32(plane[0])}) (i32.lt_u ${add(get('column'), i32(kx))} ${i32(plane[1])})) (then`,
          set('at', add(get('a'), bytes(add(mul(add(get('row'), i32(ky)), i32(plane[1])), get('column'), i32(kx))))),
          `(f32.store ${get('at')} (f32.add (f32.load ${get('at')}) ${get('f')}))))`,
        ]),
      ]),
    ]),
  ])
}

/** For each element of the kernel, the elements of all windows that it meets; zeros where it sticks out. */
function columns({ plane, windows, kernel, stride, padding, dilation }: PlaneKernel): string[] {
  const [height, width] = plane
  const [rows, length] = windows
  const row = (kx: number): string[] => {
    const shift = kx * dilation[1] - padding[1]
    const low = Math.min(length, Math.max(0, Math.ceil(-shift / stride[1])))
    const high = Math.max(low, Math.min(length, Math.floor((width - 1 - shift) / stride[1]) + 1))
    const fours = low + Math.floor((high - low) / 4) * 4
    const copy = (lanes: 4 | 1): string[] => {
      const pointer = add(get('b'), bytes(mul(get('x'), i32(stride[1]))))
      const to = add(get('at'), bytes(get('x')))
      return [lanes === 4 ? `(v128.store ${to} ${loadStrided(pointer, stride[1])})` : `(f32.store ${to} (f32.load ${pointer}))`]
    }
    return [
      ...zeros(get('at'), low),
      set('b', add(get('a'), bytes(add(mul(get('row'), i32(width)), i32(shift))))),
      ...(fours > low ? ['(block', ...count('x', i32(low), i32(fours), copy(4), 4), ')'] : []),
      ...(high > fours ? ['(block', ...count('x', i32(fours), i32(high), copy(1)), ')'] : []),
      ...zeros(add(get('at'), i32(4 * high)), length - high),
    ]
  }
  return count('n', get('first'), get('last'), [
    set('a', add(argument(0), mul(get('n'), i32(4 * height * width)))),
    set('at', add(argument(1), mul(get('n'), i32(4 * kernel[0] * kernel[1] * rows * length)))),
    ...taps(kernel).flatMap(([ky, kx]) => [
      '(block',
      ...count('y', i32(0), i32(rows), [
        set('row', add(mul(get('y'), i32(stride[0])), i32(ky * dilation[0] - padding[0]))),
        `(if (i32.lt_u ${get('row')} ${i32(height)}) (then`,
        ...row(kx),
        ') (else',
        ...zeros(get('at'), length),
        '))',
        set('at', add(get('at'), i32(4 * length))),
      ]),
      ')',
    ]),
  ])
}

function taps([height, width]: readonly [number, number]): [number, number][] {
  return Array.from({ length: height * width }, (_, i) => [Math.floor(i / width), i % width])
}

/** Maximum, its position, or average of each window. */
function gatherWindows({ operation, plane, windows, kernel, stride, padding, dilation, countIncludePad }: PlaneKernel): string[] {
  const [height, width] = plane
  const splat = (value: string): string => `(f32x4.splat (f32.const ${value}))`

  /** Windows from column `x` on, `lanes` of them: those of several lie inside, one may stick out. */
  const windowsAt = (lanes: 4 | 1): string[] => {
    const result = operation === 'position' ? get('index') : operation === 'maximum' ? get('best') : `(f32x4.div ${get('best')} ${countIncludePad ? splat(String(kernel[0] * kernel[1])) : `(f32x4.convert_i32x4_s (i32x4.splat ${get('hits')}))`})`
    const take = (kx: number): string[] => {
      const column = add(get('column'), i32(kx * dilation[1]))
      const pointer = add(get('b'), bytes(column))
      const value = lanes === 4 ? loadStrided(pointer, stride[1]) : `(v128.load32_zero ${pointer})`
      const index = add(mul(get('row'), i32(width)), column)
      const body =
        operation === 'average'
          ? [set('best', `(f32x4.add ${get('best')} ${value})`), set('hits', add(get('hits'), i32(1)))]
          : operation === 'maximum'
            ? [set('best', `(f32x4.max ${get('best')} ${value})`)]
            : [
                set('v', value),
                // the first of equal ones
                set('now', `(v128.or (f32x4.gt ${get('v')} ${get('best')}) (i32x4.eq (i32x4.splat ${get('hits')}) (v128.const i32x4 0 0 0 0)))`),
                set('hits', add(get('hits'), i32(1))),
                set('best', `(v128.bitselect ${get('v')} ${get('best')} ${get('now')})`),
                set('index', `(v128.bitselect (i32x4.add (i32x4.splat ${index}) (v128.const i32x4 0 ${stride[1]} ${2 * stride[1]} ${3 * stride[1]})) ${get('index')} ${get('now')})`),
              ]
      return lanes === 4 ? body : [`(if (i32.lt_u ${column} ${i32(width)}) (then`, ...body, '))']
    }
    return [
      set('best', operation === 'average' ? splat('0') : splat('-inf')),
      set('index', '(v128.const i32x4 0 0 0 0)'),
      set('hits', i32(0)),
      set('column', add(mul(get('x'), i32(stride[1])), i32(-padding[1]))),
      ...Array.from({ length: kernel[0] }, (_, ky) => ky).flatMap((ky) => [
        set('row', add(mul(get('y'), i32(stride[0])), i32(ky * dilation[0] - padding[0]))),
        `(if (i32.lt_u ${get('row')} ${i32(height)}) (then`,
        set('b', add(get('a'), bytes(mul(get('row'), i32(width))))),
        ...Array.from({ length: kernel[1] }, (_, kx) => kx).flatMap(take),
        '))',
      ]),
      lanes === 4 ? `(v128.store ${get('at')} ${result})` : `(v128.store32_lane 0 ${get('at')} ${result})`,
      set('at', add(get('at'), i32(4 * lanes))),
    ]
  }
  const low = Math.ceil(padding[1] / stride[1])
  const high = Math.floor((width - 1 + padding[1] - (kernel[1] - 1) * dilation[1]) / stride[1]) + 1
  const first = Math.min(low, windows[1])
  const fours = first + Math.max(0, Math.floor((Math.min(high, windows[1]) - first) / 4) * 4)
  return count('n', get('first'), get('last'), [
    set('a', add(argument(0), mul(get('n'), i32(4 * height * width)))),
    set('at', add(argument(1), mul(get('n'), i32(4 * windows[0] * windows[1])))),
    ...count('y', i32(0), i32(windows[0]), [
      ...(first > 0 ? count('x', i32(0), i32(first), windowsAt(1)) : []),
      ...(fours > first ? ['(block', ...count('x', i32(first), i32(fours), windowsAt(4), 4), ')'] : []),
      ...(windows[1] > fours ? ['(block', ...count('x', i32(fours), i32(windows[1]), windowsAt(1)), ')'] : []),
    ]),
  ])
}
