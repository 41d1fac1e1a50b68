import { sizeOf, type Tensor } from '@snn/tensor'
import { isPrimitive, type Node } from '@snn/tensor/backend'

/** Pooling of each plane of its input: planes are independent of each other. */
export interface PlaneKernel {
  readonly operation: 'maximum' | 'position' | 'average'
  /** Height and width of the plane that windows lie in; 1 high for one spatial axis. */
  readonly plane: readonly [number, number]
  /** Height and width of the plane of windows. */
  readonly windows: readonly [number, number]
  readonly kernel: readonly [number, number]
  readonly stride: readonly [number, number]
  /** Low padding. */
  readonly padding: readonly [number, number]
  readonly dilation: readonly [number, number]
  readonly countIncludePad: boolean
}

/** A node as a kernel over planes. */
export interface FusedPlanes {
  readonly kernel: PlaneKernel
  readonly inputs: readonly Tensor[]
  readonly output: Tensor
  readonly planes: number
}

/** More elements of a window than this are left to others. */
export const largestWindow = 64

/** Height and width: of one spatial axis, the width. */
export type Pair = readonly [number, number]

/** The last one or two axes as two. */
export function pair(values: readonly number[], fill: number): Pair {
  return values.length === 1 ? [fill, values[0]!] : [values[0]!, values[1]!]
}

/** `node` as a kernel over planes; undefined when it is none, or its windows are large, or lie along three axes. */
export function fusePlanes(node: Node): FusedPlanes | undefined {
  const [input, output] = [node.inputs[0], node.outputs[0]!]
  const isMaximum = isPrimitive(node, 'maxPool') || isPrimitive(node, 'argmaxPool')
  if (!(isMaximum || isPrimitive(node, 'averagePool')) || input!.dtype !== 'float32') return undefined
  const { kernel, stride, padding } = node.attributes
  if (kernel.length > 2 || sizeOf(kernel) > largestWindow) return undefined
  const [plane, windows] = [input!, output].map(({ shape }) => pair(shape.slice(-kernel.length), 1)) as [Pair, Pair]
  const form: PlaneKernel = {
    operation: isPrimitive(node, 'maxPool') ? 'maximum' : isPrimitive(node, 'argmaxPool') ? 'position' : 'average',
    plane,
    windows,
    kernel: pair(kernel, 1),
    stride: pair(stride, 1),
    padding: pair(
      padding.map(([low]) => low),
      0,
    ),
    dilation: isMaximum ? pair(node.attributes.dilation, 1) : [1, 1],
    countIncludePad: isPrimitive(node, 'averagePool') && node.attributes.countIncludePad,
  }
  const size = sizeOf(windows)
  return { kernel: form, inputs: node.inputs, output, planes: size === 0 ? 0 : sizeOf(output.shape) / size }
}
