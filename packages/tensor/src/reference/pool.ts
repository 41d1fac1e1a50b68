import type { Node } from '../graph.js'
import type { Inputs } from '../interpret.js'
import type { AveragePoolAttributes, Window } from '../primitive.js'
import { sizeOf, type Shape } from '../shape.js'
import { output, rounded, type Value } from './value.js'
import { windowTaps } from './window.js'

export function maxPool([x]: Inputs<Value>, node: Node<'maxPool'>): Value {
  const out = output(node)
  forEachMaximum(x, node, (at, maximum) => (out.data[at] = maximum))
  return out
}

export function argmaxPool([x]: Inputs<Value>, node: Node<'argmaxPool'>): Value {
  const out = output(node)
  forEachMaximum(x, node, (at, _, tap) => (out.data[at] = tap))
  return out
}

function forEachMaximum(
  x: Value,
  node: Node<'maxPool' | 'argmaxPool'>,
  visit: (at: number, maximum: number, tap: number) => void,
): void {
  forEachWindow(x.shape, node.outputs[0]!.shape, node.attributes.kernel, node.attributes, (xStart, at, taps) => {
    let best = taps[0] ?? 0
    for (const tap of taps) if (x.data[xStart + tap]! > x.data[xStart + best]!) best = tap
    visit(at, taps.length === 0 ? -Infinity : x.data[xStart + best]!, best)
  })
}

export function averagePool([x]: Inputs<Value>, node: Node<'averagePool'>): Value {
  const out = output(node)
  forEachAverage(x.shape, out.shape, node.attributes, (xStart, at, taps, divisor) => {
    let sum = 0
    for (const tap of taps) sum += x.data[xStart + tap]!
    out.data[at] = sum / divisor
  })
  return out
}

export function averagePoolGradient([dy]: Inputs<Value>, node: Node<'averagePoolGradient'>): Value {
  const { shape } = node.outputs[0]!
  const dx = new Float64Array(sizeOf(shape))
  forEachAverage(shape, dy.shape, node.attributes, (xStart, at, taps, divisor) => {
    for (const tap of taps) dx[xStart + tap] = dx[xStart + tap]! + dy.data[at]! / divisor
  })
  return rounded(node, dx)
}

function forEachAverage(
  x: Shape,
  y: Shape,
  attributes: AveragePoolAttributes,
  visit: (xStart: number, at: number, taps: readonly number[], divisor: number) => void,
): void {
  const { kernel, countIncludePad } = attributes
  const window = { ...attributes, dilation: kernel.map(() => 1) }
  forEachWindow(x, y, kernel, window, (xStart, at, taps) =>
    visit(xStart, at, taps, countIncludePad ? sizeOf(kernel) : taps.length),
  )
}

/**
 * For each place of y: where its plane of x starts, its own index, and the positions in that plane under the window.
 */
function forEachWindow(
  x: Shape,
  y: Shape,
  kernel: readonly number[],
  window: Window,
  visit: (xStart: number, at: number, taps: readonly number[]) => void,
): void {
  const rank = kernel.length
  const spatial = x.slice(-rank)
  const places = y.slice(-rank)
  const all = windowTaps(spatial, kernel, places, window)
  const [plane, outPlane] = [sizeOf(spatial), sizeOf(places)]
  const taps = Array.from({ length: outPlane }, (_, p) =>
    Array.from({ length: sizeOf(kernel) }, (_, k) => all[k * outPlane + p]!).filter((tap) => tap >= 0),
  )
  for (let image = 0; image < sizeOf(y.slice(0, -rank)); image++) {
    for (let p = 0; p < outPlane; p++) visit(image * plane, image * outPlane + p, taps[p]!)
  }
}
