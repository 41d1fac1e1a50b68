import { cpu } from '@snn/backend-cpu'
import { stepwise, sequential, stream } from '@snn/nn'
import { compile, reference, repeat, scan, variable, type Backend, type Tensor } from '@snn/tensor'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encoded, f32, f64 } from '../test/values.js'
import {
  bernoulli,
  delta,
  gaussianTuning,
  interpolate,
  latency,
  periodic,
  poisson,
  poissonEncoder,
  population,
  rateCode,
  rateTargets,
  signedPoisson,
  spikeLatencyLif,
  spikesAt,
  weightedPhase,
} from './index.js'

const half = f32(Array<number>(1000).fill(0.3))
const mean = (data: ArrayLike<number>) => Array.from(data).reduce((a, b) => a + b, 0) / data.length
const counterAt = (start: number) => variable({ data: Int32Array.of(start), shape: [] }, { name: 'counter' })

describe('Poisson spikes', () => {
  it('have the wanted rate, and are independent over time', async () => {
    const { data, shape } = await encoded(half, (x) => poisson(x, { T: 20 }))
    expect(shape).toEqual([20, 1000])
    expect(new Set(data)).toEqual(new Set([0, 1]))
    // 20000 draws: a standard deviation of 0.0032
    expect(Math.abs(mean(data) - 0.3)).toBeLessThan(0.013)
    const both = Array.from({ length: 19000 }, (_, i) => data[i]! * data[i + 1000]!)
    expect(Math.abs(mean(both) - 0.09)).toBeLessThan(0.01)
  })

  it('take gain and offset, and never miss at 1 nor err at 0', async () => {
    const { data } = await encoded(f32([0, 0.5, 1, 3, -1]), (x) => poisson(x, { T: 50, gain: 2, offset: -1 }))
    for (let t = 0; t < 50; t++) expect(Array.from(data.slice(5 * t, 5 * t + 5))).toEqual([0, 0, 1, 1, 0])
    expect(
      Math.abs(mean((await encoded(half, (x) => poisson(x, { T: 20, gain: 0.5, offset: 0.5 }))).data) - 0.65),
    ).toBeLessThan(0.014)
  })

  it('carry the sign', async () => {
    const signs = [...Array<number>(500).fill(-0.8), ...Array<number>(500).fill(0.4)]
    const { data } = await encoded(f32(signs), (x) => signedPoisson(x, { T: 20, gain: 0.5 }))
    const columns = (from: number) =>
      Array.from({ length: 20 }, (_, t) => Array.from(data.slice(1000 * t + from, 1000 * t + from + 500))).flat()
    expect(new Set(columns(0))).toEqual(new Set([0, -1]))
    expect(Math.abs(mean(columns(0)) + 0.4)).toBeLessThan(0.02)
    expect(Math.abs(mean(columns(500)) - 0.2)).toBeLessThan(0.02)
    expect([...(await encoded(f32([0, 1, -1]), (x) => signedPoisson(x, { T: 1 }))).data]).toEqual([0, 1, -1])
  })

  it('follow from seed and counter, and are the same in float64', async () => {
    const draw = async (seed: number, counter: number, x: typeof half | ReturnType<typeof f64> = half) => [
      ...(await encoded(x, (p) => poisson(p, { T: 2, seed, counter }))).data,
    ]
    const first = await draw(0, 0)
    expect(await draw(0, 0)).toEqual(first)
    expect(await draw(0, 0, f64(Array<number>(1000).fill(0.3)))).toEqual(first)
    for (const [seed, counter] of [
      [1, 0],
      [0, 1],
    ] as const)
      expect(await draw(seed, counter)).not.toEqual(first)
  })

  it('are drawn anew at each call with a Variable as counter', async () => {
    const counter = counterAt(5)
    const run = compile((x: Tensor) => bernoulli(x, { counter }), { backend: reference() })
    for (const number of [5, 6])
      expect((await run(half)).data).toEqual((await encoded(half, (x) => bernoulli(x, { counter: number }))).data)
    expect(await counter.data()).toEqual(Int32Array.of(7))
  })

  it('are drawn anew at each step of a scan', async () => {
    const steps = await encoded(
      half,
      (x) =>
        scan((n: Tensor, _: unknown, t: Tensor) => [n, bernoulli(x, { counter: t })] as const, x, [], { length: 3 })[1],
    )
    for (let t = 0; t < 3; t++)
      expect(steps.data.slice(1000 * t, 1000 * (t + 1))).toEqual(
        (await encoded(half, (x) => bernoulli(x, { counter: t }))).data,
      )
  })
})

describe('the layer', () => {
  const x = f32(
    Array.from({ length: 60 }, (_, i) => i / 60),
    [2, 30],
  )

  it('gives the same spikes however the network is run, and other ones in the next run', async () => {
    const runs = (run: (net: ReturnType<typeof sequential>, x: Tensor) => Tensor) => {
      const net = sequential(poissonEncoder({ seed: 3 }))
      return compile((image: Tensor) => run(net, image), { backend: reference() })
    }
    const layerwise = runs((net, image) => net.forward(repeat(image, 4)))
    const inOneLoop = runs((net, image) => net.single(stepwise(net, repeat(image, 4))))
    const [first, second] = [await layerwise(x), await layerwise(x)]
    expect(first.shape).toEqual([4, 2, 30])
    expect(second.data).not.toEqual(first.data)
    for (const expected of [first, second]) expect((await inOneLoop(x)).data).toEqual(expected.data)
    const live = stream(sequential(poissonEncoder({ seed: 3 })))
    const step = compile((now: Tensor) => live.step(now), { backend: reference() })
    for (const expected of [first, second])
      for (let t = 0; t < 4; t++) expect((await step(x)).data).toEqual(expected.data.slice(60 * t, 60 * (t + 1)))
  })

  it('has no parameters, and goes on from a given state', async () => {
    const net = sequential(poissonEncoder())
    expect(net.parameters()).toEqual({})
    const both = await compile(
      (image: Tensor) => {
        const [whole] = net.forwardWithState(repeat(image, 4), {
          state: { poissonEncoder1: net.run('step', image).initial['poissonEncoder1']! },
        })
        return whole
      },
      { backend: reference() },
    )(x)
    expect(both.shape).toEqual([4, 2, 30])
    const halves = await compile(
      (image: Tensor) => {
        const [a, state] = sequential(poissonEncoder()).forwardWithState(repeat(image, 2))
        return [a, net.forward(repeat(image, 2), { state })] as const
      },
      { backend: reference() },
    )(x)
    expect([...halves[0].data, ...halves[1].data]).toEqual([...both.data])
  })
})

describe('random target codes', () => {
  it('poisson: the wanted rate, from the first spike time on', async () => {
    const { data } = await encoded([0], () =>
      rateCode({ T: 5000, rate: 0.2, firstSpikeTime: 1000, pattern: 'poisson', seed: 1 }),
    )
    expect(data.slice(0, 1000).some(Boolean)).toBe(false)
    expect(Math.abs(mean(data.slice(1000)) - 0.2)).toBeLessThan(0.025)
  })

  it('uniform: at most as many spikes as drawn, from the first spike time on', async () => {
    const { data } = await encoded([0], () => rateCode({ T: 50, rate: 0.25, firstSpikeTime: 10, pattern: 'uniform' }))
    const steps = [...data.keys()].filter((t) => data[t])
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(10)
    expect(steps.length).toBeGreaterThan(3)
    expect(steps.length).toBeLessThanOrEqual(10)
    expect(new Set(data)).toEqual(new Set([0, 1]))
  })

  it('differ between the right class and the others, and from call to call', async () => {
    const counter = counterAt(0)
    const run = compile(
      (y: Tensor) =>
        rateTargets(y, { classes: 3, T: 200, correctRate: 0.5, incorrectRate: 0.5, pattern: 'poisson', counter }),
      { backend: reference() },
    )
    const [a, b] = [
      await run({ data: Int32Array.of(1), shape: [1] }),
      await run({ data: Int32Array.of(1), shape: [1] }),
    ]
    const neuron = ({ data }: { data: ArrayLike<number> }, c: number) =>
      Array.from({ length: 200 }, (_, t) => data[3 * t + c])
    expect(neuron(a, 0)).toEqual(neuron(a, 2))
    expect(neuron(a, 0)).not.toEqual(neuron(a, 1))
    expect(neuron(a, 1)).not.toEqual(neuron(b, 1))
    expect(await counter.data()).toEqual(Int32Array.of(2))
  })
})

describe('on the CPU backend', () => {
  let backend: Backend
  beforeAll(async () => void (backend = await cpu()))
  afterAll(() => backend.dispose())

  it('the same spikes as on the reference backend', async () => {
    const results = []
    for (const used of [reference(), backend]) {
      const [counter, net] = [counterAt(2), sequential(poissonEncoder({ seed: 9 }))]
      const run = compile(
        (x: Tensor) => ({ spikes: poisson(x, { T: 7, counter, seed: 4 }), layer: net.forward(repeat(x, 5)) }),
        { backend: used },
      )
      await run(half)
      const { spikes, layer } = await run(half)
      results.push([[...spikes.data], [...layer.data], [...(await counter.data())]])
    }
    expect(results[1]).toEqual(results[0])
  })

  it('all other encoders agree with the reference backend', async () => {
    const x = f32(
      Array.from({ length: 66 }, (_, i) => i / 65),
      [3, 22],
    )
    const encode = (v: Tensor) => ({
      linear: latency(v, { T: 6 }),
      log: latency(v, { T: 6, code: 'log', threshold: 0.1, clip: true }),
      lif: latency(v, { T: 6, code: 'lif', normalize: true }),
      phase: periodic(weightedPhase(v, { K: 4 }), { T: 9 }),
      fields: population(v, { n: 5, range: [0, 1], sigma: 0.2 }),
      tuned: spikesAt(gaussianTuning(v, { T: 20, m: 4, range: [0, 1] }), { T: 20 }),
      delta: delta(v, { threshold: 0.3, offSpike: true }),
      ramps: interpolate(latency(v, { T: 6 })),
      current: spikeLatencyLif(v.mul(4), { T: 12 }),
      signed: signedPoisson(v.sub(0.5), { T: 4 }),
      targets: rateTargets(v.slice(1, 0, 1).reshape([3]).mul(4), {
        classes: 3,
        T: 8,
        correctRate: 0.6,
        incorrectRate: 0.2,
      }),
    })
    const [expected, actual] = [
      await compile(encode, { backend: reference() })(x),
      await compile(encode, { backend })(x),
    ]
    for (const [name, { data }] of Object.entries(expected)) {
      expect(
        data.some((value) => value !== 0),
        name,
      ).toBe(true)
      data.forEach((value, i) =>
        expect(Math.abs(actual[name as keyof typeof actual].data[i]! - value), name).toBeLessThan(1e-5),
      )
    }
  })
})
