import { compile, grad, reference, variable, type Tensor, type TensorLike } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { at, expectClose, values, weight } from '../../test/values.js'
import {
  addLayer,
  averagePoolLayer,
  batchNormLayer,
  binaryLayer,
  broadcastLayer,
  clipLayer,
  concatLayer,
  constantLayer,
  convLayer,
  createLayer,
  flattenLayer,
  gatherLayer,
  globalAveragePoolLayer,
  globalMaxPoolLayer,
  layerNormLayer,
  leakyReluLayer,
  linearLayer,
  logSoftmaxLayer,
  matmulLayer,
  maxPoolLayer,
  padLayer,
  parameterLayer,
  reduceLayer,
  reluLayer,
  reshapeLayer,
  sliceLayer,
  softmaxLayer,
  transposeLayer,
  unaryLayer,
  type StatelessLayer,
} from '../index.js'

const backend = reference()
type Sample = readonly number[]

/** Applies a layer to [N, ..] and to [T, N, ..] and checks that both say the same. */
async function apply(
  layer: StatelessLayer,
  inputs: readonly (readonly number[])[],
  seed = 1,
): Promise<{ inputs: TensorLike[]; output: TensorLike }> {
  const [T, N] = [2, 3]
  const sequences = inputs.map((sample, i) => values([T, N, ...sample], seed + i, 2))
  const steps = sequences.map(({ data, shape }) => ({ data: data.slice(0, data.length / T), shape: shape.slice(1) }))
  const run = compile(
    (x: Tensor[], xSeq: Tensor[]) => ({
      step: layer.apply(x, { training: false, lead: 1 }),
      sequence: layer.apply(xSeq, { training: false, lead: 2 }),
    }),
    { backend },
  )
  const { step, sequence } = await run(steps, sequences)
  expect(sequence.shape).toEqual([T, ...step.shape])
  expectClose(step, { data: sequence.data.slice(0, step.data.length), shape: step.shape })
  return { inputs: steps, output: step }
}

/** Checks a layer element by element against a plain function of multi-indices. */
async function expectElements(
  layer: StatelessLayer,
  samples: readonly Sample[],
  shape: Sample,
  expected: (inputs: readonly TensorLike[], ...index: number[]) => number,
): Promise<void> {
  const { inputs, output } = await apply(layer, samples)
  expect(output.shape).toEqual([3, ...shape])
  const strides = output.shape.map((_, axis) => output.shape.slice(axis + 1).reduce((a, b) => a * b, 1))
  output.data.forEach((y, flat) => {
    const index = strides.map((stride, axis) => Math.floor(flat / stride) % output.shape[axis]!)
    expect(Math.abs(y - expected(inputs, ...index))).toBeLessThan(1e-12)
  })
}

const sum = (n: number, value: (i: number) => number): number =>
  Array.from({ length: n }, (_, i) => value(i)).reduce((a, b) => a + b, 0)

describe('elementwise layers', () => {
  const functions: readonly [StatelessLayer, (x: number, n: number, c: number) => number][] = [
    [reluLayer({}), (x) => Math.max(x, 0)],
    [clipLayer({ low: -0.5, high: 1 }), (x) => Math.min(Math.max(x, -0.5), 1)],
    [clipLayer({ low: null, high: 0.2 }), (x) => Math.min(x, 0.2)],
    [clipLayer({ low: 0.1, high: null }), (x) => Math.max(x, 0.1)],
    [leakyReluLayer({ slope: 0.1 }), (x) => (x > 0 ? x : 0.1 * x)],
    [
      leakyReluLayer({ slope: 0 }, { slope: variable({ data: Float64Array.of(0.1, 0.2), shape: [2, 1] }) }),
      (x, _, c) => (x > 0 ? x : [0.1, 0.2][c]! * x),
    ],
    [unaryLayer({ function: 'neg' }), (x) => -x],
    [unaryLayer({ function: 'abs' }), Math.abs],
    [unaryLayer({ function: 'exp' }), Math.exp],
    [unaryLayer({ function: 'sigmoid' }), (x) => 1 / (1 + Math.exp(-x))],
    [unaryLayer({ function: 'tanh' }), Math.tanh],
    [unaryLayer({ function: 'floor' }), Math.floor],
    [unaryLayer({ function: 'sign' }), Math.sign],
    [unaryLayer({ function: 'sin' }), Math.sin],
    [unaryLayer({ function: 'cos' }), Math.cos],
    [unaryLayer({ function: 'reciprocal' }), (x) => 1 / x],
    [unaryLayer({ function: 'softplus' }), (x) => Math.log1p(Math.exp(x))],
    [unaryLayer({ function: 'ceil' }), Math.ceil],
    [unaryLayer({ function: 'tan' }), Math.tan],
    [unaryLayer({ function: 'softsign' }), (x) => x / (1 + Math.abs(x))],
    [unaryLayer({ function: 'elu', alpha: 0.7 }), (x) => (x > 0 ? x : 0.7 * Math.expm1(x))],
    [unaryLayer({ function: 'celu', alpha: 0.7 }), (x) => (x > 0 ? x : 0.7 * Math.expm1(x / 0.7))],
    [unaryLayer({ function: 'selu' }), (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x))],
    [unaryLayer({ function: 'thresholdedRelu', alpha: 0.5 }), (x) => (x > 0.5 ? x : 0)],
    [unaryLayer({ function: 'hardSigmoid' }), (x) => Math.min(Math.max(x / 6 + 0.5, 0), 1)],
    [unaryLayer({ function: 'hardSwish' }), (x) => x * Math.min(Math.max(x / 6 + 0.5, 0), 1)],
    [unaryLayer({ function: 'swish', alpha: 2 }), (x) => x / (1 + Math.exp(-2 * x))],
    [unaryLayer({ function: 'mish' }), (x) => x * Math.tanh(Math.log1p(Math.exp(x)))],
    [
      unaryLayer({ function: 'geluTanh' }),
      (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    ],
    [
      constantLayer(
        { function: 'sub', swap: false },
        { operand: variable({ data: Float64Array.of(1, 2), shape: [2, 1] }) },
      ),
      (x, _, c) => x - (c + 1),
    ],
    [
      constantLayer({ function: 'sub', swap: true }, { operand: variable({ data: Float64Array.of(1), shape: [] }) }),
      (x) => 1 - x,
    ],
    [
      constantLayer(
        { function: 'maximum', swap: false },
        { operand: variable({ data: Float64Array.of(0.3), shape: [1] }) },
      ),
      (x) => Math.max(x, 0.3),
    ],
  ]
  it.each(
    functions.map(([layer, expected]) => [`${layer.kind} ${JSON.stringify(layer.config)}`, layer, expected] as const),
  )('%s', async (_, layer, expected) => {
    await expectElements(layer, [[2, 5]], [2, 5], ([x], n, c, w) => expected(at(x!, n, c, w), n, c))
  })

  it('add, and binary functions of two inputs', async () => {
    await expectElements(
      addLayer({}),
      [
        [2, 2],
        [2, 2],
        [2, 2],
      ],
      [2, 2],
      (xs, ...i) => sum(3, (k) => at(xs[k]!, ...i)),
    )
    await expectElements(
      binaryLayer({ function: 'mul' }),
      [
        [2, 3],
        [2, 1],
      ],
      [2, 3],
      ([x, y], n, c, w) => at(x!, n, c, w) * at(y!, n, c, 0),
    )
    await expectElements(binaryLayer({ function: 'minimum' }), [[4], [4]], [4], ([x, y], ...i) =>
      Math.min(at(x!, ...i), at(y!, ...i)),
    )
  })

  it('softmax and log-softmax, over any axis, far from overflow', async () => {
    const softmax = ([x]: readonly TensorLike[], n: number, c: number, w: number) =>
      Math.exp(at(x!, n, c, w)) / sum(4, (k) => Math.exp(at(x!, n, k, w)))
    for (const axis of [0, -2]) {
      await expectElements(softmaxLayer({ axis }), [[4, 2]], [4, 2], softmax)
      await expectElements(logSoftmaxLayer({ axis }), [[4, 2]], [4, 2], ((xs: never, n: never, c: never, w: never) =>
        Math.log(softmax(xs, n, c, w))) as never)
    }
    const far = compile((x: Tensor) => softmaxLayer({ axis: 0 }).apply([x], { training: false, lead: 1 }), { backend })
    expect([...(await far({ data: Float32Array.of(1000, 1000, -1000), shape: [1, 3] })).data]).toEqual([0.5, 0.5, 0])
  })
})

describe('weighted layers', () => {
  it('linear', async () => {
    const [w, b] = [weight([4, 3], 5), weight([4], 6)]
    const [wData, bData] = [values([4, 3], 5), values([4], 6)]
    await expectElements(
      linearLayer({}, { weight: w, bias: b }),
      [[3]],
      [4],
      ([x], n, o) => at(bData, o) + sum(3, (i) => at(x!, n, i) * at(wData, o, i)),
    )
    await expectElements(linearLayer({}, { weight: w }), [[2, 3]], [2, 4], ([x], n, l, o) =>
      sum(3, (i) => at(x!, n, l, i) * at(wData, o, i)),
    )
  })

  it('matmul of two inputs', async () => {
    await expectElements(
      matmulLayer({}),
      [
        [2, 3],
        [3, 4],
      ],
      [2, 4],
      ([a, b], n, i, j) => sum(3, (k) => at(a!, n, i, k) * at(b!, n, k, j)),
    )
  })

  it('conv 2-D with stride, padding, dilation, groups', async () => {
    const [wData, bData] = [values([4, 1, 3, 2], 7), values([4], 8)]
    const layer = convLayer(
      {
        stride: [2, 1],
        padding: [
          [1, 0],
          [0, 2],
        ],
        dilation: [1, 2],
        groups: 2,
      },
      { weight: weight([4, 1, 3, 2], 7), bias: weight([4], 8) },
    )
    await expectElements(
      layer,
      [[2, 6, 5]],
      [4, 3, 5],
      ([x], n, o, h, w) =>
        at(bData, o) +
        sum(3, (kh) =>
          sum(2, (kw) => {
            const [row, column] = [h * 2 + kh - 1, w + 2 * kw]
            return row < 0 || row >= 6 || column >= 5
              ? 0
              : at(x!, n, Math.floor(o / 2), row, column) * at(wData, o, 0, kh, kw)
          }),
        ),
    )
  })

  it('conv 1-D without bias', async () => {
    const wData = values([2, 3, 3], 9)
    const layer = convLayer(
      { stride: [1], padding: [[0, 0]], dilation: [1], groups: 1 },
      { weight: weight([2, 3, 3], 9) },
    )
    await expectElements(layer, [[3, 7]], [2, 5], ([x], n, o, l) =>
      sum(3, (c) => sum(3, (k) => at(x!, n, c, l + k) * at(wData, o, c, k))),
    )
  })
})

describe('batch normalisation', () => {
  const statistics = () => ({
    weight: weight([3], 1),
    bias: weight([3], 2),
    mean: weight([3], 3),
    variance: variable({ data: Float64Array.of(0.5, 1, 2), shape: [3] }),
  })
  const config = { epsilon: 1e-3, momentum: 0.2 }

  it('uses the running statistics outside of training', async () => {
    const [w, b, m, v] = [values([3], 1), values([3], 2), values([3], 3), [0.5, 1, 2]]
    const expected = ([x]: readonly TensorLike[], n: number, c: number, ...rest: number[]) =>
      ((at(x!, n, c, ...rest) - at(m, c)) / Math.sqrt(v[c]! + 1e-3)) * at(w, c) + at(b, c)
    await expectElements(batchNormLayer(config, statistics()), [[3, 2, 2]], [3, 2, 2], expected)
    await expectElements(batchNormLayer(config, statistics()), [[3]], [3], expected)
  })

  it('in training uses and gathers those of the batch and of time', async () => {
    const own = statistics()
    const layer = batchNormLayer(config, own)
    const x = values([2, 4, 3, 2], 6)
    const run = compile(
      (t: Tensor) => {
        const y = layer.apply([t], { training: true, lead: 2 })
        return { y, dx: grad(y.mul(t).sum(), t) }
      },
      { backend },
    )
    const { y, dx } = await run(x)
    for (let c = 0; c < 3; c++) {
      const all = Array.from({ length: 16 }, (_, i) => at(x, i >> 3, (i >> 1) & 3, c, i & 1))
      const mean = all.reduce((a, b) => a + b) / 16
      const variance = all.reduce((a, b) => a + (b - mean) ** 2, 0) / 16
      const normed = (at(x, 1, 2, c, 1) - mean) / Math.sqrt(variance + 1e-3)
      expect(at(y, 1, 2, c, 1)).toBeCloseTo(normed * at(values([3], 1), c) + at(values([3], 2), c), 10)
      expect((await own.mean.data())[c]).toBeCloseTo(0.8 * at(values([3], 3), c) + 0.2 * mean, 10)
      expect((await own.variance.data())[c]).toBeCloseTo(0.8 * [0.5, 1, 2][c]! + (0.2 * variance * 16) / 15, 10)
    }
    // the gradient flows through the statistics: compare with a finite difference
    const frozen = compile((t: Tensor) => layer.apply([t], { training: true, lead: 2 }).mul(t).sum(), { backend })
    const moved = (h: number) => frozen({ ...x, data: x.data.map((value, i) => (i === 5 ? value + h : value)) })
    expect(dx.data[5]).toBeCloseTo(((await moved(1e-5)).item() - (await moved(-1e-5)).item()) / 2e-5, 6)
  })
})

describe('layer normalisation', () => {
  it('normalises the last axes of each sample', async () => {
    const [w, b] = [values([3, 2], 1), values([3, 2], 2)]
    const layer = layerNormLayer({ epsilon: 1e-3, axes: 2 }, { weight: weight([3, 2], 1), bias: weight([3, 2], 2) })
    await expectElements(layer, [[2, 3, 2]], [2, 3, 2], ([x], n, c, h, l) => {
      const all = Array.from({ length: 6 }, (_, i) => at(x!, n, c, i >> 1, i & 1))
      const mean = sum(6, (i) => all[i]!) / 6
      const variance = sum(6, (i) => (all[i]! - mean) ** 2) / 6
      return ((at(x!, n, c, h, l) - mean) / Math.sqrt(variance + 1e-3)) * at(w, h, l) + at(b, h, l)
    })
  })
})

describe('pooling layers', () => {
  it('maxPool with stride, padding, dilation', async () => {
    const layer = maxPoolLayer({
      kernel: [2, 2],
      stride: [2, 1],
      padding: [
        [1, 0],
        [0, 0],
      ],
      dilation: [1, 2],
    })
    await expectElements(layer, [[2, 5, 4]], [2, 3, 2], ([x], n, c, h, w) => {
      const inside = [0, 1]
        .flatMap((kh) => [0, 2].map((kw) => [2 * h + kh - 1, w + kw] as const))
        .filter(([row]) => row >= 0)
      return Math.max(...inside.map(([row, column]) => at(x!, n, c, row, column)))
    })
  })

  it('averagePool, with and without padding in the divisor', async () => {
    for (const countIncludePad of [true, false]) {
      const layer = averagePoolLayer({ kernel: [3], stride: [2], padding: [[1, 1]], countIncludePad })
      await expectElements(layer, [[2, 6]], [2, 3], ([x], n, c, l) => {
        const inside = [2 * l - 1, 2 * l, 2 * l + 1].filter((i) => i >= 0 && i < 6)
        return inside.reduce((a, i) => a + at(x!, n, c, i), 0) / (countIncludePad ? 3 : inside.length)
      })
    }
  })

  it('global pooling keeps the axes', async () => {
    await expectElements(
      globalAveragePoolLayer({}),
      [[2, 3, 4]],
      [2, 1, 1],
      ([x], n, c) => sum(3, (h) => sum(4, (w) => at(x!, n, c, h, w))) / 12,
    )
    await expectElements(globalMaxPoolLayer({}), [[2, 3]], [2, 1], ([x], n, c) =>
      Math.max(...[0, 1, 2].map((l) => at(x!, n, c, l))),
    )
  })

  it('reduce over axes of a sample', async () => {
    await expectElements(
      reduceLayer({ function: 'sum', axes: [0, -1], keepDims: false }),
      [[2, 3, 4]],
      [3],
      ([x], n, h) => sum(2, (c) => sum(4, (w) => at(x!, n, c, h, w))),
    )
    await expectElements(
      reduceLayer({ function: 'mean', axes: [1], keepDims: true }),
      [[2, 3]],
      [2, 1],
      ([x], n, c) => sum(3, (l) => at(x!, n, c, l)) / 3,
    )
    await expectElements(reduceLayer({ function: 'max', axes: [0], keepDims: false }), [[3]], [], ([x], n) =>
      Math.max(...[0, 1, 2].map((c) => at(x!, n, c))),
    )
    await expectElements(reduceLayer({ function: 'min', axes: [0], keepDims: false }), [[3]], [], ([x], n) =>
      Math.min(...[0, 1, 2].map((c) => at(x!, n, c))),
    )
  })
})

describe('layers of shape', () => {
  it('move elements of a sample, whatever comes before', async () => {
    await expectElements(flattenLayer({}), [[2, 3, 4]], [24], ([x], n, i) =>
      at(x!, n, Math.floor(i / 12), Math.floor(i / 4) % 3, i % 4),
    )
    await expectElements(
      reshapeLayer({ shape: [3, -1] }),
      [[2, 6]],
      [3, 4],
      ([x], n, i, j) => x!.data[n * 12 + i * 4 + j]!,
    )
    await expectElements(transposeLayer({ permutation: [2, 0, 1] }), [[2, 3, 4]], [4, 2, 3], ([x], n, w, c, h) =>
      at(x!, n, c, h, w),
    )
    await expectElements(
      padLayer({
        padding: [
          [0, 1],
          [2, 0],
        ],
        value: 0.5,
      }),
      [[2, 3]],
      [3, 5],
      ([x], n, c, l) => (c > 1 || l < 2 ? 0.5 : at(x!, n, c, l - 2)),
    )
    await expectElements(sliceLayer({ axis: 1, start: 1, end: 5, step: 2 }), [[2, 6]], [2, 2], ([x], n, c, l) =>
      at(x!, n, c, 1 + 2 * l),
    )
    for (const axis of [0, -2])
      await expectElements(
        concatLayer({ axis }),
        [
          [2, 3],
          [1, 3],
        ],
        [3, 3],
        ([x, y], n, c, l) => (c < 2 ? at(x!, n, c, l) : at(y!, n, 0, l)),
      )
  })
})

describe('layers of indices and copies', () => {
  it('gather, broadcast and parameter', async () => {
    await expectElements(gatherLayer({ indices: [null, [2, 0, 0, 1]] }), [[2, 3]], [2, 4], ([x], n, c, l) =>
      at(x!, n, c, [2, 0, 0, 1][l]!),
    )
    await expectElements(broadcastLayer({ shape: [2, 3, 4] }), [[3, 1]], [2, 3, 4], ([x], n, _, h) => at(x!, n, h, 0))
    const token = values([2, 3], 5)
    await expectElements(parameterLayer({}, { value: weight([2, 3], 5) }), [[4]], [2, 3], (_, __, i, j) =>
      at(token, i, j),
    )
  })
})

describe('createLayer', () => {
  it('makes a layer again from what it says of itself', async () => {
    const original = convLayer(
      { stride: [1], padding: [[1, 1]], dilation: [1], groups: 1 },
      { weight: weight([2, 2, 3], 4) },
    )
    const again = createLayer(
      original.kind,
      JSON.parse(JSON.stringify(original.config)) as never,
      original.variables,
    ) as StatelessLayer
    expect((await apply(again, [[2, 5]])).output.data).toEqual((await apply(original, [[2, 5]])).output.data)
    expect(createLayer('integrateAndFire', {}, {})).toBeUndefined()
  })
})

describe('errors', () => {
  it('name the axes that a layer wants', async () => {
    const conv = convLayer(
      {
        stride: [1, 1],
        padding: [
          [0, 0],
          [0, 0],
        ],
        dilation: [1, 1],
        groups: 1,
      },
      { weight: weight([2, 3, 1, 1]) },
    )
    await expect(apply(conv, [[4, 4]])).rejects.toThrow(
      '[conv] input of shape [3,4,4], expected [N,C,H,W]. Reshape it, or run the network over a sequence.',
    )
    const pool = maxPoolLayer({ kernel: [2], stride: [2], padding: [[0, 0]], dilation: [1] })
    await expect(apply(pool, [[3, 4, 4]])).rejects.toThrow('[maxPool] input of shape [3,3,4,4], expected [N,C,H]')
    await expect(apply(linearLayer({}, { weight: weight([4, 3]) }), [[5]])).rejects.toThrow(
      '[linear] input of shape [3,5], expected [3,3]',
    )
  })
})
