import { learnable, lif } from '@snn/neuron'
import { compile, grad, placeholder, reference, tensor, variable, type Shape, type Tensor } from '@snn/tensor'
import { evaluateShapes } from '@snn/tensor/library'
import { describe, expect, it } from 'vitest'
import golden from '../../test/golden/attention.json' with { type: 'json' }
import { expectClose, values } from '../../test/values.js'
import {
  channelAttention,
  channelAttentionLayer,
  input,
  linear,
  multiDimensionalAttention,
  qkAttention,
  reluLayer,
  sequential,
  spatialAttention,
  spatialAttentionLayer,
  spikingAttentionLayer,
  spikingSelfAttention,
  stepwise,
  stream,
  temporalAttention,
  temporalAttentionLayer,
  type Network,
} from '../index.js'

const backend = reference()

interface Listed {
  readonly shape: Shape
  readonly data: readonly number[]
}

const f64 = ({ shape, data }: Listed) => ({ shape, data: Float64Array.from(data) })
const f32 = ({ shape, data }: Listed) => ({ shape, data: Float32Array.from(data) })

describe('multi-dimensional attention', () => {
  const { x, y, temporal, dx, loss_weights: lossWeights, weights } = golden.cases.multiDimensional
  const given = (name: keyof typeof weights) => variable(f64(weights[name]), { name })
  const time = temporalAttentionLayer(
    { T: 4 },
    { squeeze: given('temporal.squeeze'), excite: given('temporal.excite') },
  )
  const channel = channelAttentionLayer(
    { channels: 6 },
    { squeeze: given('channel.squeeze'), excite: given('channel.excite') },
  )
  const net = sequential(time, channel, spatialAttentionLayer({}, { weight: given('spatial.weight') }), reluLayer({}))

  it('is the written equations in PyTorch, and so is its gradient', async () => {
    const result = await compile(
      (now: Tensor) => {
        const { outputs, recorded } = net.run('sequence', now, { record: ['temporalAttention1.output'] })
        return {
          y: outputs['relu1']!,
          temporal: recorded['temporalAttention1.output']!,
          dx: grad(
            net
              .single({ outputs })
              .mul(tensor(f64(lossWeights)))
              .sum(),
            now,
          ),
        }
      },
      { backend },
    )(f64(x))
    expectClose(result.temporal, f64(temporal), 1e-10)
    expectClose(result.y, f64(y), 1e-10)
    expectClose(result.dx, f64(dx), 1e-10)
  })

  it('weighs steps of any rank, for the whole sequence only', async () => {
    const flat = sequential(
      temporalAttentionLayer(
        { T: 2 },
        {
          squeeze: variable({ data: Float64Array.of(1, 2), shape: [1, 2] }),
          excite: variable({ data: Float64Array.of(1, -1), shape: [2, 1] }),
        },
      ),
    )
    const { data } = await compile((now: Tensor) => flat.forward(now), { backend })({
      data: Float64Array.of(1, 3, 0, -2),
      shape: [2, 1, 2],
    })
    // means 2, -1 and maxima 3, 0: hidden relu(2 - 2) + relu(3 + 0) = 3
    const sigma = (u: number): number => 1 / (1 + Math.exp(-u))
    for (const [i, value] of [sigma(3), 3 * sigma(3), 0, -2 * sigma(-3)].entries())
      expect(data[i]).toBeCloseTo(value, 12)

    const trained = sequential(
      input([6, 4, 4]),
      multiDimensionalAttention(4, 6, { temporalReduction: 2, channelReduction: 3, kernel: 7 }),
    )
    const needsSequence = expect.objectContaining({ code: 'NEEDS_SEQUENCE' })
    expect(() => evaluateShapes(() => stepwise(trained, placeholder([4, 2, 6, 4, 4])))).toThrow(needsSequence)
    expect(() => evaluateShapes(() => stream(trained).step(placeholder([2, 6, 4, 4])))).toThrow(needsSequence)
    for (const layer of [
      temporalAttention(4, { reduction: 2 }),
      channelAttention(6, { reduction: 2 }),
      spatialAttention(),
    ]) {
      expect(() => evaluateShapes(() => sequential(layer).step(placeholder([2, 6, 4, 4])))).toThrow(needsSequence)
    }
    const perChannel = sequential(
      input([6, 4, 4]),
      multiDimensionalAttention(4, 6, { temporalReduction: 2, channelReduction: 3 }),
      lif({ tau: learnable(2, { per: 'channel' }) }),
    )
    expect(perChannel.parameters()['lif1.tau']!.shape).toEqual([6, 1, 1])
    expect(Object.entries(trained.parameters()).map(([name, { shape }]) => [name, shape])).toEqual([
      ['network1.temporalAttention1.squeeze', [2, 4]],
      ['network1.temporalAttention1.excite', [4, 2]],
      ['network1.channelAttention1.squeeze', [2, 6]],
      ['network1.channelAttention1.excite', [6, 2]],
      ['network1.spatialAttention1.weight', [1, 2, 7, 7]],
    ])
  })

  it('draws each array from numbers of its own', async () => {
    const { squeeze, excite } = sequential(temporalAttention(16, { reduction: 2 })).node('temporalAttention1').layer
      .variables
    const [a, b] = [await squeeze!.data(), await excite!.data()]
    expect(Math.max(...a.map(Math.abs))).toBeGreaterThan(0.23)
    expect(Math.max(...a.map(Math.abs))).toBeLessThanOrEqual(1 / 4)
    expect(Math.max(...b.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(8))
    expect(b[0]! * Math.sqrt(8)).not.toBeCloseTo(a[0]! * 4, 3)
  })

  it('refuses sizes that cannot be', () => {
    const argument = expect.objectContaining({ code: 'ARGUMENT' })
    expect(() => temporalAttention(8)).toThrow(argument)
    expect(() => temporalAttention(0, { reduction: 1 })).toThrow(argument)
    expect(() => channelAttention(8, { reduction: 0 })).toThrow(argument)
    expect(() => spatialAttention(4)).toThrow(argument)
    const shape = expect.objectContaining({ code: 'SHAPE' })
    const forward =
      (net: Network, ...sizes: number[]) =>
      () =>
        evaluateShapes(() => net.forward(placeholder(sizes)))
    expect(forward(sequential(temporalAttention(4, { reduction: 2 })), 5, 2, 3)).toThrow(shape)
    expect(forward(sequential(channelAttention(4, { reduction: 2 })), 5, 2, 3, 2, 2)).toThrow(shape)
    expect(forward(sequential(spatialAttention()), 5, 2, 3, 2)).toThrow(shape)
  })
})

describe('spiking attention', () => {
  const { q, k, v, kernel } = golden.cases.self

  it('is (v k^T) q / 8 in each head, as in PyTorch', async () => {
    const layer = spikingAttentionLayer({ heads: 2, scale: 0.125 })
    const run = compile((...inputs: [Tensor, Tensor, Tensor]) => layer.apply(inputs, { training: false, lead: 2 }), {
      backend,
    })
    const result = await run(f64(q), f64(k), f64(v))
    expectClose(result, f64(kernel))
    expect(new Set(result.data).size).toBeGreaterThan(3)
  })

  const blocks = {
    self: () => spikingSelfAttention(8, { neuron: lif, heads: 2 }),
    token: () => qkAttention(8, 5, { neuron: lif, heads: 2 }),
    channel: () => qkAttention(8, 5, { neuron: lif, heads: 2, per: 'channel' }),
  }
  for (const [name, make] of Object.entries(blocks)) {
    it(`gives the spikes of PyTorch, in every way to run it: ${name}`, async () => {
      const example = golden.cases[name as keyof typeof blocks]
      const net = make()
      const arrays = net.variables()
      expect(Object.keys(arrays).sort()).toEqual(Object.keys(example.weights).sort())
      for (const [path, value] of Object.entries(example.weights)) arrays[path]!.set(f32(value))
      const middle = name === 'self' ? 'attention.spikes.output' : 'joined.output'
      const run = (stepping: boolean) =>
        compile(
          (now: Tensor) =>
            stepping ? stepwise(net, now, { record: [middle] }) : net.run('sequence', now, { record: [middle] }),
          { backend },
        )(f32(example.x))
      for (const { outputs, recorded } of [await run(false), await run(true)]) {
        expect([...outputs['out.spikes']!.data]).toEqual(example.y.data)
        expect([...recorded[middle]!.data]).toEqual(example.middle.data)
      }
      const live = stream(net)
      const step = compile((now: Tensor) => live.step(now), { backend })
      for (let t = 0; t < 4; t++) {
        const part = (data: readonly number[]) => data.slice(t * 80, (t + 1) * 80)
        expect([...(await step(f32({ shape: [2, 8, 5], data: part(example.x.data) }))).data]).toEqual(
          part(example.y.data),
        )
      }
    })
  }

  it('learns: gradients reach every weight, in training with statistics of the batch', async () => {
    for (const make of Object.values(blocks)) {
      const net = sequential(linear(5, 5), make())
      // so that there are spikes at all
      for (const [path, v] of Object.entries(net.variables()))
        if (path.endsWith('norm.bias')) v.set({ data: new Float32Array(v.shape[0]!).fill(1.8), shape: v.shape })
      const gradients = await compile((x: Tensor) => grad(net.forward(x, { training: true }).sum(), net.parameters()), {
        backend,
      })({ data: Float32Array.from(values([4, 2, 8, 5], 3, 5).data), shape: [4, 2, 8, 5] })
      for (const [path, { data }] of Object.entries(gradients))
        expect(
          data.some((g) => g !== 0),
          path,
        ).toBe(true)
    }
  })

  it('refuses heads that do not divide the channels', () => {
    const argument = expect.objectContaining({ code: 'ARGUMENT' })
    expect(() => spikingSelfAttention(12, { neuron: lif })).toThrow(argument)
    expect(() => qkAttention(8, 0, { neuron: lif })).toThrow(argument)
    expect(() => qkAttention(8, 5, { neuron: lif, per: 'tokens' as never })).toThrow(argument)
  })
})
