import type { MemoryType } from '../memory-type.js'
import type { PlaneKernel } from '../planes.js'
import { bytesOf } from '../scalar.js'
import { loadStrided, printStore } from './memory.js'
import { printModule } from './module.js'
import { poolingFunction } from './pooling.js'
import { add, bytes, count, get, i32, mul, set } from './text.js'

/**
 * A kernel over planes as WebAssembly text: `run(args, first, last, thread)` computes the planes from `first` to before `last`; `args`
 * points to the addresses of the inputs and of the output. Up to 16 bytes behind an input may be read.
 */
export function printPlanes(kernel: PlaneKernel, memory: MemoryType): string {
  const { operation } = kernel
  const isPooling = operation === 'maximum' || operation === 'position' || operation === 'average'
  const text = operation === 'columns' ? columns(kernel) : operation === 'scatter' ? scatter(kernel) : operation === 'spread' ? spread(kernel) : pool(kernel)
  return printModule(memory, [
    ...(isPooling ? poolingFunction('pool', kernel) : []),
    '(func (export "run") (param $args i32) (param $first i32) (param $last i32) (param $thread i32)',
    ...['a', 'b', 'y', 'x', 'row', 'column', 'n', 'at'].map((name) => `(local $${name} i32)`),
    '(local $f f32)',
    ...text,
    ')',
  ])
}

function pool({ plane, windows }: PlaneKernel): string[] {
  const from = (index: number, [height, width]: readonly [number, number]): string => add(argument(index), mul(get('first'), i32(4 * height * width)))
  return [`(call $pool ${from(0, plane)} ${from(1, windows)} (i32.sub ${get('last')} ${get('first')}))`]
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
function columns({ kind, plane, windows, kernel, stride, padding, dilation }: PlaneKernel): string[] {
  const [height, width] = plane
  const [rows, length] = windows
  const size = (elements: number): string => i32(bytesOf(kind) * elements)
  const row = (kx: number): string[] => {
    const shift = kx * dilation[1] - padding[1]
    const low = Math.min(length, Math.max(0, Math.ceil(-shift / stride[1])))
    const high = Math.max(low, Math.min(length, Math.floor((width - 1 - shift) / stride[1]) + 1))
    const fours = low + Math.floor((high - low) / 4) * 4
    const copy = (lanes: 4 | 1): string[] => {
      const pointer = add(get('b'), mul(get('x'), size(stride[1])))
      const to = add(get('at'), bytes(get('x')))
      const value = loadStrided(kind, lanes, pointer, stride[1])
      return [printStore('float', lanes, to, kind === 'byte' ? `(f32x4.convert_i32x4_s ${value})` : value)]
    }
    return [
      ...zeros(get('at'), low),
      set('b', add(get('a'), mul(get('row'), size(width)), size(shift))),
      ...(fours > low ? ['(block', ...count('x', i32(low), i32(fours), copy(4), 4), ')'] : []),
      ...(high > fours ? ['(block', ...count('x', i32(fours), i32(high), copy(1)), ')'] : []),
      ...zeros(add(get('at'), i32(4 * high)), length - high),
    ]
  }
  return count('n', get('first'), get('last'), [
    set('a', add(argument(0), mul(get('n'), size(height * width)))),
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
