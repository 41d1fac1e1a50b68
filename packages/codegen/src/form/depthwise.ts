import { sizeOf } from '@snn/tensor'
import type { Node } from '@snn/tensor/backend'
import { largestWindow, planeWindows, type PlaneWindows } from './planes.js'

/** A depthwise convolution: each plane of the input gives one, by the weights and the bias of its channel. */
export interface DepthwiseKernel extends PlaneWindows {
  readonly channels: number
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
  const [filters, channels, ...kernel] = inputs[1]!.shape as [number, number, ...number[]]
  if (channels !== 1 || filters !== attributes.groups || kernel.length > 2 || sizeOf(kernel) > largestWindow)
    return undefined
  const windows = planeWindows(inputs[0]!.shape, outputs[0]!.shape, { ...attributes, kernel })
  return { kernel: { channels: filters, ...windows }, planes: sizeOf(outputs[0]!.shape) / sizeOf(windows.windows) }
}
