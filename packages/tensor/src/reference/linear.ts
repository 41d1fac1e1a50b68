import type { Node } from '../graph.js'
import type { Inputs } from '../interpret.js'
import type { ConvAttributes } from '../primitive.js'
import { sizeOf, stridesOf, type Shape } from '../shape.js'
import { broadcastStrides, positions, rounded, type Value } from './value.js'
import { windowTaps } from './window.js'

export function matmul([a, b]: Inputs<Value>, node: Node<'matmul'>): Value {
  const { shape } = node.outputs[0]!
  const [M, N] = shape.slice(-2) as [number, number]
  const K = a.shape.at(-1)!
  const leading = shape.slice(0, -2)
  const aStarts = positions(leading, batchStrides(a.shape, leading.length))
  const bStarts = positions(leading, batchStrides(b.shape, leading.length))
  const out = new Float64Array(sizeOf(shape))
  for (let n = 0; n < aStarts.length; n++) {
    for (let i = 0; i < M; i++) {
      const row = (n * M + i) * N
      for (let k = 0; k < K; k++) {
        const x = a.data[aStarts[n]! + i * K + k]!
        const bRow = bStarts[n]! + k * N
        for (let j = 0; j < N; j++) out[row + j] = out[row + j]! + x * b.data[bRow + j]!
      }
    }
  }
  return rounded(node, out)
}

function batchStrides(shape: Shape, rank: number): number[] {
  return broadcastStrides(shape.slice(0, -2), stridesOf(shape).slice(0, -2), rank)
}

/** y[n, o, p] = sum over c, k of x[n, c, tap(k, p)] w[o, c, k] */
export function conv([x, weight]: Inputs<Value>, node: Node<'conv'>): Value {
  const { shape } = node.outputs[0]!
  const y = new Float64Array(sizeOf(shape))
  forEachTap(x.shape, weight.shape, shape, node.attributes, (xStart, wIndex, yStart, taps) => {
    const w = weight.data[wIndex]!
    for (let p = 0; p < taps.length; p++)
      if (taps[p]! >= 0) y[yStart + p] = y[yStart + p]! + w * x.data[xStart + taps[p]!]!
  })
  return rounded(node, y)
}

/** dx[n, c, tap(k, p)] = sum over o, k, p of dy[n, o, p] w[o, c, k] */
export function convInputGradient([dy, weight]: Inputs<Value>, node: Node<'convInputGradient'>): Value {
  const { shape } = node.outputs[0]!
  const dx = new Float64Array(sizeOf(shape))
  forEachTap(shape, weight.shape, dy.shape, node.attributes, (xStart, wIndex, yStart, taps) => {
    const w = weight.data[wIndex]!
    for (let p = 0; p < taps.length; p++) {
      const at = xStart + taps[p]!
      if (taps[p]! >= 0) dx[at] = dx[at]! + w * dy.data[yStart + p]!
    }
  })
  return rounded(node, dx)
}

/** dw[o, c, k] = sum over n, p of x[n, c, tap(k, p)] dy[n, o, p] */
export function convWeightGradient([x, dy]: Inputs<Value>, node: Node<'convWeightGradient'>): Value {
  const { shape } = node.outputs[0]!
  const dw = new Float64Array(sizeOf(shape))
  forEachTap(x.shape, shape, dy.shape, node.attributes, (xStart, wIndex, yStart, taps) => {
    let sum = 0
    for (let p = 0; p < taps.length; p++) if (taps[p]! >= 0) sum += x.data[xStart + taps[p]!]! * dy.data[yStart + p]!
    dw[wIndex] = dw[wIndex]! + sum
  })
  return rounded(node, dw)
}

/**
 * A convolution is linear in x, in the weight and in y, so its three forms walk the same products: for each image n,
 * output channel o, channel c of its group and kernel entry k, `visit` gets where the plane of x starts, the index of
 * the weight, where the plane of y starts, and the tap in x's plane of each place of y's.
 */
function forEachTap(
  x: Shape,
  weight: Shape,
  y: Shape,
  attributes: ConvAttributes,
  visit: (xStart: number, wIndex: number, yStart: number, taps: Int32Array) => void,
): void {
  const [outChannels, groupChannels, ...kernel] = weight as [number, number, ...number[]]
  const rank = kernel.length
  const spatial = x.slice(-rank)
  const places = y.slice(-rank)
  const images = sizeOf(y.slice(0, -rank - 1))
  const channels = groupChannels * attributes.groups
  const [plane, outPlane, entries] = [sizeOf(spatial), sizeOf(places), sizeOf(kernel)]
  const all = windowTaps(spatial, kernel, places, attributes)
  const taps = Array.from({ length: entries }, (_, k) => all.subarray(k * outPlane, (k + 1) * outPlane))
  for (let n = 0; n < images; n++) {
    for (let o = 0; o < outChannels; o++) {
      const group = Math.floor((o * attributes.groups) / outChannels)
      for (let c = 0; c < groupChannels; c++) {
        const xStart = (n * channels + group * groupChannels + c) * plane
        for (let k = 0; k < entries; k++)
          visit(xStart, (o * groupChannels + c) * entries + k, (n * outChannels + o) * outPlane, taps[k]!)
      }
    }
  }
}
