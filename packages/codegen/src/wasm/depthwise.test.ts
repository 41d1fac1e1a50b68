import { conv, placeholder, sizeOf, type ConvOptions, type Shape } from '@snn/tensor'
import type { Node } from '@snn/tensor/backend'
import { expect, it } from 'vitest'
import { argumentsOf, inEachForm, kernelOf } from '../../test/memories.js'
import { random, runReference } from '../../test/run-kernel.js'
import { depthwiseC } from '../c/depthwise.js'
import { fuseDepthwise } from '../form/depthwise.js'
import { depthwiseFunction } from './depthwise.js'

async function check(shape: Shape, kernelShape: Shape, options: ConvOptions): Promise<void> {
  const next = random(sizeOf(shape))
  const fill = (length: number): Float32Array => Float32Array.from({ length }, () => next() * 2 - 1)
  const channels = kernelShape[0]!
  const [x, w] = [placeholder(shape), placeholder(kernelShape)]
  const y = conv(x, w, { ...options, groups: channels })
  const [data, weights, biases] = [fill(sizeOf(shape)), fill(sizeOf(kernelShape)), fill(channels)]
  const [wanted] = runReference(
    [y],
    new Map([
      [x, data],
      [w, weights],
    ]),
  )
  const { kernel, planes } = fuseDepthwise(y.node as Node<'conv'>)!
  const length = sizeOf(y.shape)
  const result = await inEachForm(64, async (where) => {
    const { memory, start } = where
    let end = start + 1024
    const place = (values: Float32Array): number => {
      const at = end
      new Float32Array(memory.buffer, at, values.length).set(values)
      end += Math.ceil((4 * values.length + 64) / 64) * 64
      return at
    }
    const to = [place(data), place(weights), place(biases), place(new Float32Array(length + 1).fill(77))] as const
    argumentsOf(where, 4).set(to)
    const run = await kernelOf(
      () => depthwiseFunction(kernel),
      where,
      () => depthwiseC(kernel),
    )
    run(start, 1, planes, 0)
    run(start, 0, 1, 0)
    const out = new Float32Array(memory.buffer, to[3], length + 1).slice()
    expect(out[length]).toBe(77)
    return out.subarray(0, length)
  })
  const places = sizeOf(kernel.windows)
  result.forEach((value, i) =>
    expect(Math.abs(value - wanted![i]! - biases[Math.floor(i / places) % channels]!)).toBeLessThan(1e-5),
  )
}

const cases: readonly (readonly [Shape, Shape, ConvOptions])[] = [
  [[2, 3, 9, 17], [3, 1, 3, 3], { padding: 1 }],
  [[2, 5, 12, 12], [5, 1, 3, 3], { padding: 1, stride: 2 }],
  [[2, 2, 3, 8, 21], [3, 1, 5, 2], { padding: 2, dilation: [1, 3] }],
  [[1, 4, 3, 3], [4, 1, 3, 3], { padding: 3, stride: 3 }],
  [[3, 6, 40], [6, 1, 7], { padding: 3 }],
  [[2, 2, 6, 6], [2, 1, 6, 6], {}],
]

it.each(cases)('is the reference, with the same bits in both forms: %j with %j, %j', check)

it('leaves alone what mixes channels, or has several filters for one', () => {
  const x = placeholder([2, 8, 6, 6])
  for (const [weight, groups] of [
    [[8, 2, 3, 3], 4],
    [[16, 1, 3, 3], 8],
    [[8, 8, 3, 3], 1],
  ] as const)
    expect(fuseDepthwise(conv(x, placeholder(weight), { groups }).node as Node<'conv'>)).toBeUndefined()
})
