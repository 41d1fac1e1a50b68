import { sizeOf, type Shape } from '@snn/tensor'
import { isPrimitive, type Node } from '@snn/tensor/backend'
import { planeWindows, type Pair, type PlaneWindows } from './planes.js'

/**
 * A convolution that skips zeros: the values of the input that are not zero are listed, row by row, and each window
 * adds up the weights of those that lie in it, times their values.
 */
export interface EventConvKernel extends PlaneWindows {
  /** Channels of the input and filters of one group. */
  readonly channels: number
  readonly filters: number
  readonly groups: number
}

/** Fewer filters in a group than this share too little. */
const fewestFilters = 4

/**
 * `node` as an event-driven kernel: a convolution, or a product with a matrix, which is a convolution of rows by
 * kernels as long as they are. undefined for three spatial axes, groups of few filters, and data that are no floats.
 */
export function fuseEventConv(node: Node): EventConvKernel | undefined {
  if (node.inputs[0]?.dtype !== 'float32' || [...node.inputs, ...node.outputs].some(({ shape }) => sizeOf(shape) === 0))
    return undefined
  const kernel = isPrimitive(node, 'conv') ? windowOf(node) : isPrimitive(node, 'matmul') ? productOf(node) : undefined
  return kernel && kernel.filters >= fewestFilters ? kernel : undefined
}

function windowOf({ inputs, outputs, attributes }: Node<'conv'>): EventConvKernel | undefined {
  const { groups } = attributes
  const [filters, channels, ...kernel] = inputs[1]!.shape as [number, number, ...number[]]
  if (kernel.length > 2) return undefined
  return {
    channels,
    filters: filters / groups,
    groups,
    ...planeWindows(inputs[0]!.shape, outputs[0]!.shape, { ...attributes, kernel }),
  }
}

/** a [.., M, K] times b [K, N]: the weights of the kernel are b transposed. */
function productOf({ inputs }: Node<'matmul'>): EventConvKernel | undefined {
  const [a, b] = inputs.map(({ shape }) => shape) as [Shape, Shape]
  if (a.length < 2 || b.length !== 2) return undefined
  const row: Pair = [1, b[0]!]
  return {
    channels: 1,
    filters: b[1]!,
    groups: 1,
    plane: row,
    windows: [1, 1],
    kernel: row,
    stride: [1, 1],
    padding: [0, 0],
    dilation: [1, 1],
  }
}
