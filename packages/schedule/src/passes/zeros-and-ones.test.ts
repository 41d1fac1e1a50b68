import { describe, expect, it } from 'vitest'
import {
  argmaxPool,
  averagePool,
  concat,
  customGradient,
  iota,
  maxPool,
  ones,
  placeholder,
  scalar,
  scan,
  stopGradient,
  take,
  tensor,
  where,
  zeros,
  type Tensor,
} from '@snn/tensor'
import { interpret, referenceKernels } from '@snn/tensor/backend'
import { zerosAndOnes } from './zeros-and-ones.js'

const x = placeholder([2, 3, 4, 4])
const other = placeholder([2, 3, 4, 4])
const spikes = x.ge(1).cast('float32')

/** Integrate-and-fire over the first axis of x; `after` is applied to the spikes. */
function neurons(after: (spikes: Tensor) => Tensor): readonly [last: Tensor, spikes: Tensor, potentials: Tensor] {
  const step = (v: Tensor, now: Tensor): readonly [Tensor, readonly [Tensor, Tensor]] => {
    const charged = v.add(now)
    const fired = charged.ge(1).cast('float32')
    return [charged.sub(fired), [after(fired), charged]]
  }
  const [last, [stacked, potentials]] = scan(step, zeros([3, 4, 4]), x)
  return [last, stacked, potentials]
}

/** Spikes of the last step and those of all steps but the last, of which each is made from the one before. */
function feedback(
  next: (before: Tensor, now: Tensor) => Tensor,
  start: Tensor,
): readonly [last: Tensor, before: Tensor] {
  return scan((before: Tensor, now: Tensor): readonly [Tensor, Tensor] => [next(before, now), before], start, x)
}

const held: Record<string, Tensor> = {
  comparisons: x.lt(other),
  'casts of comparisons': spikes,
  'casts of spikes': spikes.cast('int32').cast('uint8'),
  'custom gradients of spikes': customGradient(spikes, [x], () => [null]),
  'spikes without gradient': stopGradient(spikes),
  'views and movements of spikes': spikes.reshape([6, 16]).transpose().slice(0, 1, 5).broadcastTo([3, 4, 6]),
  'spikes at indices': take(spikes, tensor([1, 0, 1], { dtype: 'int32' }), 0),
  'products of spikes': spikes.mul(other.lt(0).cast('float32')),
  'the smaller and the larger spike': spikes.minimum(ones([])).maximum(x.lt(0).cast('float32')),
  'selected spikes': where(x.lt(other), spikes, 0),
  'spikes beside zeros': concat([spikes, zeros([2, 3, 4, 4])], 1),
  'max pooling of spikes': maxPool(spikes, [3, 3], { stride: 2, padding: 1 }),
  'what a loop stacks': neurons((s) => s)[1],
  'what a loop stacks, selected by what is known outside': neurons((s) => s.mul(spikes.at(0, 0)))[1],
  'spikes carried on': feedback((_, now) => now.ge(1).cast('float32'), zeros([3, 4, 4]))[1],
  'spikes carried on that depend on those before': feedback(
    (before, now) => before.mul(now.ge(1).cast('float32')),
    ones([3, 4, 4]),
  )[0],
}

const notHeld: Record<string, Tensor> = {
  parameters: x,
  'sums of spikes': spikes.add(spikes),
  'scaled spikes': spikes.mul(0.5),
  'spikes times what is not known': spikes.mul(other),
  'averages of spikes': averagePool(spikes, [2, 2]),
  'positions of spikes': argmaxPool(spikes, [2, 2]),
  'spikes beside others': concat([spikes, other], 1),
  'selected by spikes': where(x.lt(other), spikes, other),
  'a negative zero': scalar(-0),
  indices: iota([4], 0),
  'max pooling with windows in the padding alone': maxPool(spikes, [2, 2], { padding: 2 }),
  'what a loop carries on': neurons((s) => s)[0],
  'potentials that a loop stacks': neurons((s) => s)[2],
  'scaled spikes that a loop stacks': neurons((s) => s.mul(0.5))[1],
  'spikes carried on from others': feedback((_, now) => now.ge(1).cast('float32'), other.at(0, 0))[1],
  'counts of spikes carried on': feedback((before, now) => before.add(now.ge(1).cast('float32')), zeros([3, 4, 4]))[1],
}

describe('zeros and ones', () => {
  it.each(Object.entries(held))('are %s', (_, value) => {
    expect(zerosAndOnes()(value)).toBe(true)
    const data = (key: number) => ({
      data: Float32Array.from({ length: 96 }, (_, i) => 2 * Math.sin(i * 7.1 + key)),
      shape: x.shape,
      dtype: x.dtype,
    })
    const found = new Set<number>(
      interpret(
        value,
        referenceKernels,
        new Map([
          [x, data(1)],
          [other, data(2)],
        ]),
      ).data,
    )
    expect([...found].every((element) => Object.is(element, 0) || element === 1)).toBe(true)
  })
  it.each(Object.entries(notHeld))('are not %s', (_, value) => expect(zerosAndOnes()(value)).toBe(false))
})
