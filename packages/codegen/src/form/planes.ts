import { sizeOf, type Shape, type Tensor } from '@snn/tensor'
import { isPrimitive, type Node } from '@snn/tensor/backend'

/** Height and width: of one spatial axis, the width. */
export type Pair = readonly [number, number]

/** Where windows lie in a plane. */
export interface PlaneWindows {
  /** Height and width of the plane that windows lie in; 1 high for one spatial axis. */
  readonly plane: Pair
  /** Height and width of the plane of windows. */
  readonly windows: Pair
  readonly kernel: Pair
  readonly stride: Pair
  /** Low padding. */
  readonly padding: Pair
  readonly dilation: Pair
}

/** Pooling of each plane of its input: planes are independent of each other. */
export interface PlaneKernel extends PlaneWindows {
  readonly operation: 'maximum' | 'position' | 'average'
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

/** Along the last one or two axes of an input and of its result. */
export function planeWindows(
  input: Shape,
  output: Shape,
  { kernel, stride, padding, dilation }: WindowAttributes,
): PlaneWindows {
  const spatial = (shape: Shape): Pair => pair(shape.slice(-kernel.length), 1)
  return {
    plane: spatial(input),
    windows: spatial(output),
    kernel: pair(kernel, 1),
    stride: pair(stride, 1),
    padding: pair(
      padding.map(([low]) => low),
      0,
    ),
    dilation: pair(dilation, 1),
  }
}

interface WindowAttributes {
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly (readonly [low: number, high: number])[]
  readonly dilation: readonly number[]
}

/** The last one or two axes as two. */
function pair(values: readonly number[], fill: number): Pair {
  return values.length === 1 ? [fill, values[0]!] : [values[0]!, values[1]!]
}

/** `node` as a kernel over planes; undefined when it is none, or its windows are large, or lie along three axes. */
export function fusePlanes(node: Node): FusedPlanes | undefined {
  const [input, output] = [node.inputs[0], node.outputs[0]!]
  const isMaximum = isPrimitive(node, 'maxPool') || isPrimitive(node, 'argmaxPool')
  if (!(isMaximum || isPrimitive(node, 'averagePool')) || input!.dtype !== 'float32') return undefined
  const { kernel } = node.attributes
  if (kernel.length > 2 || sizeOf(kernel) > largestWindow) return undefined
  const dilation = isMaximum ? node.attributes.dilation : kernel.map(() => 1)
  const windows = planeWindows(input!.shape, output.shape, { ...node.attributes, dilation })
  const form: PlaneKernel = {
    operation: isPrimitive(node, 'maxPool') ? 'maximum' : isPrimitive(node, 'argmaxPool') ? 'position' : 'average',
    ...windows,
    countIncludePad: isPrimitive(node, 'averagePool') && node.attributes.countIncludePad,
  }
  const size = sizeOf(windows.windows)
  return { kernel: form, inputs: node.inputs, output, planes: size === 0 ? 0 : sizeOf(output.shape) / size }
}
