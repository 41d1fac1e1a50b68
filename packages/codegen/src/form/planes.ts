import { isPrimitive, sizeOf, type Node, type Shape, type Tensor } from '@snn/tensor'

/** An operation on each plane of its inputs, such as pooling: planes are independent of each other. */
export interface PlaneKernel {
  readonly operation: 'maximum' | 'position' | 'average' | 'spread' | 'scatter' | 'columns'
  /** Of the values that it reads: uint8 for `columns` alone. */
  readonly kind: 'float32' | 'uint8'
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
const largestWindow = 64

/** Height and width: of one spatial axis, the width. */
export type Pair = readonly [number, number]

/** The last one or two axes as two. */
export function pair(values: readonly number[], fill: number): Pair {
  return values.length === 1 ? [fill, values[0]!] : [values[0]!, values[1]!]
}

/** `node` as a kernel over planes; undefined when it is none, or its windows are large, or lie along three axes. */
export function fusePlanes(node: Node): FusedPlanes | undefined {
  const output = node.outputs[0]!
  if (node.inputs.some(({ dtype }) => dtype !== 'float32' && dtype !== 'int32')) return undefined
  if (isPrimitive(node, 'scatterAdd')) {
    const { axis, size } = node.attributes
    if (axis !== output.shape.length - 1 || output.dtype !== 'float32') return undefined
    const count = node.inputs[0]!.shape.at(-1)!
    return planes(node, 'scatter', [1, size], [1, count], { kernel: [1, 1], stride: [1, 1], padding: [0, 0], dilation: [1, 1], countIncludePad: false })
  }
  const isMaximum = isPrimitive(node, 'maxPool') || isPrimitive(node, 'argmaxPool')
  const isAverage = isPrimitive(node, 'averagePool') || isPrimitive(node, 'averagePoolGradient')
  if (!(isMaximum || isAverage) || node.inputs[0]!.dtype !== 'float32') return undefined
  const { kernel, stride, padding } = node.attributes
  if (kernel.length > 2 || kernel.reduce((a, b) => a * b) > largestWindow) return undefined
  const spatial = (shape: Shape): Pair => pair(shape.slice(-kernel.length), 1)
  const options = {
    kernel: pair(kernel, 1),
    stride: pair(stride, 1),
    padding: pair(padding.map(([low]) => low), 0),
    dilation: isMaximum ? pair(node.attributes.dilation, 1) : ([1, 1] as const),
    countIncludePad: isAverage && node.attributes.countIncludePad,
  }
  const [from, to] = [spatial(node.inputs[0]!.shape), spatial(output.shape)]
  if (isPrimitive(node, 'averagePoolGradient')) return planes(node, 'spread', to, from, options)
  return planes(node, isPrimitive(node, 'maxPool') ? 'maximum' : isPrimitive(node, 'argmaxPool') ? 'position' : 'average', from, to, options)
}

function planes(node: Node, operation: PlaneKernel['operation'], plane: Pair, windows: Pair, options: Omit<PlaneKernel, 'operation' | 'kind' | 'plane' | 'windows'>): FusedPlanes {
  const output = node.outputs[0]!
  const size = ['maximum', 'position', 'average'].includes(operation) ? windows[0] * windows[1] : plane[0] * plane[1]
  return { kernel: { operation, kind: 'float32', plane, windows, ...options }, inputs: node.inputs, output, planes: size === 0 ? 0 : sizeOf(output.shape) / size }
}

/**
 * The windows of a convolution written out, x [.., C, spatial] -> `output` [.., C, kernel, windows]: the weight gradient is the product of
 * that matrix and the gradient of the result. What is cast from uint8 for it is read as it is, unless `isBound` holds x. undefined for large
 * kernels and three spatial axes.
 */
export function fuseColumns(node: Node<'convWeightGradient'>, output: Tensor, isBound: (tensor: Tensor) => boolean = () => false): FusedPlanes | undefined {
  const [x, dy] = node.inputs as readonly [Tensor, Tensor]
  const { kernel, stride, padding, dilation } = node.attributes
  if (kernel.length > 2 || kernel.reduce((a, b) => a * b) > largestWindow || x.dtype !== 'float32') return undefined
  const spatial = (shape: Shape): Pair => pair(shape.slice(-kernel.length), 1)
  const plane = spatial(x.shape)
  const whole = isPrimitive(x.node, 'cast') && x.node.inputs[0]!.dtype === 'uint8' && !isBound(x) ? x.node.inputs[0]! : undefined
  return {
    kernel: { operation: 'columns', kind: whole ? 'uint8' : 'float32', plane, windows: spatial(dy.shape), kernel: pair(kernel, 1), stride: pair(stride, 1), padding: pair(padding.map(([low]) => low), 0), dilation: pair(dilation, 1), countIncludePad: false },
    inputs: [whole ?? x],
    output,
    planes: sizeOf(x.shape) / (plane[0] * plane[1]),
  }
}
