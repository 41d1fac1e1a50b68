import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  averagePool,
  concat,
  conv,
  convTranspose,
  grad,
  maxPool,
  placeholder,
  repeat,
  scan,
  tensor,
  where,
  zeros,
  type Tensor,
} from '../index.js'
import { interpret, referenceKernels, topological } from '../for-backends.js'
import { simplify } from '../passes/simplify.js'
import { values } from '../testing/case.js'
import { compare } from '../testing/compare.js'
import { contract } from '../../test/finite-difference.js'

const [T, N, C, H, W] = [3, 2, 2, 3, 4] as const
const parameter = (shape: readonly number[], seed: number): Tensor =>
  tensor(values('float64', shape, seed, (x) => x / 2))

const kernel = parameter([C, C, 3, 3], 1)
const matrix = parameter([C * H * W, C * H * W], 2)
const channel = parameter([C, 1, 1], 3)
const sample = parameter([N, 1, 1, 1], 4)
const time = parameter([T, 1, 1, 1, 1], 5)
const weights = [kernel, matrix, channel, sample, time]

/** Operations that keep the shape [T, N, C, H, W]. */
const operations: Record<string, (x: Tensor) => Tensor> = {
  tanh: (x) => x.mul(2).tanh(),
  channel: (x) => x.add(channel),
  sample: (x) => x.mul(sample),
  time: (x) => x.mul(time),
  conv: (x) => conv(x, kernel, { padding: 1 }),
  convTranspose: (x) => convTranspose(x, kernel, { padding: 1 }),
  maxPool: (x) =>
    maxPool(x, [2, 2], {
      stride: 1,
      padding: [
        [0, 1],
        [1, 0],
      ],
    }),
  averagePool: (x) => averagePool(x, [3, 3], { stride: 1, padding: 1, countIncludePad: false }),
  matmul: (x) => x.flatten(2).matmul(matrix).reshape(x.shape),
  'a matrix for each sample': (x) => x.matmul(x.transpose()).matmul(x).mul(0.1),
  'channels last': (x) =>
    x
      .transpose([0, 1, 3, 4, 2])
      .mul(channel.reshape([C]))
      .transpose([0, 1, 4, 2, 3]),
  'batch first': (x) =>
    x
      .transpose([1, 0, 2, 3, 4])
      .add(time.reshape([T, 1, 1, 1]))
      .transpose([1, 0, 2, 3, 4]),
  'one batch': (x) =>
    x
      .reshape([T * N, C, H, W])
      .add(channel)
      .sin()
      .reshape(x.shape),
  'less the mean over time': (x) => x.sub(x.mean(0, { keepDims: true }).mul(0.5)),
  'less the mean over batch and plane': (x) => x.sub(x.mean([1, 3, 4], { keepDims: true })),
  'less the maximum': (x) => x.sub(x.max(2, { keepDims: true })),
  'leaky ReLU': (x) => where(x.gt(0.1), x, x.mul(0.1)),
  'delay by one step': (x) =>
    x.slice(0, 0, T - 1).pad([
      [1, 0],
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
    ]),
  'cut and join over time': (x) => concat([x.slice(0, 1), x.slice(0, 0, 1)], 0),
  'one step for all': (x) => repeat(x.at(0, 1), T),
  'one sample for all': (x) => x.slice(1, 0, 1).broadcastTo(x.shape),
  integrate: (x) =>
    scan(
      (v: Tensor, x: Tensor) => [v.mul(0.5).add(x), v.add(x).sin()] as const,
      zeros([N, C, H, W], { dtype: 'float64' }),
      x,
    )[1],
  'integrate with captured image': (x) =>
    scan(
      (v: Tensor, y: Tensor) => [v.mul(0.5).add(y), v.mul(x.at(0, 0))] as const,
      zeros([N, C, H, W], { dtype: 'float64' }),
      x,
    )[1],
}

const names = fc.array(fc.constantFrom(...Object.keys(operations)), { minLength: 1, maxLength: 4 })

/** The operations one after another, and the gradients of the result. */
function pipeline(names: readonly string[], x: Tensor, wrt: readonly Tensor[]): Tensor[] {
  const result = names.reduce((now, name) => operations[name]!(now), x)
  return [result, ...grad(contract([result]), wrt)]
}

describe('a repeated axis stays outside of operations', () => {
  it('and the results and gradients are those of copies', () => {
    fc.assert(
      fc.property(names, fc.nat(1000), fc.boolean(), (names, seed, onlyTime) => {
        const image = placeholder(onlyTime ? [N, C, H, W] : [C, H, W], 'float64')
        const batch = onlyTime ? image : repeat(image, N)
        const copies = onlyTime
          ? image.expandDims(0)
          : concat([image.expandDims(0), image.expandDims(0)], 0).expandDims(0)
        const wrt = [image, ...weights]
        const both = [pipeline(names, repeat(batch, T), wrt), pipeline(names, concat([copies, copies, copies], 0), wrt)]
        const [hoisted, copied] = interpret(
          both,
          referenceKernels,
          new Map([[image, values('float64', image.shape, seed)]]),
        )
        hoisted!.forEach((result, i) => compare(result, copied![i]!, { relative: 1e-8, absolute: 1e-8 }, `result ${i}`))
      }),
      { numRuns: 150 },
    )
  })

  it('a repeated sequence runs each stateless layer and its weight gradient on N images', () => {
    const image = placeholder([N, C, H, W], 'float64')
    const [, spikes] = scan(
      (v: Tensor, x: Tensor) => [v.add(x).mul(0.5), v.sub(x).tanh()] as const,
      zeros([N, C, H, W], { dtype: 'float64' }),
      conv(repeat(image, T), kernel, { padding: 1 }),
    )
    const second = conv(spikes, kernel, { padding: 1 })
    const gradients = grad(second.square().sum(), kernel)
    const shapes = topological({ parameters: [image], results: [second, gradients] })
      .filter((node) => node.primitive.startsWith('conv'))
      .map((node) => `${node.primitive} on [${node.inputs[0]!.shape.join()}]`)
    // the first layer on N images, the second, whose input changes, on T x N
    expect(shapes.sort()).toEqual([
      `conv on [${[N, C, H, W].join()}]`,
      `conv on [${[T, N, C, H, W].join()}]`,
      `convInputGradient on [${[T, N, C, H, W].join()}]`,
      `convWeightGradient on [${[N, C, H, W].join()}]`,
      `convWeightGradient on [${[T, N, C, H, W].join()}]`,
    ])
  })
})

it('the passes keep results and gradients', () => {
  fc.assert(
    fc.property(names, fc.nat(1000), fc.boolean(), (names, seed, repeated) => {
      const x = placeholder(repeated ? [N, C, H, W] : [T, N, C, H, W], 'float64')
      const results = pipeline(names, repeated ? repeat(x, T) : x, [x, ...weights])
      const simplified = simplify({ parameters: [x], results, assigns: [] })
      expect(topological(simplified).length).toBeLessThanOrEqual(topological({ parameters: [x], results }).length)
      const [before, after] = interpret(
        [results, simplified.results],
        referenceKernels,
        new Map([[x, values('float64', x.shape, seed)]]),
      )
      before.forEach((result, i) => compare(after[i]!, result, { relative: 1e-9, absolute: 1e-9 }, `result ${i}`))
    }),
    { numRuns: 100 },
  )
})
