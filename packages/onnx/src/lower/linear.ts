import { sizeOf, type Padding, type Shape, type Tensor } from '@snn/tensor'
import type { Node, Primitive, Primitives } from '@snn/tensor/backend'
import type { Emitter, Lowering } from './emitter.js'

type ConvAttributes = Primitives['conv']

/** Padding as ONNX lists it: all low ends, then all high ends. */
export function pads(padding: readonly Padding[]): number[] {
  return [...padding.map(([low]) => low), ...padding.map(([, high]) => high)]
}

/**
 * `operation` on x with exactly one leading axis before the channel: ONNX knows [N, C, spatial] only.
 * `outShape` is that of the result with all leading axes.
 */
export function withOneLeadingAxis(
  x: Tensor,
  spatialAxes: number,
  outShape: Shape,
  emitter: Emitter,
  operation: (name: string) => string,
): string {
  const merge = (shape: Shape): Shape => {
    const lead = shape.length - spatialAxes - 1
    return [sizeOf(shape.slice(0, lead)), ...shape.slice(lead)]
  }
  if (x.shape.length === spatialAxes + 2) return operation(emitter.name(x))
  return emitter.reshape(operation(emitter.reshape(emitter.name(x), merge(x.shape))), outShape)
}

function convAttributes({ stride, padding, dilation, groups }: ConvAttributes, kernel: Shape) {
  return { kernel_shape: kernel, strides: stride, pads: pads(padding), dilations: dilation, group: groups }
}

function emitConv(node: Node<'conv'>, bias: string | undefined, emitter: Emitter): string {
  const [x, weight] = node.inputs as readonly [Tensor, Tensor]
  const kernel = weight.shape.slice(2)
  return withOneLeadingAxis(x, kernel.length, node.outputs[0]!.shape, emitter, (name) =>
    emitter.emit(
      'Conv',
      [name, emitter.name(weight), ...(bias === undefined ? [] : [bias])],
      convAttributes(node.attributes, kernel),
    ),
  )
}

/** The operands of an addition, as (made by `primitive` for it alone, other one). */
function addend<P extends Primitive>(
  node: Node<'add'>,
  primitive: P,
  emitter: Emitter,
): readonly [Node<P>, Tensor] | undefined {
  const [x, y] = node.inputs as readonly [Tensor, Tensor]
  const left = emitter.madeOnlyFor(x, primitive)
  if (left) return [left, emitter.source(y)]
  const right = emitter.madeOnlyFor(y, primitive)
  return right && [right, emitter.source(x)]
}

/** Whether `bias`, aligned at the back with a tensor of `rank`, varies along `axis` (of size `size`) only. */
function variesAlong(axis: number, size: number, rank: number, bias: Tensor): boolean {
  const lead = rank - bias.shape.length
  return axis >= lead && bias.shape.every((n, i) => n === (i + lead === axis ? size : 1))
}

/** conv(x) + bias per channel is one Conv. */
export function convWithBias(node: Node<'add'>, emitter: Emitter): string | undefined {
  const found = addend(node, 'conv', emitter)
  if (!found) return undefined
  const [conv, bias] = found
  const rank = node.outputs[0]!.shape.length
  const channels = conv.inputs[1]!.shape[0]!
  const channelAxis = rank - (conv.inputs[1]!.shape.length - 1)
  if (!variesAlong(channelAxis, channels, rank, bias)) return undefined
  return emitConv(conv, emitter.reshape(emitter.name(bias), [channels]), emitter)
}

/** A matrix, and whether it is to be read transposed, looking through a transpose of two axes. */
function matrix(tensor: Tensor, emitter: Emitter): readonly [name: string, transposed: 0 | 1] {
  const transpose = emitter.madeBy(tensor, 'transpose')
  const swaps = tensor.shape.length === 2 && transpose?.attributes.permutation[0] === 1
  return swaps ? [emitter.name(transpose.inputs[0]!), 1] : [emitter.name(tensor), 0]
}

/** [.., K] x [K, N] (+ bias [N]) as one Gemm over all rows. */
function emitGemm(node: Node<'matmul'>, bias: string | undefined, emitter: Emitter): string {
  const [a, b] = node.inputs as readonly [Tensor, Tensor]
  const [nameB, transB] = matrix(b, emitter)
  const [nameA, transA] = matrix(a, emitter)
  const flat = a.shape.length === 2
  const rows = flat ? nameA : emitter.reshape(nameA, [sizeOf(a.shape.slice(0, -1)), a.shape.at(-1)!])
  const out = emitter.emit('Gemm', [rows, nameB, ...(bias === undefined ? [] : [bias])], { transA, transB })
  return flat ? out : emitter.reshape(out, node.outputs[0]!.shape)
}

/** matmul(x, W) + bias along the last axis is one Gemm. */
export function matmulWithBias(node: Node<'add'>, emitter: Emitter): string | undefined {
  const found = addend(node, 'matmul', emitter)
  if (!found) return undefined
  const [product, bias] = found
  const { shape } = node.outputs[0]!
  if (product.inputs[1]!.shape.length !== 2 || !variesAlong(shape.length - 1, shape.at(-1)!, shape.length, bias))
    return undefined
  return emitGemm(product, emitter.reshape(emitter.name(bias), [shape.at(-1)!]), emitter)
}

const matmul: Lowering<'matmul'> = (node, emitter) =>
  node.inputs[1]!.shape.length === 2
    ? emitGemm(node, undefined, emitter)
    : emitter.emit(
        'MatMul',
        node.inputs.map((x) => emitter.name(x)),
      )

/** Reverses axes from `from` on. */
function flip(name: string, shape: Shape, from: number, emitter: Emitter): string {
  const axes = [...shape.keys()].slice(from).filter((axis) => shape[axis]! > 1)
  if (axes.length === 0) return name
  const repeat = (value: number): string => emitter.ints(axes.map(() => value))
  return emitter.emit('Slice', [name, repeat(-1), repeat(-Number.MAX_SAFE_INTEGER), emitter.ints(axes), repeat(-1)])
}

/** Weight [O, C / g, k] -> [C, O / g, k]: in and out change places within each group. */
function swapChannels(name: string, [O, Cg, ...kernel]: Shape, groups: number, emitter: Emitter): string {
  const spatial = kernel.map((_, i) => i + 2)
  if (groups === 1) return emitter.transpose(name, [1, 0, ...spatial])
  const split = emitter.reshape(name, [groups, O! / groups, Cg!, ...kernel])
  const swapped = emitter.transpose(split, [0, 2, 1, ...spatial.map((axis) => axis + 1)])
  return emitter.reshape(swapped, [groups * Cg!, O! / groups, ...kernel])
}

/** Values of the input that the last window does not reach. */
function remainder(
  spatial: Shape,
  outSpatial: Shape,
  kernel: Shape,
  { stride, padding, dilation }: Omit<ConvAttributes, 'groups'>,
): number[] {
  return spatial.map(
    (size, i) =>
      size + padding[i]![0] + padding[i]![1] - dilation[i]! * (kernel[i]! - 1) - 1 - stride[i]! * (outSpatial[i]! - 1),
  )
}

/** The transpose of a strided window sum: dy -> spread over `spatial`. `weight` is [C in, C out / g, k]. */
export function emitConvTranspose(
  dy: string,
  outSpatial: Shape,
  weight: string,
  kernel: Shape,
  spatial: Shape,
  attributes: ConvAttributes,
  emitter: Emitter,
): string {
  return emitter.emit('ConvTranspose', [dy, weight], {
    ...convAttributes(attributes, kernel),
    output_padding: remainder(spatial, outSpatial, kernel, attributes),
  })
}

const convInputGradient: Lowering<'convInputGradient'> = (node, emitter) => {
  const [dy, weight] = node.inputs as readonly [Tensor, Tensor]
  const { stride, padding, dilation, groups, spatial } = node.attributes
  const kernel = weight.shape.slice(2)
  const out = node.outputs[0]!.shape
  const outSpatial = dy.shape.slice(-kernel.length)
  // With stride 1 it is a convolution with the flipped kernel, which ONNX Runtime does much faster.
  const full = padding.map(([low, high], i): Padding => [
    dilation[i]! * (kernel[i]! - 1) - low,
    dilation[i]! * (kernel[i]! - 1) - high,
  ])
  const asConv = stride.every((n) => n === 1) && full.flat().every((n) => n >= 0)
  return withOneLeadingAxis(dy, kernel.length, out, emitter, (name) => {
    if (!asConv)
      return emitConvTranspose(name, outSpatial, emitter.name(weight), kernel, spatial, node.attributes, emitter)
    const flipped = swapChannels(flip(emitter.name(weight), weight.shape, 2, emitter), weight.shape, groups, emitter)
    return emitter.emit('Conv', [name, flipped], convAttributes({ stride, padding: full, dilation, groups }, kernel))
  })
}

/**
 * dW[o, c] correlates x[:, c] with dy[:, o], the batch playing the channel: a Conv of x as [C / g, g N, ..] with dy as
 * [O, N, ..], stride and dilation exchanged, cut to the kernel size.
 */
const convWeightGradient: Lowering<'convWeightGradient'> = (node, emitter) => {
  const [x, dy] = node.inputs as readonly [Tensor, Tensor]
  const { stride, padding, dilation, groups, kernel } = node.attributes
  const axes = kernel.length
  const lead = x.shape.length - axes - 1
  const N = sizeOf(x.shape.slice(0, lead))
  const C = x.shape[lead]!
  const O = dy.shape[lead]!
  const spatial = x.shape.slice(lead + 1)
  const outSpatial = dy.shape.slice(lead + 1)
  const tail = (from: number): number[] => kernel.map((_, i) => from + i)

  const images = emitter.reshape(emitter.name(x), [N, groups, C / groups, ...spatial])
  const input = emitter.reshape(emitter.transpose(images, [2, 1, 0, ...tail(3)]), [C / groups, groups * N, ...spatial])
  const gradients = emitter.transpose(
    lead === 1 ? emitter.name(dy) : emitter.reshape(emitter.name(dy), [N, O, ...outSpatial]),
    [1, 0, ...tail(2)],
  )
  const window: ConvAttributes = { stride: dilation, dilation: stride, padding, groups }
  const full = emitter.emit('Conv', [input, gradients], convAttributes(window, outSpatial))
  const weight = emitter.transpose(full, [1, 0, ...tail(2)])
  const sizes = spatial.map(
    (size, i) =>
      Math.floor((size + padding[i]![0] + padding[i]![1] - stride[i]! * (outSpatial[i]! - 1) - 1) / dilation[i]!) + 1,
  )
  if (sizes.every((n, i) => n === kernel[i])) return weight
  return emitter.emit('Slice', [weight, emitter.ints(kernel.map(() => 0)), emitter.ints(kernel), emitter.ints(tail(2))])
}

export const linear: { readonly [P in 'matmul' | 'conv' | 'convInputGradient' | 'convWeightGradient']: Lowering<P> } = {
  matmul,
  conv: (node: Node<'conv'>, emitter: Emitter) => emitConv(node, undefined, emitter),
  convInputGradient,
  convWeightGradient,
}
