import {
  adaptiveAveragePoolLayer,
  averagePoolLayer,
  globalMaxPoolLayer,
  maxPoolLayer,
  type Layer,
  type LayerOf,
} from '@snn/nn'
import type { Padding } from '@snn/tensor'
import { poolMap, type ConvMap } from './linear-map.js'
import { cannotExport, type Refuse } from './refuse.js'

/** Layers that take the mean of windows. */
export type AveragePool = LayerOf<'averagePool'> | LayerOf<'globalAveragePool'> | LayerOf<'adaptiveAveragePool'>

type MaxPool = LayerOf<'maxPool'> | LayerOf<'globalMaxPool'>

/** Whether a layer takes the maximum of windows. */
export const isMaxPool = (layer: Layer): layer is MaxPool => maxPoolLayer.is(layer) || globalMaxPoolLayer.is(layer)

/** The windows of a maximum pooling, called `name`, of spikes of shape `from`. @throws `CONVERT_UNSUPPORTED` */
export function maxPoolOf(name: string, layer: MaxPool, from: readonly number[]): ConvMap {
  const refuse: Refuse = (reason, fix) => cannotExport(name, layer.kind, reason, fix)
  if (from.length !== 3) throw refuse(`pooling of [${from.join(',')}]`, 'Pool over two axes.')
  const [channels, height, width] = from as [number, number, number]
  if (!maxPoolLayer.is(layer)) return poolMap(channels, [height, width], [1, 1], [0, 0])
  const { kernel, stride, padding, dilation } = layer.config
  if (dilation.some((n) => n !== 1)) throw refuse('windows with gaps', 'Pool without dilation.')
  return poolMap(channels, pair(kernel), pair(stride), symmetric(padding, refuse))
}

/** The windows of an average pooling of `from` to `shape`. */
export function averagePoolOf(
  layer: AveragePool,
  [channels, height, width]: readonly [number, number, number],
  shape: readonly number[],
  refuse: Refuse,
): ConvMap {
  if (adaptiveAveragePoolLayer.is(layer)) {
    const window = [height / shape[1]!, width / shape[2]!] as const
    if (!window.every(Number.isInteger))
      throw refuse(
        `windows of different sizes from [${height},${width}] to [${shape.slice(1).join(',')}]`,
        'Pool in windows that fit.',
      )
    return poolMap(channels, window, window, [0, 0])
  }
  if (!averagePoolLayer.is(layer)) return poolMap(channels, [height, width], [1, 1], [0, 0])
  const { kernel, stride, padding, countIncludePad } = layer.config
  const pad = symmetric(padding, refuse)
  if (pad.some((p) => p > 0) && !countIncludePad)
    throw refuse('means at the edge that leave padding out', 'Use countIncludePad: true.')
  return poolMap(channels, pair(kernel), pair(stride), pad)
}

/** Padding of both sides of each axis, which must be the same. */
export function symmetric(padding: readonly Padding[], refuse: Refuse): [number, number] {
  if (padding.some(([low, high]) => low !== high))
    throw refuse('padding that differs between the two sides', 'Pad both sides alike.')
  return padding.map(([low]) => low) as [number, number]
}

/** Sizes along the two axes of a picture. */
export function pair([height, width]: readonly number[]): [number, number] {
  return [height!, width!]
}
