import { compile, grad, reference, tensor, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { expectClose, inDouble, values } from '../../test/values.js'
import {
  batchNormThroughTime1d,
  delay,
  learnableDelay,
  sequential,
  spikeCountToBinary,
  stepwise,
  temporalBinSum,
  temporalEffectiveBatchNorm1d,
  linear,
  type Layer,
  type StatefulLayer,
} from '../index.js'

const backend = reference()
const seq = (data: readonly number[], ...shape: number[]) => ({ data: Float64Array.from(data), shape })
const forward = (layer: Layer, training = false) =>
  compile((x: Tensor) => sequential(layer).forward(x, { training }), { backend })

describe('learnable delay', () => {
  const at = (...delays: number[]) =>
    inDouble<Layer>(learnableDelay(delays.length, { max: 3 }), { delay: { shape: [delays.length], data: delays } })
  const x = [1, 2, 4, 8, 16, 32]

  it('is a delay at whole numbers, and interpolates between', async () => {
    for (const whole of [0, 1, 2, 3]) {
      const expected = whole === 0 ? x : [...(await forward(delay(whole))(seq(x, 6, 1, 1))).data]
      expect([...(await forward(at(whole))(seq(x, 6, 1, 1))).data]).toEqual(expected)
    }
    expect([...(await forward(at(1.25))(seq(x, 6, 1, 1))).data]).toEqual([0, 0.75, 1.75, 3.5, 7, 14])
  })

  it('stays within its bounds, where the gradient still flows', async () => {
    const layer = at(-2, 5, 1.5)
    const net = sequential(layer)
    const run = compile(
      (input: Tensor) => {
        const y = net.forward(input)
        return { y, d: grad(y.slice(0, 5, 6).sum(), layer.variables['delay']!) }
      },
      { backend },
    )
    const { y, d } = await run(
      seq(
        x.flatMap((v) => [v, v, v]),
        6,
        1,
        3,
      ),
    )
    expect([...y.data].slice(-3)).toEqual([32, 4, 12])
    // x[t - i - 1] - x[t - i] with i = 0, 2, 1
    expect([...d.data]).toEqual([16 - 32, 4 - 8, 8 - 16])
  })

  it('gradient by the delay is the finite difference', async () => {
    const input = values([6, 2, 2, 3], 5)
    const loss = (...delays: number[]) =>
      compile(
        (t: Tensor) =>
          sequential(at(...delays))
            .forward(t)
            .square()
            .sum(),
        { backend },
      )(input)
    const layer = at(0.3, 2.6)
    const d = await compile(
      (t: Tensor) => grad(sequential(layer).forward(t).square().sum(), layer.variables['delay']!),
      { backend },
    )(input)
    const h = 1e-5
    expect(d.data[0]).toBeCloseTo(((await loss(0.3 + h, 2.6)).item() - (await loss(0.3 - h, 2.6)).item()) / (2 * h), 5)
    expect(d.data[1]).toBeCloseTo(((await loss(0.3, 2.6 + h)).item() - (await loss(0.3, 2.6 - h)).item()) / (2 * h), 5)
  })

  it('starts anywhere below the longest, or where told', async () => {
    const drawn = learnableDelay(200, { max: 8 })
    drawn.initialize!(3)
    const first = [...(await drawn.variables['delay']!.data())]
    expect(Math.min(...first)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...first)).toBeLessThan(8)
    expect(Math.max(...first) - Math.min(...first)).toBeGreaterThan(7)
    expect(new Set(await learnableDelay(3, { max: 8, initial: 2.5 }).variables['delay']!.data())).toEqual(
      new Set([2.5]),
    )
  })

  it('wants sizes and a delay it can hold', async () => {
    expect(() => delay(0)).toThrow('[delay] steps 0, expected a positive whole number')
    expect(() => delay(1.5)).toThrow('[delay] steps 1.5')
    expect(() => learnableDelay(2, { max: 0 })).toThrow('[learnableDelay] max 0')
    expect(() => learnableDelay(2, { max: 3, initial: 4 })).toThrow(
      '[learnableDelay] initial 4, expected a number from 0 to 3',
    )
    await expect(forward(at(1, 2))(seq(x, 6, 1, 1))).rejects.toThrow(
      '[learnableDelay] input of shape [6,1,1], expected [6,1,2]',
    )
    await expect(forward(at(1, 2))(seq(x, 6, 1))).rejects.toThrow(
      '[learnableDelay] input of shape [6,1], expected at least 3 axes',
    )
  })
})

describe('spike counts as binary spikes', () => {
  it('step by step of slots, and back', async () => {
    const counts = seq([0, 3, 2, 1], 2, 1, 2)
    const spikes = await forward(spikeCountToBinary(3))(counts)
    expect(spikes.shape).toEqual([6, 1, 2])
    expect([...spikes.data]).toEqual([0, 1, 0, 1, 0, 1, 1, 1, 1, 0, 0, 0])
    expectClose(await forward(temporalBinSum(3))(spikes), counts)
    expect([...(await forward(temporalBinSum(2))(seq([1, 2, 3, 4, 5], 5, 1, 1))).data]).toEqual([3, 7, 5])
  })

  it('around weights without bias change neither values nor gradients', async () => {
    const weights = linear(3, 2, { bias: false })
    const [direct, slotted] = [
      sequential(weights),
      sequential(spikeCountToBinary(4, { always: true }), weights, temporalBinSum(4, { always: true })),
    ]
    const x = { data: Float32Array.from({ length: 18 }, (_, i) => (i * 7) % 5), shape: [3, 2, 3] }
    const run = (net: typeof direct) =>
      compile(
        (t: Tensor) => {
          const y = net.forward(t, { training: true })
          return { y, ...grad(y.mul(y.add(1)).sum(), { x: t, w: weights.variables['weight']! }) }
        },
        { backend },
      )(x)
    const [expected, actual] = [await run(direct), await run(slotted)]
    for (const key of ['y', 'x', 'w'] as const) expectClose(actual[key], expected[key], 1e-4)
  })

  it('in training hand their input on, unless told', async () => {
    const x = seq([0, 3, 2, 1], 2, 1, 2)
    for (const layer of [spikeCountToBinary(3), temporalBinSum(3)]) expectClose(await forward(layer, true)(x), x)
    expect((await forward(spikeCountToBinary(3, { always: true }), true)(x)).shape).toEqual([6, 1, 2])
    expect(() => spikeCountToBinary(0)).toThrow('[spikeCountToBinary] slots 0')
    expect(() => temporalBinSum(-1)).toThrow('[temporalBinSum] slots -1')
  })
})

describe('batch normalisation with parameters for each step', () => {
  const scaled = () =>
    inDouble<StatefulLayer>(temporalEffectiveBatchNorm1d(1, { T: 3, epsilon: 1e-12 }), {
      scale: { shape: [3], data: [1, 10, 100] },
    })

  it('takes no longer sequence than it has parameters for; stepwise the last ones stay', async () => {
    const x = seq([1, 1, 1, 1, 1], 5, 1, 1)
    for (const layer of [scaled(), batchNormThroughTime1d(1, { T: 3 })]) {
      await expect(forward(layer)(x)).rejects.toThrow(
        `[${layer.kind}] input of shape [5,1,1], expected at most 3 steps, for which it has parameters.`,
      )
    }
    const looped = await compile(
      (t: Tensor) => stepwise(sequential(scaled()), t).outputs['temporalEffectiveBatchNorm1']!,
      { backend },
    )(x)
    expect([...looped.data].map(Math.round)).toEqual([1, 10, 100, 100, 100])
  })

  it('through time: each step moves the running statistics of its own', async () => {
    const layer = inDouble<StatefulLayer>(batchNormThroughTime1d(2, { T: 3, momentum: 0.5 }), {})
    const x = values([2, 4, 2], 7)
    await forward(layer, true)(x)
    const [mean, variance] = [await layer.variables['mean']!.data(), await layer.variables['variance']!.data()]
    for (const t of [0, 1]) {
      for (const c of [0, 1]) {
        const batch = [0, 1, 2, 3].map((n) => x.data[t * 8 + n * 2 + c]!)
        const m = batch.reduce((a, b) => a + b) / 4
        const v = batch.reduce((sum, b) => sum + (b - m) ** 2, 0) / 3
        expect(mean[t * 2 + c]).toBeCloseTo(m / 2, 10)
        expect(variance[t * 2 + c]).toBeCloseTo((1 + v) / 2, 10)
      }
    }
    expect([...mean].slice(4)).toEqual([0, 0])
    expect([...variance].slice(4)).toEqual([1, 1])
  })

  it('temporal effective: the running statistics are those of all steps together', async () => {
    const layer = scaled()
    const x = values([3, 4, 1], 7)
    await forward(layer, true)(x)
    const m = x.data.reduce((a, b) => a + b) / 12
    const v = x.data.reduce((sum, b) => sum + (b - m) ** 2, 0) / 11
    expect((await layer.variables['mean']!.data())[0]).toBeCloseTo(m / 10, 10)
    expect((await layer.variables['variance']!.data())[0]).toBeCloseTo(0.9 + v / 10, 10)
  })

  it('start where a state says', async () => {
    const net = sequential(scaled())
    const run = compile(
      (x: Tensor) => net.forward(x, { state: { temporalEffectiveBatchNorm1: { t: tensor(1, { dtype: 'int32' }) } } }),
      { backend },
    )
    expect([...(await run(seq([1, 1], 2, 1, 1))).data].map(Math.round)).toEqual([10, 100])
  })

  it('want whole numbers of steps and channels, and statistics that move', () => {
    expect(() => temporalEffectiveBatchNorm1d(2, { T: 0 })).toThrow(
      '[temporalEffectiveBatchNorm1d] T 0, expected a positive whole number',
    )
    expect(() => batchNormThroughTime1d(2, { T: 1.5 })).toThrow('[batchNormThroughTime1d] T 1.5')
    expect(() => batchNormThroughTime1d(0, { T: 1 })).toThrow('[batchNormThroughTime1d] channels 0')
    expect(() => batchNormThroughTime1d(1, { T: 1, momentum: 2 })).toThrow(
      '[batchNormThroughTime1d] momentum 2, expected a number from 0 to 1',
    )
  })
})
