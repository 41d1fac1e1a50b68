import { integrateAndFire } from '@snn/neuron'
import { input, sequential } from '@snn/nn'
import { deterministicPass } from '@snn/surrogate'
import { compile, oneHot, reference, repeat, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import neighbours from '../test/golden/neighbours.json' with { type: 'json' }
import golden from '../test/golden/spikingjelly.json' with { type: 'json' }
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
  poisson,
  population,
  populationEncoder,
  rateCode,
  rateTargets,
  spikeLatencyLif,
  weightedPhase,
  type LatencyOptions,
} from './index.js'

describe('SpikingJelly', () => {
  for (const code of ['linear', 'log'] as const)
    for (const T of [5, 8] as const) {
      it(`latency, ${code}, T = ${T}`, async () => {
        const { x, t } = golden.cases[`latency T=${T} ${code}: spike step per x`]
        for (const values of [f32(x), f64(x)]) {
          const spikes = rowsOf(await encoded(values, (traced) => latency(traced, { T, code })))
          expect(spikes).toEqual(Array.from({ length: T }, (_, step) => t.map((at) => Number(at === step))))
        }
      })
    }

  it('weighted phase', async () => {
    const { x, 'spikes[k][i]': spikes } = golden.cases['weighted phase K=4']
    for (const values of [f32(x), f64(x)])
      expect(rowsOf(await encoded(values, (traced) => weightedPhase(traced, { K: 4 })))).toEqual(spikes)
    expect(rowsOf(await encoded([0.75, 0.125], (traced) => weightedPhase(traced, { K: 3 })))).toEqual([
      [1, 0],
      [1, 0],
      [0, 1],
    ])
  })

  it('population activity, and the deterministic spikes of it', async () => {
    const encoder = populationEncoder(2, 3, { range: [-1, 1], sigma: 0.5 })
    const net = sequential(
      input([2]),
      encoder,
      integrateAndFire({ threshold: 0.999, reset: 'soft', surrogate: deterministicPass() }),
    )
    const observation = f32([0, 0.5], [1, 2])
    const spikes = await encoded(observation, (x) => net.forward(repeat(x, 4)))
    expect(rowsOf(spikes)).toEqual(
      golden.cases['PopSpikeEncoderDeterministic obs_dim=2 pop_dim=3 T=4 mean(-1,1) std .5 obs=[0,.5]'],
    )
    const activity = golden.cases['population activity same']
    expectClose(
      (await encoded(f64([0, 0.5], [1, 2]), (x) => encoder.apply([x], { training: false, lead: 1 }))).data,
      activity,
      1e-9,
    )
    expectClose(
      (await encoded(f64([0, 0.5], [1, 2]), (x) => population(x, { n: 3, range: [-1, 1], sigma: 0.5 }))).data,
      activity,
      1e-9,
    )
  })

  it('Gaussian tuning', async () => {
    const times = await encoded([0.1, 0.5, 0.9], (x) => gaussianTuning(x, { T: 100, m: 4, range: [0, 1] }))
    expect(rowsOf(times)).toEqual([
      [42, 10, 85, -1],
      [92, 25, 25, 92],
      [-1, 85, 10, 42],
    ])
  })
})

describe('snnTorch', () => {
  const options: Readonly<Record<keyof typeof neighbours.latency, Omit<LatencyOptions, 'T'>>> = {
    lif: { code: 'lif' },
    'lif tau 2 first 3': { code: 'lif', tau: 2, firstSpikeTime: 3 },
    'lif normalize': { code: 'lif', normalize: true },
    'lif normalize first 2': { code: 'lif', normalize: true, firstSpikeTime: 2 },
    'lif threshold 0.2 clip': { code: 'lif', threshold: 0.2, clip: true },
    'linear tau 5': { threshold: 0.01, tau: 5 },
    'linear normalize': { threshold: 0.01 },
    'linear normalize first 2 clip': { threshold: 0.2, firstSpikeTime: 2, clip: true },
  }
  for (const name of Object.keys(options) as (keyof typeof options)[]) {
    it(`latency: ${name}`, async () => {
      const { time, spikes } = neighbours.latency[name]
      expect(rowsOf(await encoded(neighbours.x, (x) => latency(x, { T: 8, ...options[name] })))).toEqual(spikes)
      const given = await encoded(neighbours.x, (x) => latencyTime(x, { T: 8, ...options[name], clip: false }))
      expectClose(given.data, time, 1e-3)
    })
  }

  it('latency, of its own tests', async () => {
    const whole = async (x: readonly number[], given: LatencyOptions, round: (t: number) => number) =>
      [...(await encoded(x, (traced) => latencyTime(traced, given))).data].map(round)
    expect(await whole([0, 1], { T: 10, code: 'lif', firstSpikeTime: 5 }, Math.trunc)).toEqual([16, 5])
    expect(await whole([0, 1], { T: 5, code: 'lif', firstSpikeTime: 2 }, Math.round)).toEqual([14, 2])
    expectClose(
      (await encoded([0, 1], (x) => latencyTime(x, { T: 5, tau: 1, threshold: 0.01, firstSpikeTime: 2 }))).data,
      [2.99, 2],
      1e-6,
    )
  })

  it('ramps', async () => {
    const ramps = await encoded(neighbours.x, (x) => interpolate(latency(x, { T: 8, threshold: 0.01 })))
    expectClose(ramps.data, neighbours.latencyInterpolated.flat(), 1e-6)
    expectClose((await encoded([0, 0, 0, 0, 1], interpolate)).data, [0, 0.25, 0.5, 0.75, 1], 1e-7)
    expectClose(
      (await encoded([1, 0, 0, 0, 1], (spikes) => interpolate(spikes).mul(0.7).add(0.5))).data,
      [1.2, 0.5, 0.7333333, 0.9666667, 1.2],
      1e-6,
    )
  })

  it('delta modulation', async () => {
    const { default: plain, padding, offSpike } = neighbours.delta
    expect([...(await encoded(neighbours.signal, (x) => delta(x))).data]).toEqual(plain)
    expect([...(await encoded(neighbours.signal, (x) => delta(x, { padding: true }))).data]).toEqual(padding)
    expect([...(await encoded(neighbours.signal, (x) => delta(x, { threshold: 1, offSpike: true }))).data]).toEqual(
      offSpike,
    )
    expect([...(await encoded([1, 2, 2.91, 3, 3.9], (x) => delta(x, { threshold: 0.1 }))).data]).toEqual([
      1, 1, 1, 0, 1,
    ])
  })

  it('rate codes', async () => {
    for (const { spikes, ...given } of neighbours.rateCodes) expect([...(await rateCode(given).data())]).toEqual(spikes)
  })

  it('rate targets', async () => {
    const labels = { data: Int32Array.from(neighbours.labels), shape: [2] }
    const targets = (encode: (y: Tensor) => Tensor) => compile(encode, { backend: reference() })(labels)
    const { 'first 2': late, 'rates 0.4 and 0.25 interpolated': ramps } = neighbours.rateTargets
    expect([...(await targets((y) => rateTargets(y, { classes: 3, T: 5, firstSpikeTime: 2 }))).data]).toEqual(
      late.flat(2),
    )
    const ramped = await targets((y) =>
      interpolate(rateTargets(y, { classes: 6, T: 6, correctRate: 0.4, incorrectRate: 0.25 })),
    )
    expectClose(ramped.data, ramps.flat(2), 1e-6)
  })

  it('latency targets', async () => {
    const labels = { data: Int32Array.of(0, 1), shape: [2] }
    const spikes = await compile((y: Tensor) => latency(oneHot(y, 2), { T: 5, code: 'lif', normalize: true }), {
      backend: reference(),
    })(labels)
    expect(rowsOf(spikes)).toEqual([
      [1, 0],
      [0, 1],
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 1],
      [1, 0],
    ])
  })

  it('rates of 0 and 1, and the time of the first spike', async () => {
    expect([...(await encoded([0, 1], bernoulli)).data]).toEqual([0, 1])
    expect([...(await encoded([1], (x) => poisson(x, { T: 5, firstSpikeTime: 3 }))).data]).toEqual([0, 0, 0, 1, 1])
  })
})

describe('Norse', () => {
  it('LIF with a constant current', async () => {
    expect(rowsOf(await encoded(neighbours.current, (x) => constantCurrentLif(x, { T: 25 })))).toEqual(
      neighbours.constantCurrentLif,
    )
    expect((await encoded([0, 0], (x) => constantCurrentLif(x, { T: 2 }))).data).toEqual(new Float32Array(4))
    expect(rowsOf(await encoded([16, 32, 64, 128], (x) => constantCurrentLif(x, { T: 10 }))).at(-1)).toEqual([
      1, 1, 1, 1,
    ])
  })

  it('its first spikes', async () => {
    expect(rowsOf(await encoded(neighbours.current, (x) => spikeLatencyLif(x, { T: 25 })))).toEqual(
      neighbours.spikeLatencyLif,
    )
    const late = rowsOf(await encoded(Array<number>(10).fill(1.1), (x) => spikeLatencyLif(x, { T: 128 }))).flat()
    expect(late.filter((s) => s === 1).length).toBe(10)
    expect(late.filter((s) => s !== 0).length).toBe(10)
    expect(rowsOf(await encoded(f32([0, 1, 1, 0, 1, 1, 1, 0], [2, 4]), firstSpikes))).toEqual([
      [0, 1, 1, 0],
      [1, 0, 0, 0],
    ])
  })

  it('population code', async () => {
    const activity = await encoded([0, 0.5, 1], (x) => population(x, { n: 3, range: [0, 1], sigma: 1 }))
    expectClose(activity.data, neighbours.populationEncode.flat(), 1e-6)
  })
})
