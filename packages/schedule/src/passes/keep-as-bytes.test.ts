import { describe, expect, it } from 'vitest'
import { averagePool, conv, grad, maxPool, placeholder, scan, zeros, type Tensor } from '@snn/tensor'
import { interpret, isPrimitive, referenceKernels, topological, type Graph, type Node } from '@snn/tensor/backend'
import { keepAsBytes } from './keep-as-bytes.js'

const [T, shape] = [3, [2, 2, 6, 6]] as const
const x = placeholder([T, ...shape])
const weight = placeholder([2, 2, 3, 3])

const neurons = (currents: Tensor): Tensor =>
  scan(
    (v: Tensor, now: Tensor): readonly [Tensor, Tensor] => {
      const charged = v.add(now)
      const spikes = charged.ge(0.5).cast('float32')
      return [charged.sub(spikes), spikes]
    },
    zeros(shape),
    currents,
  )[1]

/** The loss and its gradient by the weights of a convolution of `given`, and what `others` makes of it beside. */
function training(given: Tensor, others: (given: Tensor, gradient: Tensor) => readonly Tensor[] = () => []): Graph {
  const loss = conv(given, weight, { padding: 1 }).tanh().square().sum()
  const gradient = grad(loss, weight)
  return { parameters: [x, weight], results: [loss, gradient, ...others(given, gradient)] }
}

/** Weight gradients can, of convolutions and of products with matrices. */
const readsBytes = (node: Node, operand: number): boolean =>
  operand === 0 && (isGradient(node) || isPrimitive(node, 'matmul'))
const isGradient = (node: Node): node is Node<'convWeightGradient'> => isPrimitive(node, 'convWeightGradient')

/** What the weight gradients read, if it is cast from bytes. */
function bytesIn(graph: Graph): Tensor[] {
  return topological(graph)
    .filter(isGradient)
    .flatMap(({ inputs: [from] }) =>
      isPrimitive(from!.node, 'cast') && from!.node.inputs[0]!.dtype === 'uint8' ? from!.node.inputs : [],
    )
}

function valuesOf({ results }: Graph, weights = weight): number[][] {
  const data = (tensor: Tensor, key: number) => ({
    data: Float32Array.from({ length: tensor.shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i * 7.1 + key)),
    shape: tensor.shape,
    dtype: tensor.dtype,
  })
  return interpret(
    [...results],
    referenceKernels,
    new Map([
      [x, data(x, 1)],
      [weights, data(weights, 2)],
    ]),
  ).map(({ data }) => [...data])
}

describe('spikes for weight gradients', () => {
  it('are stacked as bytes by the loop that makes them, beside the floats for the convolution', () => {
    const graph = training(neurons(x))
    const after = keepAsBytes(graph, topological(graph), { readsBytes })
    const [bytes] = bytesIn(after)
    const { node } = bytes!
    if (!isPrimitive(node, 'scan')) throw new Error(node.primitive)
    expect(node.outputs.map(({ dtype }) => dtype)).toEqual(['float32', 'float32', 'float32', 'uint8'])
    expect(valuesOf(after)).toEqual(valuesOf(graph))
  })

  it.each<[string, Tensor]>([
    ['pooled', maxPool(neurons(x), [2, 2])],
    ['folded into images', neurons(x).reshape([T * 2, 2, 6, 6])],
    ['made by no loop', x.ge(0.5).cast('float32')],
  ])('are cast where they are made: %s', (_, spikes) => {
    const graph = training(spikes)
    const after = keepAsBytes(graph, topological(graph), { readsBytes })
    expect(bytesIn(after)).toHaveLength(1)
    expect(valuesOf(after)).toEqual(valuesOf(graph))
  })

  it('are moved as bytes', () => {
    const matrix = placeholder([72, 5])
    const loss = neurons(x)
      .reshape([T * 2, 72])
      .matmul(matrix)
      .tanh()
      .sum()
    const graph = { parameters: [x, matrix], results: [grad(loss, matrix)] }
    const after = keepAsBytes(graph, topological(graph), { readsBytes })
    const [given] = topological(after).flatMap((node) =>
      isPrimitive(node, 'matmul') ? node.inputs.filter(({ node: { primitive } }) => primitive === 'cast') : [],
    )
    const path: Tensor[] = []
    for (let at = given!; at.node.primitive !== 'scan'; at = at.node.inputs[0]!) path.push(at.node.inputs[0]!)
    expect(path.map(({ dtype, node }) => [node.primitive, dtype])).toEqual([
      ['transpose', 'uint8'],
      ['reshape', 'uint8'],
      ['scan', 'uint8'],
    ])
    expect(valuesOf(after, matrix)).toEqual(valuesOf(graph, matrix))
  })

  it('are cast once for two of them', () => {
    const spikes = maxPool(neurons(x), [2, 2])
    const other = placeholder([2, 2, 1, 1])
    const loss = conv(spikes, weight, { padding: 1 }).add(conv(spikes, other)).tanh().sum()
    const graph = { parameters: [x, weight, other], results: grad(loss, [weight, other]) }
    const after = keepAsBytes(graph, topological(graph), { readsBytes })
    const [first, second] = bytesIn(after)
    expect(first).toBe(second)
    expect(first!.dtype).toBe('uint8')
  })

  it.each<[string, Graph]>([
    ['that are no zeros and ones', training(averagePool(neurons(x), [2, 2]))],
    ['that are an argument', training(x)],
    ['that are a result', training(neurons(x), (spikes) => [spikes.reshape([-1])])],
    [
      'that are needed in the backward pass, too',
      training(neurons(x), (spikes, gradient) => [spikes.mul(gradient.sum()).sum()]),
    ],
    [
      'of which a view is needed in the backward pass, too',
      training(neurons(x), (spikes, gradient) => [spikes.reshape([-1]).mul(gradient.sum()).sum()]),
    ],
  ])('stay as they are: %s', (_, graph) => {
    expect(keepAsBytes(graph, topological(graph), { readsBytes })).toBe(graph)
  })

  it('stay as they are where weight gradients read no bytes', () => {
    const graph = training(neurons(x))
    expect(keepAsBytes(graph, topological(graph), { readsBytes: () => false })).toBe(graph)
  })
})
