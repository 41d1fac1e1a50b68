import { integrateAndFire, learnable } from '@snn/neuron'
import { compile, reference, repeat, uniform, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import {
  avgPool1d,
  avgPool2d,
  batchNorm1d,
  batchNorm2d,
  conv1d,
  conv2d,
  flatten,
  input,
  linear,
  maxPool1d,
  maxPool2d,
  Network,
  relu,
  sampleShapes,
  sequential,
} from './index.js'

const backend = reference()
const weights = async (net: Network) =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(net.variables()).map(async ([name, value]) => [name, [...(await value.data())]] as const),
    ),
  )

describe('sequential', () => {
  const build = () =>
    sequential(
      input([1, 10, 8]),
      conv2d(1, 4, 3, { padding: 1 }),
      batchNorm2d(4),
      relu(),
      maxPool2d(2),
      conv2d(4, 6, [3, 1], { stride: 2, groups: 2, bias: false }),
      integrateAndFire({ threshold: learnable(1, { per: 'channel' }) }),
      avgPool2d([1, 2]),
      flatten(),
      linear(12, 3),
    )

  it('names layers after their kind, and knows shapes and parameters', () => {
    const net = build()
    expect(Object.fromEntries(sampleShapes(net))).toEqual({
      input: [1, 10, 8],
      conv1: [4, 10, 8],
      batchNorm1: [4, 10, 8],
      relu1: [4, 10, 8],
      maxPool1: [4, 5, 4],
      conv2: [6, 2, 2],
      integrateAndFire1: [6, 2, 2],
      averagePool1: [6, 2, 1],
      flatten1: [12],
      linear1: [3],
    })
    expect(Object.entries(net.parameters()).map(([name, { shape }]) => `${name} ${shape.join('x')}`)).toEqual([
      'conv1.weight 4x1x3x3',
      'conv1.bias 4',
      'batchNorm1.weight 4',
      'batchNorm1.bias 4',
      'conv2.weight 6x2x3x1',
      'integrateAndFire1.threshold 6x1x1',
      'linear1.weight 3x12',
      'linear1.bias 3',
    ])
  })

  it('runs: the example of a spiking classifier', async () => {
    const net = build()
    const run = compile((x: Tensor) => net.forward(repeat(x, 4)).mean(0), { backend })
    const { data, shape } = await run({
      data: Float32Array.from({ length: 160 }, (_, i) => Math.cos(i)),
      shape: [2, 1, 10, 8],
    })
    expect(shape).toEqual([2, 3])
    expect(new Set(data).size).toBe(6)
  })

  it('one-dimensional layers, and any shape without input()', async () => {
    const net = sequential(
      conv1d(2, 3, 3),
      batchNorm1d(3),
      relu(),
      maxPool1d(2),
      avgPool1d(2, { stride: 1 }),
      flatten(),
    )
    const run = compile((x: Tensor) => net.step(x)[0], { backend })
    expect((await run({ data: new Float32Array(40), shape: [2, 2, 10] })).shape).toEqual([2, 9])
    expect((await run({ data: new Float32Array(32), shape: [1, 2, 16] })).shape).toEqual([1, 18])
    expect(net.inputs).toEqual([{ name: 'input', shape: undefined }])
  })

  it('takes networks in', () => {
    const block = sequential(input([3]), linear(3, 3), relu())
    const net = sequential(block, linear(3, 3), sequential(relu(), block))
    expect(net.nodes.map(({ name, inputs }) => `${inputs.join()} -> ${name}`)).toEqual([
      'input -> network1.linear1',
      'network1.linear1 -> network1.relu1',
      'network1.relu1 -> linear1',
      'linear1 -> network2.relu1',
      'network2.relu1 -> network2.network1.linear1',
      'network2.network1.linear1 -> network2.network1.relu1',
    ])
    expect(net.inputs).toEqual([{ name: 'input', shape: [3] }])
    expect(net.outputs).toEqual(['network2.network1.relu1'])
  })

  it('refuses nothing, and networks that do not fit', () => {
    expect(() => sequential(input([3]))).toThrow('[sequential] no layers')
    expect(() => (sequential as () => Network)()).toThrow('[sequential] no layers')
    expect(() => (sequential as (part: unknown) => Network)(3)).toThrow(
      '[sequential] part 1 is the number 3, expected a layer',
    )
    const two = new Network({
      inputs: [{ name: 'a' }, { name: 'b' }],
      nodes: [{ name: 'r', layer: relu(), inputs: ['a'] }],
      outputs: ['r'],
    })
    expect(() => sequential(relu(), two)).toThrow(
      '[sequential] network1 has 2 inputs and the outputs r, expected one input and one node as output.',
    )
  })
})

describe('weights', () => {
  it('are uniform up to 1 / sqrt(fan-in), with mean 0', async () => {
    const {
      'conv1.weight': kernel,
      'conv1.bias': bias,
      'linear1.weight': matrix,
    } = await weights(sequential(conv2d(4, 32, 5, { groups: 2 }), flatten(), linear(1600, 20)))
    for (const [values, bound] of [
      [kernel!, 1 / Math.sqrt(50)],
      [bias!, 1 / Math.sqrt(50)],
      [matrix!, 1 / 40],
    ] as const) {
      const n = values.length
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(bound)
      expect(Math.max(...values) - Math.min(...values)).toBeGreaterThan(bound * 2 * (1 - 6 / n))
      expect(Math.abs(values.reduce((a, b) => a + b) / n)).toBeLessThan((4 * bound) / Math.sqrt(3 * n))
    }
  })

  it('depend on the seed and the name alone: another layer changes no other', async () => {
    const small = await weights(sequential(conv2d(1, 4, 3), linear(6, 5)))
    const large = await weights(sequential(conv2d(1, 4, 3), relu(), conv2d(4, 4, 3), linear(6, 5), linear(5, 5)))
    expect(large).toMatchObject(small)
    expect(large['conv2.weight']!.slice(0, 36)).not.toEqual(large['conv1.weight'])
    expect(await weights(sequential(conv2d(1, 4, 3), linear(6, 5)).initialize({ seed: 1 }))).not.toMatchObject({
      'linear1.weight': small['linear1.weight'],
    })
    expect(
      await weights(
        sequential(conv2d(1, 4, 3), linear(6, 5))
          .initialize({ seed: 1 })
          .initialize({ seed: 0 }),
      ),
    ).toEqual(small)
  })

  it('are those that uniform() draws from the key', async () => {
    const layer = linear(4, 2)
    layer.initialize!(77)
    expect(await layer.variables['weight']!.data()).toEqual(
      await uniform([2, 4], { seed: 77, stream: 0 }).mul(1).sub(0.5).data(),
    )
    expect(await layer.variables['bias']!.data()).toEqual(
      await uniform([2], { seed: 77, stream: 1 }).mul(1).sub(0.5).data(),
    )
  })

  it('that were trained or set are kept', async () => {
    const trained = linear(3, 2)
    const set = linear(3, 2, { bias: false })
    const net = sequential(trained, relu(), set)
    const before = await weights(net)
    set.variables['weight']!.set({ data: new Float32Array(6).fill(5), shape: [2, 3] })
    const bias = trained.variables['bias']!
    await compile(() => bias.assign(bias.read().add(1)), { backend })()
    const after = await weights(sequential(conv1d(1, 1, 1), net).initialize({ seed: 9 }))
    expect(after['network1.linear1.weight']).toEqual(before['linear1.weight'])
    expect(after['network1.linear2.weight']).toEqual(Array(6).fill(5))
  })

  it('of layers in a network built by hand are drawn by name, once', async () => {
    const node = (name: string) => ({ name, layer: linear(3, 3), inputs: ['x'] })
    const parts = { inputs: [{ name: 'x' }], nodes: [node('a'), node('b')], outputs: ['a', 'b'] }
    const net = new Network(parts)
    const drawn = await weights(net)
    expect(drawn['a.weight']).not.toEqual(drawn['b.weight'])
    net.initialize({ seed: 3 })
    const again = await weights(net)
    expect(again).not.toEqual(drawn)
    expect(new Network({ ...parts, outputs: ['a'] }).outputs).toEqual(['a'])
    expect(await weights(net)).toEqual(again)
  })

  it('need whole sizes', () => {
    expect(() => linear(0, 3)).toThrow('[linear] inputs 0, expected a positive whole number')
    expect(() => conv2d(3, 4, 3, { groups: 2 })).toThrow(
      '[conv2d] 3 inputs and 4 outputs in 2 groups, expected multiples of the groups',
    )
    expect(() => conv2d(3, 4, [3])).toThrow('kernel [3], expected a positive whole number or 2 of them')
    expect(() => conv1d(3, 4, 3, { padding: -1 })).toThrow('padding -1')
  })
})
