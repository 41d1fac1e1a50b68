import { bytesPerElement } from '@snn/tensor'
import type { PlaneKernel } from '../form/planes.js'
import { loadFloat, loadWord, storeFloat } from './access.js'
import { argument } from './argument.js'
import { count } from './flow.js'
import { call, float, set, variable, when, words, type Instruction, type Value, type WasmFunction, type Word } from './instruction.js'
import { loadStrided, store } from './memory.js'
import { poolingFunction } from './pooling.js'
import { args, first, last, runFunction } from './run-function.js'
import { f32x4, storeVector, zeros } from './vector.js'
import { add, addFloats, andBits, bytes, choose, divFloats, fill, gtSigned, lt, ltSigned, mul, sub, toFloat } from './word.js'

const { a, b, y, x, row, column, n, at } = words('a', 'b', 'y', 'x', 'row', 'column', 'n', 'at')
const share = variable('f32', 'f')

/**
 * `run(args, first, last, thread)` computes the planes from `first` to before `last`; `args` points to the addresses of the inputs and of the
 * output. Up to 16 bytes behind an input may be read.
 */
export function planesFunction(kernel: PlaneKernel): WasmFunction {
  switch (kernel.operation) {
    case 'columns':
      return runFunction(columns(kernel))
    case 'scatter':
      return runFunction(scatter(kernel))
    case 'spread':
      return runFunction(spread(kernel))
    default:
      return runFunction([pool(kernel)])
  }
}

/** Of plane `plane` of so many elements of four bytes. */
const planeOf = (index: number, plane: Word, elements: number): Value<'word'> => add(argument(args, index), mul(plane, 4 * elements))

function pool(kernel: PlaneKernel): Instruction {
  const { plane, windows } = kernel
  return call(poolingFunction('pool', kernel), planeOf(0, first, plane[0] * plane[1]), planeOf(1, first, windows[0] * windows[1]), sub(last, first))
}

/** Writes `elements` zeros from `to` on. Filling costs a call, so few are stored. */
function clear(to: Word, elements: number): Instruction[] {
  if (elements > 64) return [fill(to, 0, 4 * elements)]
  const fours = elements >> 2
  return [
    ...Array.from({ length: fours }, (_, i) => storeVector(to, zeros, 16 * i)),
    ...Array.from({ length: elements % 4 }, (_, i) => storeFloat(to, float(0), 16 * fours + 4 * i)),
  ]
}

function scatter({ plane, windows }: PlaneKernel): Instruction[] {
  const [size, updates] = [plane[0] * plane[1], windows[0] * windows[1]]
  return count(n, first, last, [
    set(a, planeOf(2, n, size)),
    ...clear(a, size),
    set(b, planeOf(0, n, updates)),
    set(y, planeOf(1, n, updates)),
    ...count(x, 0, updates, [
      set(at, add(a, bytes(loadWord(b)))),
      storeFloat(at, addFloats(loadFloat(at), loadFloat(y))),
      set(b, add(b, 4)),
      set(y, add(y, 4)),
    ]),
  ])
}

/** How many elements of the window that begins at `start` lie inside of `size`. */
function inside(start: Value<'word'>, size: number, kernel: number): Value<'word'> {
  const clamp = (value: Value<'word'>): Value<'word'> => {
    const low = choose(gtSigned(value, 0), value, 0)
    return choose(ltSigned(low, size), low, size)
  }
  return sub(clamp(add(start, kernel)), clamp(start))
}

function spread({ plane, windows, kernel, stride, padding, countIncludePad }: PlaneKernel): Instruction[] {
  const divisor = countIncludePad ? float(kernel[0] * kernel[1]) : toFloat(mul(inside(row, plane[0], kernel[0]), inside(column, plane[1], kernel[1])))
  return count(n, first, last, [
    set(a, planeOf(1, n, plane[0] * plane[1])),
    ...clear(a, plane[0] * plane[1]),
    set(b, planeOf(0, n, windows[0] * windows[1])),
    ...count(y, 0, windows[0], [
      set(row, add(mul(y, stride[0]), -padding[0])),
      ...count(x, 0, windows[1], [
        set(column, add(mul(x, stride[1]), -padding[1])),
        set(share, divFloats(loadFloat(b), divisor)),
        set(b, add(b, 4)),
        ...taps(kernel).map(([ky, kx]) =>
          when(andBits(lt(add(row, ky), plane[0]), lt(add(column, kx), plane[1])), [
            set(at, add(a, bytes(add(mul(add(row, ky), plane[1]), column, kx)))),
            storeFloat(at, addFloats(loadFloat(at), share)),
          ]),
        ),
      ]),
    ]),
  ])
}

/** For each element of the kernel, the elements of all windows that it meets; zeros where it sticks out. */
function columns({ kind, plane, windows, kernel, stride, padding, dilation }: PlaneKernel): Instruction[] {
  const [height, width] = plane
  const [rows, length] = windows
  const size = (elements: number): number => bytesPerElement(kind) * elements
  const rowOf = (kx: number): Instruction[] => {
    const shift = kx * dilation[1] - padding[1]
    const low = Math.min(length, Math.max(0, Math.ceil(-shift / stride[1])))
    const high = Math.max(low, Math.min(length, Math.floor((width - 1 - shift) / stride[1]) + 1))
    const fours = low + Math.floor((high - low) / 4) * 4
    const copy = (lanes: 4 | 1): Instruction[] => {
      const value = loadStrided(kind, lanes, add(b, mul(x, size(stride[1]))), stride[1])
      return [store('float32', lanes, add(at, bytes(x)), kind === 'uint8' ? f32x4.convert_i32x4_s(value) : value)]
    }
    return [
      ...clear(at, low),
      set(b, add(a, mul(row, size(width)), size(shift))),
      ...(fours > low ? count(x, low, fours, copy(4), 4) : []),
      ...(high > fours ? count(x, fours, high, copy(1)) : []),
      ...clear(add(at, 4 * high), length - high),
    ]
  }
  return count(n, first, last, [
    set(a, add(argument(args, 0), mul(n, size(height * width)))),
    set(at, planeOf(1, n, kernel[0] * kernel[1] * rows * length)),
    ...taps(kernel).flatMap(([ky, kx]) =>
      count(y, 0, rows, [
        set(row, add(mul(y, stride[0]), ky * dilation[0] - padding[0])),
        when(lt(row, height), rowOf(kx), clear(at, length)),
        set(at, add(at, 4 * length)),
      ]),
    ),
  ])
}

function taps([height, width]: readonly [number, number]): [number, number][] {
  return Array.from({ length: height * width }, (_, i) => [Math.floor(i / width), i % width])
}
