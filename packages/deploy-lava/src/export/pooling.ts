import type { Layer, NetworkNode } from '@snn/nn'
import type { Padding } from '@snn/tensor'
import { poolMap, type ConvMap } from './linear-map.js'
import { cannotExport } from './refuse.js'

type Refuse = (reason: string, fix: string) => Error

/** Kinds of layers that take the maximum of windows. */
export const isMaxPool = ({ kind }: Layer): boolean => kind === 'maxPool' || kind === 'globalMaxPool'

/** The windows of a maximum pooling of spikes of shape `from`. @throws `CONVERT_UNSUPPORTED` */
export function maxPoolOf({ name, layer: { kind, config } }: NetworkNode, from: readonly number[]): ConvMap {
  const refuse: Refuse = (reason, fix) => cannotExport(name, kind, reason, fix)
  if (from.length !== 3) throw refuse(`pooling of [${from.join(',')}]`, 'Pool over two axes.')
  const [channels, height, width] = from as [number, number, number]
  if (kind === 'globalMaxPool') return poolMap(channels, [height, width], [1, 1], [0, 0])
  const { kernel, stride, padding, dilation } = config as unknown as { readonly kernel: [number, number]; readonly stride: [number, number]; readonly padding: readonly Padding[]; readonly dilation: readonly number[] }
  if (dilation.some((n) => n !== 1)) throw refuse('windows with gaps', 'Pool without dilation.')
  return poolMap(channels, kernel, stride, symmetric(padding, refuse))
}

/** The windows of an average pooling of `from` to `shape`. */
export function averagePoolOf({ kind, config }: Layer, [channels, height, width]: readonly [number, number, number], shape: readonly number[], refuse: Refuse): ConvMap {
  if (kind === 'globalAveragePool') return poolMap(channels, [height, width], [1, 1], [0, 0])
  if (kind === 'adaptiveAveragePool') {
    const window = [height / shape[1]!, width / shape[2]!] as const
    if (!window.every(Number.isInteger)) throw refuse(`windows of different sizes from [${height},${width}] to [${shape.slice(1).join(',')}]`, 'Pool in windows that fit.')
    return poolMap(channels, window, window, [0, 0])
  }
  const { kernel, stride, padding, countIncludePad } = config as unknown as { readonly kernel: [number, number]; readonly stride: [number, number]; readonly padding: readonly Padding[]; readonly countIncludePad: boolean }
  const pad = symmetric(padding, refuse)
  if (pad.some((p) => p > 0) && !countIncludePad) throw refuse('means at the edge that leave padding out', 'Use countIncludePad: true.')
  return poolMap(channels, kernel, stride, pad)
}

/** Padding of both sides of each axis, which must be the same. */
export function symmetric(padding: readonly Padding[], refuse: Refuse): [number, number] {
  if (padding.some(([low, high]) => low !== high)) throw refuse('padding that differs between the two sides', 'Pad both sides alike.')
  return padding.map(([low]) => low) as [number, number]
}
