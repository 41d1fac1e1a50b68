import { fuseEventConv, lookThrough, packEventWeights, type EventConvKernel } from '@snn/codegen'
import { batchSymbol, lowerGraph, type OnnxModelSpec } from '@snn/onnx'
import { conv, isPrimitive, placeholder, sizeOf, type Node, type Shape, type Tensor, type TypedArray } from '@snn/tensor'
import type { ConvPlan } from '../instruction/event-conv.js'

/** A convolution, with the addition of a bias where that is all that its result is for, whose weights are known. */
export interface EventConv {
  readonly conv: Node<'conv'>
  readonly kernel: EventConvKernel
  readonly weights: TypedArray
  readonly biases: TypedArray | undefined
}

export interface FindOptions {
  /** What is given at this level, so that nothing behind it counts. */
  readonly isBound: (tensor: Tensor) => boolean
  /** The value of a tensor that does not change between runs. */
  readonly valueOf: (tensor: Tensor) => TypedArray | undefined
}

/** The convolutions of a level that can skip zeros, by the last node of each. */
export function findEventConvs(nodes: readonly Node[], results: readonly Tensor[], { isBound, valueOf }: FindOptions): ReadonlyMap<Node, EventConv> {
  const users = new Map<Tensor, Node[]>()
  for (const node of nodes) for (const input of node.inputs) users.set(input, [...(users.get(input) ?? []), node])
  const found = new Map<Node, EventConv>()
  for (const node of nodes) {
    if (!isPrimitive(node, 'conv')) continue
    const [, weight] = node.inputs as readonly [Tensor, Tensor]
    const [weights, kernel] = [valueOf(weight), fuseEventConv(node)]
    if (!weights || !kernel) continue
    const result = node.outputs[0]!
    const [user, ...others] = users.get(result) ?? []
    const biases = user && others.length === 0 && !results.includes(result) ? biasOf(user, result, kernel, isBound, valueOf) : undefined
    found.set(biases ? user! : node, { conv: node, kernel, weights, biases })
  }
  return found
}

/** The known values, one for each filter, that `node` adds to the result of a convolution. */
function biasOf(node: Node, result: Tensor, { filters, groups, windows }: EventConvKernel, isBound: FindOptions['isBound'], valueOf: FindOptions['valueOf']): TypedArray | undefined {
  if (!isPrimitive(node, 'add')) return undefined
  const { source, mapping } = lookThrough(node.inputs.find((input) => input !== result) ?? result, 'full', isBound)
  const isPerFilter = typeof mapping === 'object' && mapping.count === filters * groups && mapping.inner === windows[0] * windows[1]
  return isPerFilter ? valueOf(source) : undefined
}

/** How `found` is computed, and its weights for the kernel. */
export function planEventConv(root: Node, { conv: node, kernel, weights, biases }: EventConv): { readonly plan: ConvPlan; readonly packed: Float32Array<ArrayBuffer> } {
  const [input, weight] = node.inputs as readonly [Tensor, Tensor]
  const image = weight.shape.length - 1
  const images = sizeOf(input.shape.slice(0, -image))
  const model = denseModel([images, ...input.shape.slice(-image)], node, weights, biases)
  return { plan: { kernel, input, output: root.outputs[0]!, images, model }, packed: packEventWeights(kernel, weights, biases) }
}

/** The convolution as a model for any number of images. */
function denseModel(shape: Shape, { attributes, inputs }: Node<'conv'>, weights: TypedArray, biases: TypedArray | undefined): OnnxModelSpec {
  const [x, weight, bias] = [placeholder(shape), placeholder(inputs[1]!.shape), placeholder([inputs[1]!.shape[0]!, ...inputs[1]!.shape.slice(2).map(() => 1)])]
  const result = conv(x, weight, attributes)
  const constants = new Map([[weight, { data: weights, shape: weight.shape }]])
  if (biases) constants.set(bias, { data: biases, shape: bias.shape })
  const model = lowerGraph({ parameters: [x], results: [biases ? result.add(bias) : result] }, { constants })
  const free = <V extends { readonly shape: readonly (number | string)[] | undefined }>(value: V): V => ({ ...value, shape: [batchSymbol, ...value.shape!.slice(1)] })
  return { ...model, inputs: model.inputs.map(free), outputs: model.outputs.map(free) }
}
