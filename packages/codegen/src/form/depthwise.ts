import { sizeOf } from '@snn/tensor'
import type { Node } from '@snn/tensor/backend'
import { largestWindow, pair, type Pair } from './planes.js'

/** A depthwise convolution: each plane of the input gives one, by the weights and the bias of its channel. */
export interface DepthwiseKernel {
  readonly channels: number
  readonly plane: Pair
  readonly windows: Pair
  readonly kernel: Pair
  readonly stride: Pair
  /** Low padding. */
  readonly padding: Pair
  readonly dilation: Pair
}

/** A node as a kernel over planes. */
export interface FusedDepthwise {
  readonly kernel: DepthwiseKernel
  readonly planes: number
}

/**
 * `node` as a kernel over planes; undefined where a filter sees several channels, or a channel has several filters, and
 * for large windows and three spatial axes.
 */
export function fuseDepthwise({ inputs, outputs, attributes }: Node<'conv'>): FusedDepthwise | undefined {
  const { stride, padding, dilation, groups } = attributes
  const [filters, channels, ...kernel] = inputs[1]!.shape as [number, number, ...number[]]
  if (channels !== 1 || filters !== groups || kernel.length > 2 || sizeOf(kernel) > largestWindow) return undefined
  const [plane, windows] = [inputs[0]!, outputs[0]!].map(({ shape }) => pair(shape.slice(-kernel.length), 1)) as [
    Pair,
    Pair,
  ]
  return {
    kernel: {
      channels: filters,
      plane,
      windows,
      kernel: pair(kernel, 1),
      stride: pair(stride, 1),
      padding: pair(
        padding.map(([low]) => low),
        0,
      ),
      dilation: pair(dilation, 1),
    },
    planes: sizeOf(outputs[0]!.shape) / sizeOf(windows),
  }
}
