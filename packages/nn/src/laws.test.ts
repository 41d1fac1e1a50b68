import { compile, grad, reference, tensor, type Differentiable, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { branchingNet } from '../test/networks.js'
import { expectClose, values } from '../test/values.js'
import { stepwise, stream, type NetworkState } from './index.js'

const backend = reference()
const [T, N] = [5, 2]
const sequence = values([T, N, 2, 12, 12], 3, 1.5)
const part = ({ data, shape }: typeof sequence, from: number, to: number) => ({ data: data.slice((data.length / shape[0]!) * from, (data.length / shape[0]!) * to), shape: [to - from, ...shape.slice(1)] })
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
    expect(Object.keys(recorded).sort()).toEqual(['conv1.output', 'integrateAndFire1.spike', 'integrateAndFire2.spike', 'network1.other.spike', 'network1.spikes.spike', 'network1.spikes.v'])
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
        for (const name of Object.keys(recorded)) expectClose({ ...result.recorded[name]!, shape: [1, ...result.recorded[name]!.shape] }, part(recorded[name] as never, t, t + 1))
      }
    }
  })

  it('give the same gradients', async () => {
    const run = (mode: 'layer-wise' | 'stepwise') => compile((x: Tensor) => {
      const out = mode === 'stepwise' ? net.single(stepwise(net, x)) : net.forward(x)
      const loss = out.mul(0.5).add(0.1).square().mul(tensor(values(out.shape, 8))).sum()
      return grad(loss, { x, ...net.parameters() } as Record<string, Differentiable>)
    }, { backend })(sequence)
    const [layerwise, inOneLoop] = [await run('layer-wise'), await run('stepwise')]
    expect(Object.keys(layerwise).sort()).toEqual(['batchNorm1.bias', 'batchNorm1.weight', 'conv1.bias', 'conv1.weight', 'linear1.bias', 'linear1.weight', 'network1.conv.bias', 'network1.conv.weight', 'x'])
    for (const [name, gradient] of Object.entries(layerwise)) {
      expect(gradient.data.some((g) => Math.abs(g) > 1e-6), name).toBe(true)
      expectClose(inOneLoop[name]!, gradient, 1e-9)
    }
  })

  it('two halves with the state handed over are one whole', async () => {
    for (const stepping of [false, true]) {
      const run = compile((x: Tensor, state?: NetworkState) => {
        const result = stepping ? stepwise(net, x, { state }) : net.run('sequence', x, { state })
        return { out: net.single(result), state: result.state }
      }, { backend })
      const whole = await run(sequence, undefined)
      const first = await run(part(sequence, 0, 2), undefined)
      const second = await run(part(sequence, 2, T), first.state)
      expect([...first.out.data, ...second.out.data]).toEqual([...whole.out.data])
      for (const name of Object.keys(whole.state)) expectClose(second.state[name]!['v']!, whole.state[name]!['v']!)
      // the state matters: from the start the second half is another
      expect((await run(part(sequence, 2, T), undefined)).state).not.toEqual(second.state)
    }
  })

  it('start layers that the given state lacks from their initial state', async () => {
    const run = compile((x: Tensor) => {
      const { state, outputs } = net.run('sequence', x)
      const from = (given: NetworkState) => net.forward(x, { state: given })
      return { whole: outputs['integrateAndFire2']!, none: from({}), all: from(net.run('sequence', x).initial), one: from({ integrateAndFire1: state['integrateAndFire1']! }) }
    }, { backend })
    const { whole, none, all, one } = await run(sequence)
    expect(none.data).toEqual(whole.data)
    expect(all.data).toEqual(whole.data)
    expect(one.data).not.toEqual(whole.data)
  })
})
