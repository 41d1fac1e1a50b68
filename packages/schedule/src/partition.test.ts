import { conv, grad, maxPool, placeholder, type Graph } from '@snn/tensor'
import { expect, it } from 'vitest'
import { isByColumns, partition, type Partition } from './partition.js'
import type { KernelTarget } from './target.js'

const kernels: KernelTarget = { isWorthwhile: () => true, images: { smallestProduct: 2 ** 20 }, largestSum: 2 ** 16, largestPlane: 2 ** 14, largestGroup: 256, smallestCast: 2 ** 18 }

function partitionOf(graph: Graph): Partition {
  return partition(graph, { isBaked: () => false, outer: (tensor) => tensor, valueOf: () => undefined, outerStatic: () => false, fold: true, isLibrary: (primitive) => primitive !== 'scan', kernels })
}

it('puts weight gradients of convolutions behind all else that can run at the same time, the largest last', () => {
  const [x, first, second] = [placeholder([2, 1, 8, 8]), placeholder([16, 1, 3, 3]), placeholder([5, 16, 3, 3])]
  const loss = conv(maxPool(conv(x, first), [2, 2]), second, { padding: 1 }).square().sum()
  const { stages } = partitionOf({ parameters: [x, first, second], results: grad(loss, [second, first]) })
  const [together, ...others] = stages.map(({ control }) => control).filter((nodes) => nodes.some(isByColumns))
  expect(together!.map((node) => (isByColumns(node) ? node.outputs[0]!.shape : node.primitive))).toEqual(['convInputGradient', 'scatterAdd', first.shape, second.shape])
  expect(others).toEqual([])
})
