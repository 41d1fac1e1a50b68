import type { DepthwiseKernel } from '../form/depthwise.js'
import { insideColumns } from '../layout/windows.js'
import { range } from '../range.js'
import { argument } from './argument.js'
import { count } from './flow.js'
import { set, vectors, when, words, type Instruction, type Value, type WasmFunction } from './instruction.js'
import { loadStrided } from './memory.js'
import { args, first, last, runFunction } from './run-function.js'
import { f32x4, loadSplat, storeLane, storeVector } from './vector.js'
import { add, bytes, lt, mul, rem } from './word.js'

const { n, channel, k, bias, x, y, v, u, row, column, b } = words(
  'n',
  'channel',
  'k',
  'bias',
  'x',
  'y',
  'v',
  'u',
  'row',
  'column',
  'b',
)
const { sum } = vectors('sum')
/**
 * A depthwise convolution: `run(args, first, last, thread)` computes the planes from `first` to before `last`; `args`
 * points to the addresses of the input, the weights, the biases and the output. To the bias of its channel a window
 * adds its elements that lie inside, row by row. Up to 32 bytes behind the input may be read.
 */
export function depthwiseFunction(form: DepthwiseKernel): WasmFunction {
  const { channels, plane, windows, kernel, stride, padding, dilation } = form
  const [height, width] = plane
  const { low, high } = insideColumns(form)
  const address = (index: number): Value<'word'> => argument(args, index)
  /** Windows from column `u` on: four that lie inside, or one that may stick out. */
  const windowsAt = (lanes: 4 | 1): Instruction[] => {
    const take = (ky: number, kx: number): Instruction[] => {
      const place = add(column, kx * dilation[1])
      const element = loadStrided('float32', lanes, add(b, bytes(place)), stride[1])
      const added = set(sum, f32x4.add(sum, f32x4.mul(loadSplat(k, 4 * (ky * kernel[1] + kx)), element)))
      return lanes === 4 ? [added] : [when(lt(place, width), [added])]
    }
    return [
      set(sum, loadSplat(bias)),
      set(column, add(mul(u, stride[1]), -padding[1])),
      ...range(kernel[0]).flatMap((ky) => [
        set(row, add(mul(v, stride[0]), ky * dilation[0] - padding[0])),
        when(lt(row, height), [
          set(b, add(x, bytes(mul(row, width)))),
          ...range(kernel[1]).flatMap((kx) => take(ky, kx)),
        ]),
      ]),
      lanes === 4 ? storeVector(add(y, bytes(u)), sum) : storeLane(0, add(y, bytes(u)), sum),
    ]
  }
  const whole = low + Math.floor((high - low) / 4) * 4
  const ones = (from: number, to: number): Instruction[] => (to > from ? count(u, from, to, windowsAt(1)) : [])
  return runFunction(
    count(n, first, last, [
      set(channel, rem(n, channels)),
      set(k, add(address(1), mul(channel, 4 * kernel[0] * kernel[1]))),
      set(bias, add(address(2), bytes(channel))),
      set(x, add(address(0), mul(n, 4 * height * width))),
      set(y, add(address(3), mul(n, 4 * windows[0] * windows[1]))),
      ...count(v, 0, windows[0], [
        ...ones(0, low),
        ...(whole > low ? count(u, low, whole, windowsAt(4), 4) : []),
        ...ones(whole, windows[1]),
        set(y, add(y, 4 * windows[1])),
      ]),
    ]),
  )
}
