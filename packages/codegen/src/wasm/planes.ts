import type { PlaneKernel } from '../form/planes.js'
import { argument } from './argument.js'
import { call, type Value, type WasmFunction } from './instruction.js'
import { poolingFunction } from './pooling.js'
import { args, first, last, runFunction } from './run-function.js'
import { add, mul, sub } from './word.js'

/**
 * `run(args, first, last, thread)` computes the planes from `first` to before `last`; `args` points to the addresses of
 * the input and of the output. Up to 16 bytes behind an input may be read.
 */
export function planesFunction(kernel: PlaneKernel): WasmFunction {
  const { plane, windows } = kernel
  /** Of the first plane of so many elements of four bytes. */
  const start = (index: number, elements: number): Value<'word'> => add(argument(args, index), mul(first, 4 * elements))
  return runFunction([
    call(
      poolingFunction('pool', kernel),
      start(0, plane[0] * plane[1]),
      start(1, windows[0] * windows[1]),
      sub(last, first),
    ),
  ])
}
