import { sequential } from '@snn/nn'
import { compile, grad, isSnnError, reference, repeat, tensor, type Tensor, type TensorLike } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { encoded, expectClose, f32, f64, rowsOf } from '../test/values.js'
import {
  bernoulli,
  constantCurrentLif,
  delta,
  firstSpikes,
  gaussianTuning,
  interpolate,
  latency,
  latencyTime,
  periodic,
  poisson,
  poissonEncoder,
  population,
  populationEncoder,
  rateCode,
  rateTargets,
  signedPoisson,
  spikesAt,
  weightedPhase,
} from './index.js'

describe('periodic', () => {
  it('repeats a pattern, whole or in part', async () => {
    const pattern = f32([1, 0, 0, 1, 0, 0], [3, 2])
    expect(rowsOf(await encoded(pattern, (x) => periodic(x, { T: 7 })))).toEqual([
      [1, 0],
      [0, 1],
      [0, 0],
      [1, 0],
      [0, 1],
      [0, 0],
      [1, 0],
    ])
    expect(rowsOf(await encoded(pattern, (x) => periodic(x, { T: 2 })))).toEqual([
      [1, 0],
      [0, 1],
    ])
  })

  it('repeats the phases of a weighted phase code', async () => {
    expect(rowsOf(await encoded([0.625], (x) => periodic(weightedPhase(x, { K: 3 }), { T: 5 })))).toEqual([
      [1],
      [0],
      [1],
      [1],
      [0],
    ])
  })
})

describe('spike times', () => {
  it('round ties to even, and give no spike outside of the steps', async () => {
    expect(rowsOf(await encoded([0.5, 1.5, 2.5, -1, 3, 2.4, NaN], (t) => spikesAt(t, { T: 3 })))).toEqual([
      [1, 0, 0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0, 0],
      [0, 1, 1, 0, 0, 1, 0],
    ])
  })

  it('keep their place in a batch of images', async () => {
    const { shape, data } = await encoded(f32([0, 1, 2, 0], [2, 1, 2, 1]), (t) => spikesAt(t, { T: 3 }))
    expect(shape).toEqual([3, 2, 1, 2, 1])
    expect([...data]).toEqual([1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0])
  })

  it('firstSpikes keeps the size of graded spikes', async () => {
    expect(rowsOf(await encoded(f32([0, 2, 0, 1, 3, 0], [3, 2]), firstSpikes))).toEqual([
      [0, 2],
      [0, 0],
      [3, 0],
    ])
  })
})

describe('latency', () => {
  it('takes values outside of [0, 1] as the nearest within', async () => {
    for (const code of ['linear', 'log'] as const)
      expect(
        [...(await encoded(f64([-3, 0, 1, 2]), (x) => latencyTime(x, { T: 6, code }))).data].map(Math.abs),
      ).toEqual([5, 5, 0, 0])
  })

  it("'log' overflows for no number of steps", async () => {
    const T = 1000
    const { data } = await encoded([0, 1e-30, 0.5, 1], (x) => latencyTime(x, { T, code: 'log' }))
    expectClose(data, [999, -Math.log(1e-30), Math.LN2, 0], 1e-4)
  })

  it('shifts by the first spike time, within T', async () => {
    for (const code of ['linear', 'log'] as const)
      expect([...(await encoded([0, 1], (x) => latencyTime(x, { T: 6, code, firstSpikeTime: 2 }))).data]).toEqual([
        5, 2,
      ])
  })

  it('clips what is below the threshold', async () => {
    expect(rowsOf(await encoded([0.1, 0.2, 1], (x) => latency(x, { T: 2, threshold: 0.2, clip: true })))).toEqual([
      [0, 0, 1],
      [0, 1, 0],
    ])
    expect(rowsOf(await encoded([0.1, 0.2, 1], (x) => latency(x, { T: 2, threshold: 0.2 })))).toEqual([
      [0, 0, 1],
      [1, 1, 0],
    ])
  })
})

describe('interpolate', () => {
  it('is 0 where no spike follows', async () => {
    expect(rowsOf(await encoded(f32([0, 0, 1, 0, 0, 0, 0, 0], [4, 2]), interpolate))).toEqual([
      [0, 0],
      [1, 0],
      [0, 0],
      [0, 0],
    ])
  })
})

describe('weighted phase', () => {
  it('takes values outside as the nearest within', async () => {
    expect(rowsOf(await encoded([-1, 1, 7], (x) => weightedPhase(x, { K: 2 })))).toEqual([
      [0, 1, 1],
      [0, 1, 1],
    ])
  })

  it('sums up to the value', async () => {
    const x = Array.from({ length: 64 }, (_, i) => i / 64)
    expect([
      ...(
        await encoded(x, (v) =>
          weightedPhase(v, { K: 6 })
            .mul(tensor([0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625]).reshape([6, 1]))
            .sum(0),
        )
      ).data,
    ]).toEqual(x)
  })
})

describe('populations', () => {
  it('have their own range per feature in Gaussian tuning', async () => {
    const tuned = await encoded(f32([0.5, 15], [1, 2]), (x) =>
      gaussianTuning(x, { T: 100, m: 4, range: [tensor([0, 10]), tensor([1, 20])] }),
    )
    expect(tuned.shape).toEqual([1, 2, 4])
    expect(rowsOf(tuned)).toEqual([
      [92, 25, 25, 92],
      [92, 25, 25, 92],
    ])
    for (const range of [
      [0, tensor([1])],
      [tensor([0]), 1],
    ] as const)
      expect(rowsOf(await encoded([0.5], (x) => gaussianTuning(x, { T: 100, m: 4, range })))).toEqual([
        [92, 25, 25, 92],
      ])
  })

  it('learn centres and widths: the gradients are the derivatives', async () => {
    const encoder = populationEncoder(2, 3, { range: [-1, 1], sigma: 0.5 })
    const net = sequential(encoder)
    const { mean, sigma } = encoder.variables
    expect(Object.keys(net.parameters())).toEqual(['population1.mean', 'population1.sigma'])
    const result = await compile(
      (x: Tensor) => {
        const loss = net.forward(x).sum()
        return { mean: grad(loss, mean!), sigma: grad(loss, sigma!), x: grad(loss, x) }
      },
      { backend: reference() },
    )(f32([0.3, -0.6], [1, 1, 2]))
    const slopes = [0.3, -0.6].map((x) =>
      [-1, 0, 1].map((mu) => [x - mu, Math.exp(-(((x - mu) / 0.5) ** 2) / 2)] as const),
    )
    expectClose(
      result.mean.data,
      slopes.flat().map(([d, a]) => (a * d) / 0.25),
      1e-5,
    )
    expectClose(
      result.sigma.data,
      slopes.flat().map(([d, a]) => (a * d * d) / 0.125),
      1e-5,
    )
    expectClose(
      result.x.data,
      slopes.map((row) => row.reduce((sum, [d, a]) => sum - (a * d) / 0.25, 0)),
      1e-5,
    )
  })

  it('one neuron has its centre at the low end', async () => {
    expectClose(
      (await encoded([0, 1], (x) => population(x, { n: 1, range: [1, 2], sigma: 1 }))).data,
      [Math.exp(-0.5), 1],
      1e-6,
    )
  })
})

it('spikes of a constant current carry gradients', async () => {
  const gradient = await compile((x: Tensor) => grad(constantCurrentLif(x, { T: 20 }).sum(), x), {
    backend: reference(),
  })(f32([2, 5]))
  for (const g of gradient.data) expect(g).toBeGreaterThan(0)
})

describe('wrong input', () => {
  const thrown = async (encode: (x: Tensor) => Tensor, x: TensorLike = f32([0.5, 0.2], [1, 2])): Promise<string> => {
    try {
      await compile(encode, { backend: reference() })(x)
      return 'nothing'
    } catch (error) {
      return isSnnError(error) ? error.code : String(error)
    }
  }

  const everyEncoder: Readonly<Record<string, (x: Tensor) => Tensor>> = {
    bernoulli: (x) => bernoulli(x),
    poisson: (x) => poisson(x, { T: 2 }),
    signedPoisson: (x) => signedPoisson(x, { T: 2 }),
    latency: (x) => latency(x, { T: 2 }),
    spikesAt: (x) => spikesAt(x, { T: 2 }),
    interpolate,
    weightedPhase: (x) => weightedPhase(x, { K: 2 }),
    population: (x) => population(x, { n: 2, range: [0, 1], sigma: 1 }),
    populationEncoder: (x) =>
      populationEncoder(2, 3, { range: [0, 1], sigma: 1 }).apply([x], { training: false, lead: 1 }),
    poissonEncoder: (x) => sequential(poissonEncoder()).forward(repeat(x, 2)),
    gaussianTuning: (x) => gaussianTuning(x, { T: 2, m: 3, range: [0, 1] }),
    delta: (x) => delta(x),
    constantCurrentLif: (x) => constantCurrentLif(x, { T: 2 }),
  }
  for (const [name, encode] of Object.entries(everyEncoder)) {
    it(`${name}: integers`, async () =>
      expect(await thrown(encode, { data: Int32Array.of(1, 0), shape: [1, 2] })).toBe('DTYPE'))
  }

  const wrongOptions: Readonly<Record<string, (x: Tensor) => Tensor>> = {
    'poisson T 0': (x) => poisson(x, { T: 0 }),
    'poisson T missing': (x) => poisson(x, {} as { T: number }),
    'poisson gain NaN': (x) => poisson(x, { T: 2, gain: NaN }),
    'poisson offset infinite': (x) => poisson(x, { T: 2, offset: Infinity }),
    'poisson first spike after the end': (x) => poisson(x, { T: 2, firstSpikeTime: 2 }),
    'poisson first spike negative': (x) => poisson(x, { T: 2, firstSpikeTime: -1 }),
    'poisson seed': (x) => poisson(x, { T: 2, seed: 0.5 }),
    'poisson counter': (x) => poisson(x, { T: 2, counter: 0.5 }),
    'poisson counter of floats': (x) => poisson(x, { T: 2, counter: x }),
    'signedPoisson gain negative': (x) => signedPoisson(x, { T: 2, gain: -1 }),
    'poissonEncoder seed': (x) => sequential(poissonEncoder({ seed: 0.1 })).forward(x),
    'periodic T': (x) => periodic(x, { T: 1.5 }),
    'latency code': (x) => latency(x, { T: 2, code: 'cubic' as 'log' }),
    'latency tau 0': (x) => latency(x, { T: 2, tau: 0 }),
    'latency tau of log': (x) => latency(x, { T: 2, tau: 2, code: 'log' }),
    'latency normalize of linear': (x) => latency(x, { T: 2, normalize: true }),
    'latency threshold above 1': (x) => latency(x, { T: 2, threshold: 2 }),
    'latency threshold 0 of lif': (x) => latency(x, { T: 2, code: 'lif', threshold: 0 }),
    'latency first spike after the end': (x) => latency(x, { T: 2, firstSpikeTime: 2 }),
    'spikesAt T': (x) => spikesAt(x, { T: -1 }),
    'weightedPhase K 0': (x) => weightedPhase(x, { K: 0 }),
    'weightedPhase K 25': (x) => weightedPhase(x, { K: 25 }),
    'population n': (x) => population(x, { n: 0, range: [0, 1], sigma: 1 }),
    'population range': (x) => population(x, { n: 2, range: [1, 1], sigma: 1 }),
    'population sigma': (x) => population(x, { n: 2, range: [0, 1], sigma: 0 }),
    'populationEncoder inputs': (x) =>
      populationEncoder(0, 2, { range: [0, 1], sigma: 1 }).apply([x], { training: false, lead: 1 }),
    'gaussianTuning m': (x) => gaussianTuning(x, { T: 2, m: 2, range: [0, 1] }),
    'gaussianTuning range': (x) => gaussianTuning(x, { T: 2, m: 3, range: [1, 0] }),
    'delta threshold': (x) => delta(x, { threshold: -1 }),
    'rateCode rate': () => rateCode({ T: 2, rate: 1.5 }),
    'rateCode pattern': () => rateCode({ T: 2, pattern: 'irregular' as 'regular' }),
    'rateTargets classes': (x) => rateTargets(x, { T: 2, classes: 0 }),
    'rateTargets rates in the wrong order': (x) =>
      rateTargets(x, { T: 2, classes: 2, correctRate: 0.2, incorrectRate: 0.3 }),
    'rateTargets first spike after the end': (x) => rateTargets(x, { T: 2, classes: 2, firstSpikeTime: 5 }),
    'constantCurrentLif tau': (x) => constantCurrentLif(x, { T: 2, tau: -1 }),
    'constantCurrentLif threshold': (x) => constantCurrentLif(x, { T: 2, threshold: 0 }),
  }
  for (const [name, encode] of Object.entries(wrongOptions))
    it(`wrong: ${name}`, async () => expect(await thrown(encode)).toBe('ARGUMENT'))

  it('shapes that do not fit', async () => {
    expect(
      await thrown((x) =>
        populationEncoder(3, 2, { range: [0, 1], sigma: 1 }).apply([x], { training: false, lead: 1 }),
      ),
    ).toBe('SHAPE')
    for (const encode of [firstSpikes, interpolate, (x: Tensor) => delta(x), (x: Tensor) => periodic(x, { T: 2 })])
      expect(await thrown((x) => encode(x.sum()))).toBe('SHAPE')
  })
})
