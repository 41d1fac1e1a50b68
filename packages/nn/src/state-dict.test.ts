import { integrateAndFire, learnable } from '@snn/neuron'
import { compile, isSnnError, reference, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { values } from '../test/values.js'
import { batchNorm1d, dropout, input, linear, loadStateDict, sequential, stateDict, type Network } from './index.js'

const build = () =>
  sequential(
    input([3]),
    linear(3, 4),
    batchNorm1d(4),
    dropout(),
    integrateAndFire({ threshold: learnable(0.5, { per: 'channel' }) }),
  )
const forward = async (net: Network) =>
  (
    await compile((x: Tensor) => net.forward(x), { backend: reference() })({
      data: Float32Array.from(values([2, 3, 3]).data),
      shape: [2, 3, 3],
    })
  ).data

function errorOf(run: () => unknown) {
  try {
    run()
  } catch (error) {
    if (isSnnError(error, 'STATE_DICT')) return error
    throw error
  }
  throw new Error('no error')
}

describe('state dict', () => {
  it('names parameters and buffers', async () => {
    const net = build()
    expect(Object.keys(net.parameters())).toEqual([
      'linear1.weight',
      'linear1.bias',
      'batchNorm1.weight',
      'batchNorm1.bias',
      'integrateAndFire1.threshold',
    ])
    expect(Object.keys(net.buffers())).toEqual(['batchNorm1.mean', 'batchNorm1.variance', 'dropout1.counter'])
    const dict = await stateDict(net)
    expect(Object.keys(dict)).toEqual(Object.keys(net.variables()))
    expect(dict['integrateAndFire1.threshold']).toMatchObject({
      shape: [4],
      dtype: 'float32',
      data: new Float32Array(4).fill(0.5),
    })
    expect(dict['dropout1.counter']).toMatchObject({ shape: [], dtype: 'int32' })
  })

  it('carries a network over, and what it holds is a copy', async () => {
    const [net, other] = [build(), build().initialize({ seed: 1 })]
    net.variables()['batchNorm1.mean']!.set({ data: Float32Array.of(0.1, -0.2, 0.3, -0.4), shape: [4] })
    const dict = await stateDict(net)
    const before = await forward(net)
    expect(loadStateDict(other, dict)).toEqual({ missing: [], unexpected: [] })
    expect(await forward(other)).toEqual(before)
    expect(await stateDict(other.initialize({ seed: 2 }))).toMatchObject(JSON.parse(JSON.stringify(dict)) as object)
    dict['linear1.weight']!.data.fill(9)
    expect(await forward(net)).toEqual(before)
    expect(await forward(other)).toEqual(before)
  })

  it('names all that is missing, unexpected and wrong, and then sets nothing', async () => {
    const net = build()
    const before = await stateDict(net)
    const { 'linear1.bias': _, ...rest } = before
    const wrong = {
      ...rest,
      strange: before['linear1.bias']!,
      'linear1.weight': { data: new Float32Array(6), shape: [2, 3] },
      'dropout1.counter': { data: new Float32Array(1), shape: [] },
    }
    const error = errorOf(() => loadStateDict(net, wrong))
    expect(error.message).toBe(
      '[loadStateDict] got no linear1.bias; the unknown strange; linear1.weight as float32[2,3] instead of float32[4,3]; dropout1.counter as float32[] instead of int32[], ' +
        'expected the parameters and buffers of the network. Build the network as it was when the entries were saved.',
    )
    expect(error.details).toEqual({
      missing: ['linear1.bias'],
      unexpected: ['strange'],
      mismatched: [
        { name: 'linear1.weight', got: 'float32[2,3]', expected: 'float32[4,3]' },
        { name: 'dropout1.counter', got: 'float32[]', expected: 'int32[]' },
      ],
    })
    expect(errorOf(() => loadStateDict(net, wrong, { strict: false })).details.mismatched).toHaveLength(2)
    expect(errorOf(() => loadStateDict(net, rest)).message).toContain(
      'got no linear1.bias, expected the parameters and buffers of the network. Build the same network, or give { strict: false }.',
    )
    expect(() => loadStateDict(net, { ...before, 'linear1.bias': { data: new Float32Array(3), shape: [4] } })).toThrow(
      '[stateDict.linear1.bias] data of 3 elements for shape [4]',
    )
    const none = { data: Float32Array.of(1, NaN, 3, 4), shape: [4] }
    expect(errorOf(() => loadStateDict(net, { ...before, 'linear1.bias': none })).details.mismatched).toEqual([
      { name: 'linear1.bias', got: 'float32[4] whose number 1 is NaN', expected: 'numbers' },
    ])
    expect(JSON.stringify(await stateDict(net))).toBe(JSON.stringify(before))
  })

  it('takes a part where it need not be strict', async () => {
    const net = build()
    const bias = { data: Float32Array.of(1, 2, 3, 4), shape: [4] }
    const { missing, unexpected } = loadStateDict(net, { 'linear1.bias': bias, head: bias }, { strict: false })
    expect(missing).toHaveLength(7)
    expect(unexpected).toEqual(['head'])
    expect((await stateDict(net))['linear1.bias']!.data).toEqual(bias.data)
  })

  it('needs shapes to be known', async () => {
    const net = sequential(integrateAndFire({ threshold: learnable(1, { per: 'neuron' }) }))
    await expect(stateDict(net)).rejects.toThrow("the shape of the input 'input' is not known")
    expect(() => loadStateDict(net, {})).toThrow("the shape of the input 'input' is not known")
  })
})
