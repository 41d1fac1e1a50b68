import { conv, grad, maxPool, placeholder, type Graph } from '@snn/tensor'
import { expect, it } from 'vitest'
import { isByColumns, partition, type Partition } from './partition.js'

function partitionOf(graph: Graph): Partition {
  return partition(graph, { isBaked: () => false, outer: (tensor) => tensor, valueOf: () => undefined, outerStatic: () => false, fold: true, kernels: true })
}

it('puts weight gradients of convolutions behind all else that can run at the same time', () => {
  const [x, first, second] = [placeholder([2, 3, 8, 8]), placeholder([4, 3, 3, 3]), placeholder([5, 4, 3, 3])]
  const loss = conv(maxPool(conv(x, first), [2, 2]), second).square().sum()
  const { stages } = partitionOf({ parameters: [x, first, second], results: grad(loss, [second, first]) })
  const together = stages.map(({ control }) => control.map((node) => (isByColumns(node) ? 'weight gradient' : node.primitive))).filter((names) => names.includes('weight gradient'))
  expect(together).toEqual([['convInputGradient', 'scatterAdd', 'weight gradient', 'weight gradient']])
})
