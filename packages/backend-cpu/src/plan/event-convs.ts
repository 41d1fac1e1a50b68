import { fuseEventConv, lookThrough, packEventWeights, type EventConvKernel } from '@snn/codegen'
import { batchSymbol, lowerGraph, type OnnxModelSpec } from '@snn/onnx'
import { conv, isPrimitive, placeholder, sizeOf, type Node, type Shape, type Tensor, type TypedArray } from '@snn/tensor'
import type { ConvPlan } from '../instruction/event-conv.js'

/** A convolution or a product with a matrix, with the addition of a bias where that is all that its result is for, whose weights are known. */
export interface EventConv {
  readonly node: Node<'conv'> | Node<'matmul'>
  readonly kernel: EventConvKernel
  /** [O, C / groups, kernel], or a matrix transposed. */
  readonly weights: TypedArray
  readonly biases: TypedArray | undefined
}

/** Fewer multiply-accumulates in a product of matrices are not worth an instruction of their own. */
const smallestProduct = 2 ** 20

export interface FindOptions {
  /** What is given at this level, so that nothing behind it counts. */
  readonly isBound: (tensor: Tensor) => boolean
  /** The value of a tensor that does not change between runs. */
  readonly valueOf: (tensor: Tensor) => TypedArray | undefined
}

/** What can skip zeros in a level, by the last node of each. */
export function findEventConvs(nodes: readonly Node[], results: readonly Tensor[], { isBound, valueOf }: FindOptions): ReadonlyMap<Node, EventConv> {
  const users = new Map<Tensor, Node[]>()
  for (const node of nodes) for (const input of node.inputs) users.set(input, [...(users.get(input) ?? []), node])
  const found = new Map<Node, EventConv>()
  for (const node of nodes) {
    const isProduct = isPrimitive(node, 'matmul')
    if (!isProduct && !isPrimitive(node, 'conv')) continue
    const kernel = fuseEventConv(node)
    const weights = kernel && (isProduct ? transposedValueOf(node.inputs[1]!, isBound, valueOf) : valueOf(node.inputs[1]!))
    const result = node.outputs[0]!
    if (!weights || (isProduct && sizeOf(result.shape) * node.inputs[1]!.shape[0]! < smallestProduct)) continue
    const [user, ...others] = users.get(result) ?? []
    const biases = user && others.length === 0 && !results.includes(result) ? biasOf(user, result, kernel, isBound, valueOf) : undefined
    found.set(biases ? user! : node, { node, kernel, weights, biases })
  }
  return found
}

/** The transpose of a matrix that is known, or is the transpose of one. */
function transposedValueOf(matrix: Tensor, isBound: FindOptions['isBound'], valueOf: FindOptions['valueOf']): TypedArray | undefined {
  if (isPrimitive(matrix.node, 'transpose') && !isBound(matrix) && matrix.node.attributes.permutation[0] === 1) return valueOf(matrix.node.inputs[0]!)
  const value = valueOf(matrix)
  const [rows, columns] = matrix.shape as readonly [number, number]
  return value && Float32Array.from(value, (_, i) => value[(i % rows) * columns + Math.floor(i / rows)]!)
}

/** The known values, one for each filter, that `node` adds to `result`. */
function biasOf(node: Node, result: Tensor, { filters, groups, windows }: EventConvKernel, isBound: FindOptions['isBound'], valueOf: FindOptions['valueOf']): TypedArray | undefined {
  if (!isPrimitive(node, 'add')) return undefined
  const { source, mapping } = lookThrough(node.inputs.find((input) => input !== result) ?? result, 'full', isBound)
  const isPerFilter = typeof mapping === 'object' && mapping.count === filters * groups && mapping.inner === windows[0] * windows[1]
  return isPerFilter ? valueOf(source) : undefined
}

/** How `found` is computed, and its weights for the kernel. */
export function planEventConv(root: Node, { node, kernel, weights, biases }: EventConv): { readonly plan: ConvPlan; readonly packed: Float32Array<ArrayBuffer> } {
  const input = node.inputs[0]!
  const image = isPrimitive(node, 'matmul') ? input.shape.slice(-1) : input.shape.slice(1 - node.inputs[1]!.shape.length)
  const images = sizeOf(input.shape) / sizeOf(image)
  const model = denseModel([images, ...image], node, weights, biases)
  return { plan: { kernel, input, output: root.outputs[0]!, images, model }, packed: packEventWeights(kernel, weights, biases) }
}

/** The dense operation as a model for any number of images. */
function denseModel(shape: Shape, node: EventConv['node'], weights: TypedArray, biases: TypedArray | undefined): OnnxModelSpec {
  const isProduct = isPrimitive(node, 'matmul')
  const given = node.inputs[1]!.shape
  const [x, weight] = [placeholder(shape), placeholder(isProduct ? [...given].reverse() : given)]
  const bias = placeholder(isProduct ? [given[1]!] : [given[0]!, ...given.slice(2).map(() => 1)])
  const result = isProduct ? x.matmul(weight.transpose()) : conv(x, weight, node.attributes)
  const constants = new Map([[weight, { data: weights, shape: weight.shape }]])
  if (biases) constants.set(bias, { data: biases, shape: bias.shape })
  const model = lowerGraph({ parameters: [x], results: [biases ? result.add(bias) : result] }, { constants })
  const free = <V extends { readonly shape: readonly (number | string)[] | undefined }>(value: V): V => ({ ...value, shape: [batchSymbol, ...value.shape!.slice(1)] })
  return { ...model, inputs: model.inputs.map(free), outputs: model.outputs.map(free) }
}
