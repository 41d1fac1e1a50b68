import { dsrLif, gatedLif, learnable, lif, maskedPsn, mpbnLif, noisy, psn, slidingPsn } from '@snn/neuron'
import { compile, grad, placeholder, reference, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { values } from '../test/values.js'
import { input, linear, record, sampleShapes, sequential, stepwise } from './index.js'

const backend = reference()
const T = 5
const x = { data: Float32Array.from(values([T, 2, 4], 1, 2).data), shape: [T, 2, 4] }

describe('layers that see a whole sequence at once', () => {
  const build = () =>
    sequential(
      input([4]),
      linear(4, 6),
      psn({ T }),
      linear(6, 3),
      lif({ tau: learnable(2, { per: 'channel' }) }),
      slidingPsn({ k: 2 }),
      gatedLif({ T, channels: 3 }),
    )

  it('stand in a network: shapes, parameters, forward and gradients', async () => {
    const net = build()
    expect(Object.fromEntries(sampleShapes(net))).toMatchObject({
      psn1: [6],
      lif1: [3],
      slidingPsn1: [3],
      gatedLif1: [3],
    })
    expect(Object.keys(net.parameters())).toEqual(
      expect.arrayContaining(['psn1.weight', 'psn1.bias', 'lif1.tau', 'slidingPsn1.weight', 'gatedLif1.conduct']),
    )
    expect(net.parameters()['lif1.tau']!.shape).toEqual([3])
    const run = compile(
      (t: Tensor) => {
        const y = net.forward(t)
        return { y, gradients: grad(y.mean(), net.parameters()) }
      },
      { backend },
    )
    const { y, gradients } = await run(x)
    expect(y.shape).toEqual([T, 2, 3])
    expect([...gradients['psn1.weight']!.data].some((g) => g !== 0)).toBe(true)
    expect([...(await net.variables()['psn1.weight']!.data())]).toEqual([
      ...(await build().variables()['psn1.weight']!.data()),
    ])
    expect([...(await build().initialize({ seed: 1 }).variables()['psn1.weight']!.data())]).not.toEqual([
      ...(await net.variables()['psn1.weight']!.data()),
    ])
  })

  it('refuse single steps and other lengths, and say what to do', () => {
    expect(() => stepwise(sequential(psn({ T })), placeholder([T, 2, 6]))).toThrow(
      "[psn] one step of shape [2,6], expected a whole sequence [T, N, ..], for it sees all steps at once. Use the network's forward",
    )
    expect(() => sequential(psn({ T })).forward(placeholder([3, 2, 6]))).toThrow(
      '[psn] sequence of shape [3,2,6], expected [5, N, ..]',
    )
    expect(() => sequential(gatedLif({ T: 3 })).forward(placeholder([T, 2, 6]))).toThrow(
      '[gatedLif] sequence of shape [5,2,6], expected at most 3 steps',
    )
  })

  it('hand out their states and spikes, of steps too', async () => {
    const net = sequential(
      input([4]),
      dsrLif({ dt: 0.5, threshold: 0.2 }),
      gatedLif({ T }),
      maskedPsn({ T, k: 2, lambda: 1 }),
    )
    const both = compile(
      (t: Tensor) => [record(net, ['*'])(t), stepwise(net, t, { record: ['*'] })].map(({ recorded }) => recorded),
      { backend },
    )
    const [whole, looped] = await both(x)
    expect(Object.keys(whole!).sort()).toEqual([
      'dsrLif1.output',
      'dsrLif1.spike',
      'dsrLif1.v',
      'gatedLif1.output',
      'gatedLif1.s',
      'gatedLif1.spike',
      'gatedLif1.t',
      'gatedLif1.v',
      'maskedPsn1.output',
      'maskedPsn1.spike',
      'maskedPsn1.t',
      'maskedPsn1.v',
      'maskedPsn1.x1',
    ])
    expect(JSON.stringify(looped, Object.keys(whole!).sort())).toBe(JSON.stringify(whole, Object.keys(whole!).sort()))
    expect([...whole!['gatedLif1.t']!.data]).toEqual([1, 2, 3, 4, 5])
  })
})

describe('training reaches the steps of neurons', () => {
  it('statistics of the membrane move, noise comes', async () => {
    const net = sequential(mpbnLif(4), noisy(lif(), { size: 4, steps: T }))
    const mean = net.variables()['mpbnLif1.mean']!
    const run = (training: boolean) => compile((t: Tensor) => net.forward(t, { training }), { backend })(x)
    const evaluated = await run(false)
    expect([...(await mean.data())]).toEqual([0, 0, 0, 0])
    expect(new Set(evaluated.data).size).toBeLessThanOrEqual(2)
    const trained = await run(true)
    expect([...(await mean.data())].every((entry) => entry !== 0)).toBe(true)
    expect(new Set(trained.data).size).toBeGreaterThan(10)
    expect(Object.keys(net.parameters())).toEqual([
      'mpbnLif1.weight',
      'mpbnLif1.bias',
      'noisy1.inputSigma',
      'noisy1.outputSigma',
    ])
  })
})
