import { repeat, stack, take } from '../ops/movement.js'
import { conv } from '../ops/linear.js'
import { oneHot, scalar, tensor } from '../ops/leaf.js'
import { averagePool, maxPool } from '../ops/pool.js'
import { where } from '../ops/elementwise.js'
import { grad } from '../grad.js'
import { scan } from '../scan.js'
import type { Tensor } from '../tensor.js'
import { given, values, type Case } from './case.js'

const softmax = (x: Tensor): Tensor => {
  const exponential = x.sub(x.max(-1, { keepDims: true })).exp()
  return exponential.div(exponential.sum(-1, { keepDims: true }))
}

const normalise = (x: Tensor): Tensor => {
  const mean = x.mean([0, 2, 3], { keepDims: true })
  const variance = x.sub(mean).square().mean([0, 2, 3], { keepDims: true })
  return x.sub(mean).div(variance.add(1e-5).sqrt())
}

/** Programs of several operations, in the combinations that networks have. */
export const compositionCases: readonly Case[] = [
  {
    name: 'movement before elementwise operations',
    inputs: [values('float32', [4, 6, 5], 1), values('float32', [5, 4], 2), values('float32', [3], 3)],
    build: (x, y, z) => {
      const part = x.slice(1, 1, 6, 2).transpose([1, 2, 0])
      const sum = part.add(y).mul(z.reshape([3, 1, 1]))
      return [
        sum,
        sum
          .pad(
            [
              [1, 0],
              [0, 2],
              [0, 0],
            ],
            0.5,
          )
          .neg(),
        sum.reshape([-1, 4]).sum(0),
      ]
    },
  },
  {
    name: 'one value used by many',
    inputs: [values('float32', [3, 4], 1)],
    build: (x) => {
      const y = x.exp()
      return [y, y.add(y), y.sum(), y.transpose(), y.sub(y.mean(0)), y.reshape([12])]
    },
  },
  { name: 'softmax', inputs: [values('float32', [5, 7], 1)], build: (x) => [softmax(x)] },
  { name: 'normalisation', inputs: [values('float32', [3, 2, 4, 5], 1)], build: (x) => [normalise(x)] },
  {
    name: 'integers, flags and floats together',
    inputs: [
      values('int32', [4, 3], 1),
      values('uint8', [4, 3], 2),
      values('bool', [4, 3], 3),
      values('float32', [3], 4),
    ],
    build: (i, u, b, f) => [
      where(b.and(i.gt(0)), i.cast('float32').mul(f), u.cast('float32').mul(1 / 255)),
      i.add(u.cast('int32')).mod(3).eq(1),
      b.not().or(u.lt(4)).cast('int32').sum(1),
    ],
  },
  {
    name: 'one-hot and taking rows',
    inputs: [given('int32', [2, 0, 3, 2]), values('float32', [4, 3], 1)],
    build: (labels, table) => [oneHot(labels, 4), take(table, labels, 0), stack([table.at(0, 1), table.at(0, -1)])],
  },
  {
    name: 'a broadcast and a constant as results',
    inputs: [values('float32', [3], 1)],
    build: (x) => [repeat(x, 4), x.reshape([3, 1]).broadcastTo([3, 2]), scalar(3), tensor([1, 2, 3])],
  },
  {
    name: 'an argument that is not used',
    inputs: [values('float32', [3], 1), values('float32', [2], 2)],
    build: (_, y) => [y.neg()],
  },
  {
    name: 'convolutional classifier and its gradients',
    inputs: [
      values('float32', [4, 1, 12, 12], 1),
      given('int32', [0, 2, 1, 2]),
      values('float32', [4, 1, 3, 3], 2),
      values('float32', [4], 3),
      values('float32', [3, 36], 4),
      values('float32', [3], 5),
    ],
    build: (x, labels, kernel, bias, weight, offset) => {
      const hidden = maxPool(normalise(conv(x, kernel, { padding: 1 }).add(bias.reshape([4, 1, 1]))).relu(), [2, 2])
      const logits = averagePool(hidden, [2, 2]).flatten().matmul(weight.transpose()).add(offset)
      const loss = softmax(logits).mul(oneHot(labels, 3)).sum(1).log().neg().mean()
      return [loss, logits, ...grad(loss, [kernel, bias, weight, offset])]
    },
  },
  {
    name: 'recurrent convolutional network over time and its gradients',
    inputs: [values('float32', [2, 1, 6, 6], 1), values('float32', [3, 1, 3, 3], 2), values('float32', [2, 108], 3)],
    build: (x, kernel, weight) => {
      const current = conv(repeat(x, 4), kernel, { padding: 1 })
      const [, rates] = scan(
        (v: Tensor, i: Tensor) => {
          const charged = v.mul(0.5).add(i)
          const rate = charged.sigmoid()
          return [charged.sub(rate), rate] as const
        },
        current.at(0, 0).mul(0),
        current,
      )
      const loss = rates.flatten(2).matmul(weight.transpose()).mean(0).square().sum()
      return [loss, rates, ...grad(loss, [kernel, weight])]
    },
  },
]
