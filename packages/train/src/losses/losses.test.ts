import { compile, grad, isSnnError, reference, type Tensor, type TensorLike } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import jelly from '../../test/golden/spikingjelly.json' with { type: 'json' }
import golden from '../../test/golden/snntorch.json' with { type: 'json' }
import { expectClose, f64, i32 } from '../../test/host.js'
import * as all from '../index.js'

const backend = reference()
const { T, N, K, losses, weight } = golden.cases
const spikes = f64(golden.cases.spikes, [T, N, K])
const membrane = f64(golden.cases.membrane, [T, N, K])
const labels = i32(golden.cases.labels)
const two = i32(golden.cases.twoLabels)

type Loss = (x: Tensor, y: Tensor) => Tensor

async function lossAndGradient(loss: Loss, x: TensorLike, y: TensorLike): Promise<{ loss: number[]; grad: number[] }> {
  await using run = compile(
    (a: Tensor, b: Tensor) => {
      const value = loss(a, b)
      return { value, dx: grad(value.sum(), a) }
    },
    { backend },
  )
  const { value, dx } = await run(x, y)
  return { loss: [...value.data], grad: [...dx.data] }
}

describe('losses of snnTorch: values and gradients', () => {
  const cases: readonly [keyof typeof losses, Loss, TensorLike, TensorLike][] = [
    ['ce_rate', (x, y) => all.tet(x, y), membrane, labels],
    ['ce_rate none weight', (x, y) => all.tet(x, y, { weight, reduction: 'none' }), membrane, labels],
    ['ce_count', (x, y) => all.countCrossEntropy(x, y), spikes, labels],
    ['ce_count weight', (x, y) => all.countCrossEntropy(x, y, { weight }), spikes, labels],
    ['ce_count population', (x, y) => all.countCrossEntropy(x, y, { classes: 2 }), spikes, two],
    ['ce_max_membrane', (x, y) => all.maxMembraneCrossEntropy(x, y), membrane, labels],
    ['mse_count', (x, y) => all.countMse(x, y, { correctRate: 0.8, incorrectRate: 0.2 }), spikes, labels],
    [
      'mse_count population',
      (x, y) => all.countMse(x, y, { correctRate: 0.9, incorrectRate: 0.1, classes: 2 }),
      spikes,
      two,
    ],
    ['mse_membrane', (x, y) => all.membraneMse(x, y, { onTarget: 1.2, offTarget: -0.3 }), membrane, labels],
    [
      'mse_membrane varying',
      (x, y) => all.membraneMse(x, y),
      membrane,
      i32(
        Array.from({ length: T * N }, (_, i) => (Math.floor(i / N) + golden.cases.labels[i % N]!) % K),
        [T, N],
      ),
    ],
    ['mse_temporal', (x, y) => all.temporalMse(x, y), spikes, labels],
    [
      'mse_temporal tolerance',
      (x, y) => all.temporalMse(x, y, { onTarget: 1, offTarget: 4, tolerance: 2 }),
      spikes,
      labels,
    ],
    [
      'mse_temporal times',
      (x, y) => all.temporalMse(x, y, { target: 'times' }),
      spikes,
      f64(golden.cases.times, [N, K]),
    ],
    ['ce_temporal negate', (x, y) => all.temporalCrossEntropy(x, y), spikes, labels],
    ['ce_temporal reciprocal', (x, y) => all.temporalCrossEntropy(x, y, { inverse: 'reciprocal' }), spikes, labels],
  ]
  it.each(cases)('%s', async (name, loss, x, y) => {
    const result = await lossAndGradient(loss, x, y)
    expectClose(result.loss, losses[name].loss)
    expectClose(result.grad, losses[name].grad)
  })

  it('all of them are here', () => expect(cases.map(([name]) => name).sort()).toEqual(Object.keys(losses).sort()))

  it('a label that is no class makes the loss of its sample NaN, and no other', async () => {
    const byClass: Readonly<Record<string, Loss>> = {
      crossEntropy: (x, y) => all.crossEntropy(x.mean(0), y, { reduction: 'none' }),
      countCrossEntropy: (x, y) => all.countCrossEntropy(x, y, { reduction: 'none' }),
      countMse: (x, y) => all.countMse(x, y, { reduction: 'none' }),
      maxMembraneCrossEntropy: (x, y) => all.maxMembraneCrossEntropy(x, y, { reduction: 'none' }),
      membraneMse: (x, y) => all.membraneMse(x, y, { reduction: 'none' }),
      temporalMse: (x, y) => all.temporalMse(x, y, { reduction: 'none' }),
      temporalCrossEntropy: (x, y) => all.temporalCrossEntropy(x, y, { reduction: 'none' }),
      tet: (x, y) => all.tet(x, y, { reduction: 'none' }),
      mse: (x, y) => all.mse(x.mean(0), all.classTargets(y, K, { dtype: 'float64' }), { reduction: 'none' }),
    }
    for (const [name, loss] of Object.entries(byClass)) {
      for (const outside of [K, -1]) {
        const given = Array.from({ length: N }, (_, i) => (i === 1 ? outside : i % K))
        await using run = compile(loss, { backend })
        expect(
          [...(await run(spikes, i32(given))).data].map((value) => Number.isNaN(value)),
          name,
        ).toEqual(given.map((label) => label === outside))
      }
    }
  })

  it('accuracies: with labels that are all k, the share of predictions k', async () => {
    await using run = compile(
      (s: Tensor, y: Tensor) => [
        all.accuracy(all.predictByRate(s), y),
        all.accuracy(all.predictByRate(s, { classes: 2 }), y),
        all.accuracy(all.predictByFirstSpike(s), y),
      ],
      { backend },
    )
    const { accuracies } = golden.cases
    for (let k = 0; k < K; k++) {
      const [rate, population, temporal] = await run(spikes, i32(Array(N).fill(k)))
      expect(rate!.item()).toBe(accuracies.rate[k])
      expect(population!.item()).toBe(accuracies['rate population'][k] ?? 0)
      expect(temporal!.item()).toBe(accuracies.temporal[k])
    }
  })
})

describe('losses of SpikingJelly', () => {
  const example = jelly.cases['TET logits [T=2,N=2,C=3]']
  it('TET', async () => {
    const result = await lossAndGradient(
      (x, y) => all.tet(x, y),
      f64(example.logits.flat(), [2, 2, 3]),
      i32(example.target),
    )
    expectClose(result.loss, [example.loss])
    expectClose(result.grad, example.grad.flat())
  })

  it.each([
    ['kernel linear', all.linearKernel()],
    ['kernel polynomial', all.polynomialKernel({ degree: 2 })],
    ['kernel sigmoid', all.sigmoidKernel({ alpha: 0.5 })],
    ['kernel gaussian', all.gaussianKernel({ sigma: 1 })],
  ] as const)('%s', async (name, kernel) => {
    await using run = compile((x: Tensor) => kernel(x, x), { backend })
    expectClose(await run(f64(jelly.cases.spikes.flat(), [3, 3])), jelly.cases[name].flat())
  })

  it.each([
    ['spike_similar_loss linear mse', {}],
    ['spike_similar_loss linear l1', { compare: 'l1' }],
    ['spike_similar_loss gaussian sigma=1 bce', { compare: 'binaryCrossEntropy', kernel: all.gaussianKernel() }],
  ] as const)('%s', async (name, options) => {
    const rows = f64(jelly.cases.spikes.flat(), [3, 1, 3])
    await using run = compile(
      (x: Tensor, y: Tensor, oneHot: Tensor) => [
        all.spikeSimilarity(x, y, { classes: 2, ...options }),
        all.spikeSimilarity(x, oneHot, options),
      ],
      { backend },
    )
    const [byIndex, byRow] = await run(rows, i32([0, 0, 1]), f64([1, 0, 1, 0, 0, 1], [3, 2]))
    expectClose(byIndex!, [jelly.cases[name]], 1e-6)
    expectClose(byRow!, [jelly.cases[name]], 1e-6)
  })
})

describe('what the formulas say', () => {
  it('TET with lambda adds the distance to the mean', async () => {
    await using run = compile(
      (x: Tensor, y: Tensor) => ({
        tet: all.tet(x, y, { lambda: 0.25, mean: 0.5 }),
        plain: all.tet(x, y),
        away: x.sub(0.5).square().mean(),
      }),
      { backend },
    )
    const { tet, plain, away } = await run(membrane, labels)
    expect(tet.item()).toBeCloseTo(0.75 * plain.item() + 0.25 * away.item(), 12)
  })

  it('label smoothing and reductions', async () => {
    await using run = compile(
      (x: Tensor, y: Tensor) => {
        const none = all.crossEntropy(x, y, { labelSmoothing: 0.2, reduction: 'none' })
        const spread = all.logSoftmax(x).mean(-1).neg().mean()
        const hard = all.crossEntropy(x, y)
        return {
          none: none.mean(),
          mean: all.crossEntropy(x, y, { labelSmoothing: 0.2 }),
          sum: all.crossEntropy(x, y, { labelSmoothing: 0.2, reduction: 'sum' }).div(N),
          expected: hard.mul(0.8).add(spread.mul(0.2)),
        }
      },
      { backend },
    )
    const { none, mean, sum, expected } = await run(f64(golden.cases.membrane.slice(0, N * K), [N, K]), labels)
    for (const value of [none, mean, sum]) expect(value.item()).toBeCloseTo(expected.item(), 12)
  })

  it('every loss without reduction gives one value for each sample, whose mean it is', async () => {
    const forms: readonly ((s: Tensor, y: Tensor, o: all.LossOptions) => Tensor)[] = [
      all.tet,
      all.countCrossEntropy,
      all.countMse,
      all.maxMembraneCrossEntropy,
      all.membraneMse,
      all.temporalMse,
      all.temporalCrossEntropy,
      (s, y, o) => all.crossEntropy(s.mean(0), y, o),
      (s, _, o) => all.mse(s.mean(0), s.at(0, 0), o),
      (s, _, o) => all.l1(s.mean(0), s.at(0, 0), o),
      (s, _, o) => all.binaryCrossEntropy(s.mean(0), s.at(0, 0), o),
    ]
    await using run = compile(
      (s: Tensor, y: Tensor) =>
        forms.map((loss) => ({ none: loss(s, y, { reduction: 'none' }), mean: loss(s, y, {}) })),
      { backend },
    )
    for (const { none, mean } of await run(spikes, labels)) {
      expect(none.shape).toEqual([N])
      expect([...none.data].reduce((a, b) => a + b, 0) / N).toBeCloseTo(mean.item(), 12)
    }
  })

  it('several spike times: one after another, missing ones at the last step, gradients where they are', async () => {
    const rows = [0, 1, 0, 1, 1, 0].flatMap((a, t) => [a, t === 4 ? 1 : 0])
    await using run = compile(
      (s: Tensor) => {
        const times = all.spikeTimes(s, 3)
        return { times, ds: grad(times.mul(2).sum(), s) }
      },
      { backend },
    )
    const { times, ds } = await run(f64(rows, [6, 1, 2]))
    expect([...times.data]).toEqual([1, 4, 3, 5, 4, 5])
    expect([...ds.data]).toEqual([0, 0, -2, 0, 0, 0, -2, 0, -2, -2, 0, -4])
  })

  it('target times of several spikes', async () => {
    await using run = compile(
      (s: Tensor, y: Tensor) => all.temporalMse(s, y, { onTarget: [0, 2], offTarget: [-2, -1] }),
      { backend },
    )
    const s = f64([1, 0, 0, 0, 1, 1, 0, 1], [4, 1, 2]) // neuron 0 at 0 and 2, neuron 1 at 2 and 3
    expect((await run(s, i32([0]))).item()).toBe(0)
    expect((await run(s, i32([1]))).item()).toBeCloseTo((4 + 1 + 4 + 1) / 4 / 16, 12)
  })

  it('a silent sample is drawn to those of its class under the cosine kernel, with finite gradients', async () => {
    const result = await lossAndGradient(
      (x, y) => all.spikeSimilarity(x, y, { classes: 2 }),
      f64([0, 0, 1, 1], [2, 1, 2]),
      i32([0, 0]),
    )
    expect(result.grad.every(Number.isFinite)).toBe(true)
    expect(result.grad[0]).toBeLessThan(-0.1)
  })

  it('L1 on rates', async () => {
    await using run = compile((s: Tensor) => all.l1RateSparsity(s, { factor: 0.5 }), { backend })
    expect((await run(f64([1, 0, 1, 1], [2, 1, 2]))).item()).toBe(1.5)
  })

  it('runs in float32, finite at the ends of probabilities', async () => {
    await using run = compile(
      (p: Tensor, y: Tensor) => {
        const loss = all.binaryCrossEntropy(p, y)
        return { loss, dp: grad(loss, p) }
      },
      { backend },
    )
    const { loss, dp } = await run(
      { data: Float32Array.of(0, 1, 0, 1), shape: [2, 2] },
      { data: Float32Array.of(0, 1, 1, 0), shape: [2, 2] },
    )
    expect(loss.item()).toBeCloseTo((2 * -Math.log(1e-38)) / 4, 3)
    expect([...dp.data].every(Number.isFinite)).toBe(true)
  })
})

describe('errors', () => {
  const build = (fn: (s: Tensor, y: Tensor) => unknown) => (): Promise<unknown> =>
    compile((s: Tensor, y: Tensor) => fn(s, y) as Tensor, { backend })(spikes, labels)
  it.each<[string, 'SHAPE' | 'ARGUMENT', () => Promise<unknown>]>([
    ['no time axis', 'SHAPE', build((s, y) => all.tet(s.at(0, 0), y))],
    ['labels of another length', 'SHAPE', build((s, y) => all.tet(s, y.slice(0, 0, 2)))],
    ['labels that are rows', 'SHAPE', build((s, y) => all.countMse(s, y.expandDims(1)))],
    ['prediction and target of different shape', 'SHAPE', build((s) => all.mse(s, s.at(0, 0)))],
    ['labels over time of another shape', 'SHAPE', build((s, y) => all.membraneMse(s, y.expandDims(0)))],
    ['target times of another shape', 'SHAPE', build((s, y) => all.temporalMse(s, y, { target: 'times' }))],
    ['accuracy of different shapes', 'SHAPE', build((s, y) => all.accuracy(s, y))],
    ['too few class factors', 'ARGUMENT', build((s, y) => all.tet(s, y, { weight: [1, 2] }))],
    ['negative class factors', 'ARGUMENT', build((s, y) => all.tet(s, y, { weight: [1, 2, -1, 0] }))],
    ['label smoothing of 1', 'ARGUMENT', build((s, y) => all.tet(s, y, { labelSmoothing: 1 }))],
    ['lambda above 1', 'ARGUMENT', build((s, y) => all.tet(s, y, { lambda: 1.1 }))],
    ['classes that do not divide', 'ARGUMENT', build((s, y) => all.countCrossEntropy(s, y, { classes: 3 }))],
    ['a rate above 1', 'ARGUMENT', build((s, y) => all.countMse(s, y, { correctRate: 2 }))],
    [
      'class factors with changing labels',
      'ARGUMENT',
      build((s, y) => all.membraneMse(s, y.expandDims(0).broadcastTo([T, N]), { weight })),
    ],
    [
      'different numbers of target times',
      'ARGUMENT',
      build((s, y) => all.temporalMse(s, y, { onTarget: [1, 2], offTarget: 3 })),
    ],
    ['a negative tolerance', 'ARGUMENT', build((s, y) => all.temporalMse(s, y, { tolerance: -1 }))],
    ['class factors with times', 'ARGUMENT', build((s) => all.temporalMse(s, s.at(0, 0), { target: 'times', weight }))],
    [
      'an unknown inverse',
      'ARGUMENT',
      build((s, y) => all.temporalCrossEntropy(s, y, { inverse: 'square' as 'negate' })),
    ],
    ['class indices without their number', 'ARGUMENT', build((s, y) => all.spikeSimilarity(s.slice(0, 0, N), y))],
    ['an unknown comparison', 'ARGUMENT', build((s, y) => all.spikeSimilarity(s, y, { compare: 'cosine' as 'mse' }))],
    ['a kernel degree of 0', 'ARGUMENT', build(() => all.polynomialKernel({ degree: 0 }))],
    ['a kernel width of 0', 'ARGUMENT', build(() => all.gaussianKernel({ sigma: 0 }))],
    ['a negative factor', 'ARGUMENT', build((s) => all.l1RateSparsity(s, { factor: -1 }))],
  ])('%s', async (_, code, run) => {
    const error: unknown = await run().catch((thrown: unknown) => thrown)
    expect(isSnnError(error, code), String(error)).toBe(true)
  })
})
