import { conv, grad, maxPool, placeholder } from '@snn/tensor'
import { topological, type Graph } from '@snn/tensor/backend'
import { expect, it } from 'vitest'
import { classify } from '../classify/classify.js'
import { arrange, type Stage } from './stages.js'
import type { KernelTarget } from '../target.js'

const kernels: KernelTarget = {
  isWorthwhile: () => true,
  images: { smallestProduct: 2 ** 20 },
  largestSum: 2 ** 16,
  largestPlane: 2 ** 14,
  largestGroup: 256,
  isNest: () => true,
  smallestCast: 2 ** 18,
}

function stagesOf(graph: Graph): readonly Stage[] {
  const options = {
    name: 'test',
    isBaked: () => false,
    outer: <T>(tensor: T) => tensor,
    valueOf: () => undefined,
    outerStatic: () => false,
    fold: true,
    isLibrary: () => true,
    kernels,
  }
  return arrange(classify(graph, topological(graph), options), kernels.largestGroup).stages
}

it('puts weight gradients of convolutions behind all else that can run at the same time, the largest last', () => {
  const [x, first, second] = [placeholder([2, 1, 8, 8]), placeholder([16, 1, 3, 3]), placeholder([5, 16, 3, 3])]
  const loss = conv(maxPool(conv(x, first), [2, 2]), second, { padding: 1 })
    .square()
    .sum()
  const stages = stagesOf({ parameters: [x, first, second], results: grad(loss, [second, first]) })
  const [together, ...others] = stages
    .map(({ control }) => control)
    .filter((steps) => steps.some(({ role }) => role.kind === 'columns'))
  expect(
    together!.map(({ node, role }) => (role.kind === 'columns' ? node.outputs[0]!.shape : node.primitive)),
  ).toEqual(['convInputGradient', 'scatterAdd', first.shape, second.shape])
  expect(others).toEqual([])
})
