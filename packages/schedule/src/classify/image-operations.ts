import { fuseEventConv, lookThrough, type EventConvKernel } from '@snn/codegen'
import { sizeOf, type Tensor, type TypedArray } from '@snn/tensor'
import { isPrimitive, type Node } from '@snn/tensor/backend'

/** Weights or biases: known, or a value of the program. */
export type Fixed = TypedArray | Tensor

/**
 * An operation that treats each of many images by itself, with weights that are the same for all: a convolution, its
 * gradient by the input, or a product with a matrix, with the addition of a bias where that is all that its result is
 * for.
 */
export interface ImageNode {
  readonly node: Node<'conv'> | Node<'convInputGradient'> | Node<'matmul'>
  /** [O, C / groups, kernel], or a matrix transposed. */
  readonly weights: Fixed
  /** One for each filter. */
  readonly biases: Fixed | undefined
  /** How it skips zeros, if it can. */
  readonly kernel: EventConvKernel | undefined
}

/** The images, and what is not known of weights and biases. */
export function inputsOf({ node, weights, biases }: ImageNode): readonly Tensor[] {
  return [
    node.inputs[0]!,
    ...[weights, biases].filter((value): value is Tensor => value !== undefined && 'node' in value),
  ]
}

export interface FindOptions {
  /** Fewer multiply-accumulates in a product of matrices are not worth a task of their own. */
  readonly smallestProduct: number
  /** What is given at this level, so that nothing behind it counts. */
  readonly isBound: (tensor: Tensor) => boolean
  /** What a tensor stands for that is given from outside. */
  readonly outer: (tensor: Tensor) => Tensor
  /** The value of a tensor that does not change between runs. */
  readonly valueOf: (tensor: Tensor) => TypedArray | undefined
}

/** The operations on images of a level, by the last node of each. */
export function findImageNodes(
  nodes: readonly Node[],
  results: readonly Tensor[],
  options: FindOptions,
): ReadonlyMap<Node, ImageNode> {
  const { isBound, valueOf } = options
  const users = new Map<Tensor, Node[]>()
  for (const node of nodes) for (const input of node.inputs) users.set(input, [...(users.get(input) ?? []), node])
  const found = new Map<Node, ImageNode>()
  for (const node of nodes) {
    const form = formOf(node, options)
    if (!form) continue
    const result = node.outputs[0]!
    const [user, ...others] = users.get(result) ?? []
    const biases =
      user && others.length === 0 && !results.includes(result) ? biasOf(user, form.node, isBound) : undefined
    const values = biases && (form.weights === node.inputs[1] ? biases : valueOf(biases))
    found.set(values ? user! : node, { ...form, biases: values })
  }
  return found
}

/** `node` without its biases. Products of matrices only where they can skip zeros. */
function formOf(node: Node, options: FindOptions): Omit<ImageNode, 'biases'> | undefined {
  if (node.inputs.some(({ dtype, shape }) => dtype !== 'float32' || sizeOf(shape) === 0)) return undefined
  const { smallestProduct, valueOf } = options
  const weight = node.inputs[1]!
  if (isPrimitive(node, 'convInputGradient')) return { node, weights: valueOf(weight) ?? weight, kernel: undefined }
  if (isPrimitive(node, 'conv')) {
    const weights = valueOf(weight)
    return { node, weights: weights ?? weight, kernel: weights && fuseEventConv(node) }
  }
  if (!isPrimitive(node, 'matmul') || sizeOf(node.outputs[0]!.shape) * weight.shape[0]! < smallestProduct)
    return undefined
  const kernel = fuseEventConv(node)
  const weights = kernel && transposedValueOf(weight, options)
  return weights && { node, weights, kernel }
}

/** The transpose of a matrix that is known, or is the transpose of one. */
function transposedValueOf(matrix: Tensor, { outer, valueOf }: FindOptions): TypedArray | undefined {
  const made = outer(matrix)
  if (isPrimitive(made.node, 'transpose') && made.node.attributes.permutation[0] === 1)
    return valueOf(made.node.inputs[0]!)
  const value = valueOf(matrix)
  const [rows, columns] = matrix.shape as readonly [number, number]
  return value && Float32Array.from(value, (_, i) => value[(i % rows) * columns + Math.floor(i / rows)]!)
}

/** The values, one for each filter, that `user` adds to the result of `node`. */
function biasOf(user: Node, node: ImageNode['node'], isBound: FindOptions['isBound']): Tensor | undefined {
  if (!isPrimitive(user, 'add')) return undefined
  const result = node.outputs[0]!
  const { source, mapping } = lookThrough(user.inputs.find((input) => input !== result) ?? result, 'full', isBound)
  const places = isPrimitive(node, 'matmul') ? 1 : sizeOf(result.shape.slice(2 - node.inputs[1]!.shape.length))
  const isPerFilter = typeof mapping === 'object' && mapping.count === filtersOf(node) && mapping.inner === places
  return isPerFilter && source.dtype === 'float32' ? source : undefined
}

/** How many filters it has, or columns of its matrix. */
export function filtersOf(node: ImageNode['node']): number {
  const weight = node.inputs[1]!.shape
  return isPrimitive(node, 'conv')
    ? weight[0]!
    : isPrimitive(node, 'matmul')
      ? weight[1]!
      : weight[1]! * node.attributes.groups
}
