import { batchSymbol, lowerGraph, type OnnxModelSpec } from '@snn/onnx'
import { filtersOf, type ImageNode } from '@snn/schedule'
import { conv, convTranspose, placeholder, sizeOf, type Tensor } from '@snn/tensor'
import { isPrimitive, withOrigin } from '@snn/tensor/backend'

/** An operation on images as a model for any number of them, with the inputs that `inputsOf` names. */
export interface ImageModel {
  readonly model: OnnxModelSpec
  readonly images: number
  /** Multiply-accumulates of one image. */
  readonly work: number
}

export function imageModel(found: ImageNode): ImageModel {
  return withOrigin(found.node, () => modelOf(found))
}

function modelOf({ node, weights, biases }: ImageNode): ImageModel {
  const [input, { shape: given }] = node.inputs as readonly [Tensor, Tensor]
  const isProduct = isPrimitive(node, 'matmul')
  const image = isProduct ? input.shape.slice(-1) : input.shape.slice(1 - given.length)
  const images = sizeOf(input.shape) / sizeOf(image)
  const [x, weight] = [placeholder([images, ...image]), placeholder(isProduct ? [...given].reverse() : given)]
  const bias = placeholder([filtersOf(node), ...(isProduct ? [] : given.slice(2).map(() => 1))])
  const result = resultOf(node, x, weight)
  const values = [[weight, weights] as const, ...(biases ? [[bias, biases] as const] : [])]
  const constants = new Map(
    values.flatMap(([tensor, value]) =>
      'node' in value ? [] : [[tensor, { data: value, shape: tensor.shape }] as const],
    ),
  )
  const model = lowerGraph(
    {
      parameters: [x, ...values.flatMap(([tensor, value]) => ('node' in value ? [tensor] : []))],
      results: [biases ? result.add(bias) : result],
    },
    { constants },
  )
  const free = <V extends { readonly shape: readonly (number | string)[] | undefined }>(value: V): V => ({
    ...value,
    shape: [batchSymbol, ...value.shape!.slice(1)],
  })
  const [first, ...others] = model.inputs
  const places = isPrimitive(node, 'conv')
    ? sizeOf(node.outputs[0]!.shape.slice(2 - given.length))
    : isProduct
      ? 1
      : sizeOf(input.shape.slice(2 - given.length))
  return {
    model: { ...model, inputs: [free(first!), ...others], outputs: model.outputs.map(free) },
    images,
    work: sizeOf(given) * places,
  }
}

/** The operation of `node` on other images. */
function resultOf(node: ImageNode['node'], x: Tensor, weight: Tensor): Tensor {
  if (isPrimitive(node, 'matmul')) return x.matmul(weight.transpose())
  if (isPrimitive(node, 'conv')) return conv(x, weight, node.attributes)
  const { spatial, ...window } = node.attributes
  const plain = convTranspose(x, weight, window)
  return convTranspose(x, weight, {
    ...window,
    outputPadding: spatial.map((size, i) => size - plain.shape[plain.shape.length - spatial.length + i]!),
  })
}
