import { dsrIntegrateAndFire, dsrLif, gatedLif, integrateAndFire, maskedPsn } from '@snn/neuron'
import { compile, grad, reference, tensor, variable, type Differentiable, type Shape, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { branchingNet } from '../test/networks.js'
import { expectClose, inDouble, values } from '../test/values.js'
import * as nn from './index.js'
import { sequential, stepwise, stream, type Layer, type NetworkState } from './index.js'

const backend = reference()
const [T, N] = [5, 2]
const sequence = values([T, N, 2, 12, 12], 3, 1.5)
const part = ({ data, shape }: typeof sequence, from: number, to: number) => ({
  data: data.slice((data.length / shape[0]!) * from, (data.length / shape[0]!) * to),
  shape: [to - from, ...shape.slice(1)],
})
const record = ['*.spike', 'network1.spikes.v', 'conv1.output']

describe('layer-wise, stepwise and stream', () => {
  const net = branchingNet()

  it('give the same outputs, states and recorded values', async () => {
    const layerwise = await compile((x: Tensor) => net.run('sequence', x, { record }), { backend })(sequence)
    const inOneLoop = await compile((x: Tensor) => stepwise(net, x, { record }), { backend })(sequence)
    const { outputs, recorded, state } = layerwise
    const out = outputs['integrateAndFire2']!
    expect(out.shape).toEqual([T, N, 5])
    expect(new Set(out.data)).toEqual(new Set([0, 1]))
    expect(Object.keys(recorded).sort()).toEqual([
      'conv1.output',
      'integrateAndFire1.spike',
      'integrateAndFire2.spike',
      'network1.other.spike',
      'network1.spikes.spike',
      'network1.spikes.v',
    ])
    for (const name of Object.keys(recorded)) {
      expect(new Set(recorded[name]!.data).size).toBeGreaterThan(1)
      expectClose(inOneLoop.recorded[name]!, recorded[name]!)
    }
    expect(inOneLoop.outputs['integrateAndFire2']!.data).toEqual(out.data)
    for (const name of Object.keys(state)) expectClose(inOneLoop.state[name]!['v']!, state[name]!['v']!)

    const live = stream(net)
    const step = compile((x: Tensor) => live.run(x, { record }), { backend })
    for (let round = 0; round < 2; round++) {
      live.reset()
      for (let t = 0; t < T; t++) {
        const now = part(sequence, t, t + 1)
        const result = await step({ ...now, shape: now.shape.slice(1) })
        expectClose({ ...result.outputs['integrateAndFire2']!, shape: [1, N, 5] }, part(out as never, t, t + 1))
        for (const name of Object.keys(recorded))
          expectClose(
            { ...result.recorded[name]!, shape: [1, ...result.recorded[name]!.shape] },
            part(recorded[name] as never, t, t + 1),
          )
      }
    }
  })

  it('give the same gradients', async () => {
    const run = (mode: 'layer-wise' | 'stepwise' | 'checkpoints') =>
      compile(
        (x: Tensor) => {
          const out =
            mode === 'layer-wise'
              ? net.forward(x)
              : net.single(stepwise(net, x, mode === 'stepwise' ? {} : { checkpoint: 2 }))
          const loss = out
            .mul(0.5)
            .add(0.1)
            .square()
            .mul(tensor(values(out.shape, 8)))
            .sum()
          return grad(loss, { x, ...net.parameters() } as Record<string, Differentiable>)
        },
        { backend },
      )(sequence)
    const [layerwise, inOneLoop, inPieces] = [await run('layer-wise'), await run('stepwise'), await run('checkpoints')]
    expect(Object.keys(layerwise).sort()).toEqual([
      'batchNorm1.bias',
      'batchNorm1.weight',
      'conv1.bias',
      'conv1.weight',
      'linear1.bias',
      'linear1.weight',
      'network1.conv.bias',
      'network1.conv.weight',
      'x',
    ])
    for (const [name, gradient] of Object.entries(layerwise)) {
      expect(
        gradient.data.some((g) => Math.abs(g) > 1e-6),
        name,
      ).toBe(true)
      expectClose(inOneLoop[name]!, gradient, 1e-9)
      expectClose(inPieces[name]!, gradient, 1e-9)
    }
  })

  it('two halves with the state handed over are one whole', async () => {
    for (const stepping of [false, true]) {
      const run = compile(
        (x: Tensor, state?: NetworkState) => {
          const result = stepping ? stepwise(net, x, { state }) : net.run('sequence', x, { state })
          return { out: net.single(result), state: result.state }
        },
        { backend },
      )
      const whole = await run(sequence, undefined)
      const first = await run(part(sequence, 0, 2), undefined)
      const second = await run(part(sequence, 2, T), first.state)
      expect([...first.out.data, ...second.out.data]).toEqual([...whole.out.data])
      for (const name of Object.keys(whole.state)) expectClose(second.state[name]!['v']!, whole.state[name]!['v']!)
      // the state matters: from the start the second half is another
      expect((await run(part(sequence, 2, T), undefined)).state).not.toEqual(second.state)
    }
  })

  it('refuse a state of another shape or name', async () => {
    const start = (state: NetworkState) => compile((x: Tensor) => net.forward(x, { state }), { backend })(sequence)
    await expect(start({ integrateAndFire1: { v: tensor(values([7, 3], 1)) } })).rejects.toThrow(
      /state 'v' has shape \[7,3\], expected the shape of the input/,
    )
    await expect(start({ integrateAndFire1: { u: tensor(values([7, 3], 1)) } })).rejects.toThrow(
      /unknown state 'u', expected one of v/,
    )
  })

  it('start layers that the given state lacks from their initial state', async () => {
    const run = compile(
      (x: Tensor) => {
        const { state, outputs } = net.run('sequence', x)
        const from = (given: NetworkState) => net.forward(x, { state: given })
        return {
          whole: outputs['integrateAndFire2']!,
          none: from({}),
          all: from(net.run('sequence', x).initial),
          one: from({ integrateAndFire1: state['integrateAndFire1']! }),
        }
      },
      { backend },
    )
    const { whole, none, all, one } = await run(sequence)
    expect(none.data).toEqual(whole.data)
    expect(all.data).toEqual(whole.data)
    expect(one.data).not.toEqual(whole.data)
  })
})

/**
 * Layers of one input: a sample's shape, whether training uses statistics of the whole sequence, and whether it needs
 * one.
 */
const layers: Readonly<
  Record<
    string,
    {
      readonly layer: () => Layer
      readonly sample: Shape
      readonly batch?: boolean
      readonly trainsBySequence?: boolean
    }
  >
> = {
  linear: { layer: () => nn.linear(5, 3), sample: [5] },
  conv1d: { layer: () => nn.conv1d(2, 3, 3), sample: [2, 6] },
  conv3d: { layer: () => nn.conv3d(1, 2, 2), sample: [1, 2, 3, 3] },
  convTranspose1d: { layer: () => nn.convTranspose1d(2, 3, 3, { stride: 2, outputPadding: 1 }), sample: [2, 4] },
  convTranspose2d: { layer: () => nn.convTranspose2d(2, 2, 3, { stride: 2, groups: 2 }), sample: [2, 3, 2] },
  convTranspose3d: { layer: () => nn.convTranspose3d(1, 2, 2), sample: [1, 2, 2, 2] },
  wsConv2d: { layer: () => nn.wsConv2d(2, 3, 2), sample: [2, 4, 3] },
  wsLinear: { layer: () => nn.wsLinear(5, 3), sample: [5] },
  dropConnectLinear: { layer: () => nn.dropConnectLinear(5, 3), sample: [5] },
  'dropConnectLinear, invariant': {
    layer: () => nn.dropConnectLinear(4, 3, { invariant: true, activation: 'none', bias: false }),
    sample: [2, 4],
  },
  dropout: { layer: () => nn.dropout(0.4), sample: [3, 4] },
  dropout2d: { layer: () => nn.dropout2d(0.4), sample: [5, 2, 2] },
  batchNorm1d: { layer: () => nn.batchNorm1d(3), sample: [3, 4], batch: true },
  batchNorm3d: { layer: () => nn.batchNorm3d(2), sample: [2, 1, 2, 3], batch: true },
  thresholdDependentBatchNorm2d: {
    layer: () => nn.thresholdDependentBatchNorm2d(2, { alpha: 0.7 }),
    sample: [2, 2, 3],
    batch: true,
  },
  temporalEffectiveBatchNorm2d: {
    layer: () =>
      inDouble(nn.temporalEffectiveBatchNorm2d(2, { T: 5 }), { scale: { shape: [5], data: [1, 2, 3, 4, 5] } }),
    sample: [2, 2, 3],
    batch: true,
  },
  batchNormThroughTime1d: {
    layer: () =>
      inDouble(nn.batchNormThroughTime1d(2, { T: 5 }), {
        mean: { shape: [5, 2], data: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] },
      }),
    sample: [2],
  },
  batchNormThroughTime2d: { layer: () => nn.batchNormThroughTime2d(2, { T: 5 }), sample: [2, 2, 3] },
  layerNorm: { layer: () => nn.layerNorm([2, 3]), sample: [4, 2, 3] },
  groupNorm: { layer: () => nn.groupNorm(2, 4), sample: [4, 2, 3] },
  neuNorm: { layer: () => nn.neuNorm(3, 2, 2), sample: [3, 2, 2] },
  'neuNorm, shared': { layer: () => nn.neuNorm(3, 2, 2, { shared: true, decay: 0.5 }), sample: [3, 2, 2] },
  synapseFilter: { layer: () => nn.synapseFilter({ tau: 3 }), sample: [4] },
  'synapseFilter, learnable': { layer: () => nn.synapseFilter({ tau: 3, learnable: true }), sample: [4] },
  delay: { layer: () => nn.delay(2), sample: [3] },
  'delay beyond the end': { layer: () => nn.delay(7), sample: [3] },
  learnableDelay: { layer: () => nn.learnableDelay(4, { max: 3 }), sample: [4, 2] },
  maskedPsn: {
    layer: () =>
      maskedPsn({ T: 5, k: 3, lambda: 1, bias: variable({ data: Float64Array.of(0, 0.1, -0.1, 0.2, 0), shape: [5] }) }),
    sample: [4],
  },
  gatedLif: { layer: () => gatedLif({ T: 5, channels: 3 }), sample: [3, 2] },
  dsrIntegrateAndFire: { layer: () => dsrIntegrateAndFire({ threshold: 0.7 }), sample: [4], trainsBySequence: true },
  dsrLif: { layer: () => dsrLif({ dt: 0.5, threshold: 0.2 }), sample: [4], trainsBySequence: true },
  voting: { layer: () => nn.voting(3), sample: [6] },
  flatten: { layer: () => nn.flatten(), sample: [2, 3] },
  upsample: { layer: () => nn.upsample(2, { mode: 'linear' }), sample: [1, 2, 3] },
  maxPool3d: { layer: () => nn.maxPool3d(2, { stride: 1 }), sample: [2, 2, 3, 2] },
  avgPool1d: { layer: () => nn.avgPool1d(2), sample: [2, 4] },
  avgPool3d: { layer: () => nn.avgPool3d(2), sample: [2, 2, 4, 2] },
  adaptiveAvgPool1d: { layer: () => nn.adaptiveAvgPool1d(3), sample: [2, 5] },
  adaptiveAvgPool2d: { layer: () => nn.adaptiveAvgPool2d([2, 3]), sample: [2, 5, 6] },
  adaptiveAvgPool3d: { layer: () => nn.adaptiveAvgPool3d(1), sample: [2, 2, 3, 2] },
}

describe('each layer, layer-wise, stepwise and as a stream', () => {
  /** A fresh net in float64, equal each time: the layer, then neurons that spike. */
  const build = ({ layer, sample }: (typeof layers)[string]) => {
    const one = layer()
    one.initialize?.(5)
    const double = inDouble(one, {})
    double.initialize?.(5)
    return new nn.Network({
      inputs: [{ name: 'x', shape: sample }],
      nodes: [
        { name: 'layer', layer: double, inputs: ['x'] },
        { name: 'neurons', layer: integrateAndFire({ threshold: 0.3, reset: 'soft' }), inputs: ['layer'] },
      ],
      outputs: ['layer', 'neurons'],
    })
  }

  it.each(Object.entries(layers))('%s: equal outputs, and two halves are one whole', async (name, entry) => {
    const net = build(entry)
    const x = values([T, N, ...entry.sample], 4, 1.2)
    const layerwise = compile((input: Tensor, state?: NetworkState) => net.run('sequence', input, { state }), {
      backend,
    })
    const looped = compile((input: Tensor, state?: NetworkState) => stepwise(net, input, { state }), { backend })
    const whole = await layerwise(x, undefined)
    expect(whole.outputs['layer']!.data.some((value) => value !== 0)).toBe(!name.includes('beyond'))
    for (const output of net.outputs) expectClose((await looped(x, undefined)).outputs[output]!, whole.outputs[output]!)
    for (const run of [layerwise, looped]) {
      const first = await run(part(x, 0, 2), undefined)
      const second = await run(part(x, 2, T), first.state)
      for (const output of net.outputs) {
        const halves = Float64Array.of(...first.outputs[output]!.data, ...second.outputs[output]!.data)
        expectClose({ ...whole.outputs[output]!, data: halves }, whole.outputs[output]!)
      }
    }
    const live = stream(net)
    const step = compile((input: Tensor) => live.run(input).outputs, { backend })
    for (let t = 0; t < T; t++) {
      const now = part(x, t, t + 1)
      const result = await step({ ...now, shape: now.shape.slice(1) })
      for (const output of net.outputs)
        expectClose(
          { ...result[output]!, shape: [1, ...result[output]!.shape] },
          part(whole.outputs[output] as never, t, t + 1),
        )
    }
  })

  it.each(Object.entries(layers).filter(([, { trainsBySequence }]) => !trainsBySequence))(
    '%s: equal gradients',
    async (name, entry) => {
      const x = values([T, N, ...entry.sample], 4, 1.2)
      const run = (mode: 'layer-wise' | 'stepwise') => {
        const net = build(entry)
        return compile(
          (input: Tensor) => {
            const options = { training: !entry.batch }
            const { outputs } =
              mode === 'stepwise' ? stepwise(net, input, options) : net.run('sequence', input, options)
            const loss = Object.values(outputs)
              .map((out) =>
                out
                  .mul(tensor(values(out.shape, 8)))
                  .square()
                  .sum(),
              )
              .reduce((a, b) => a.add(b))
            return {
              outputs,
              gradients: grad(loss, { x: input, ...net.parameters() } as Record<string, Differentiable>),
              buffers: Object.fromEntries(Object.entries(net.buffers()).map(([name, value]) => [name, value.read()])),
            }
          },
          { backend },
        )(x)
      }
      const [layerwise, inOneLoop] = [await run('layer-wise'), await run('stepwise')]
      for (const [output, value] of Object.entries(layerwise.outputs)) expectClose(inOneLoop.outputs[output]!, value)
      for (const [path, value] of Object.entries(layerwise.buffers)) expectClose(inOneLoop.buffers[path]!, value)
      for (const [path, gradient] of Object.entries(layerwise.gradients)) {
        expect(
          gradient.data.some((g) => Math.abs(g) > 1e-6),
          path,
        ).toBe(!name.includes('beyond'))
        expectClose(inOneLoop.gradients[path]!, gradient, 1e-9)
      }
    },
  )

  it('layers that change the number of steps say that they need all of them', async () => {
    for (const layer of [nn.spikeCountToBinary(3), nn.temporalBinSum(3)]) {
      const net = sequential(layer)
      const live = stream(net)
      const error = { code: 'NEEDS_SEQUENCE', details: { layer: layer.kind } }
      const x = values([T, N, 3])
      await expect(compile((input: Tensor) => net.step(input.at(0, 0)), { backend })(x)).rejects.toMatchObject(error)
      await expect(compile((input: Tensor) => stepwise(net, input), { backend })(x)).rejects.toMatchObject(error)
      await expect(compile((input: Tensor) => live.step(input.at(0, 0)), { backend })(x)).rejects.toMatchObject(error)
    }
  })
})
