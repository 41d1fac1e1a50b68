import { cpu } from '@snn/backend-cpu'
import {
  addLayer,
  avgPool2d,
  batchNorm2d,
  conv2d,
  elementwiseRecurrent,
  flatten,
  input,
  linear,
  linearRecurrent,
  maxPool2d,
  Network,
  readoutOf,
  sequential,
  spikingLstm,
  spikingRnn,
  spikingSelfAttention,
  stepwise,
  temporalAttention,
} from '@snn/nn'
import {
  defineNeuron,
  dsrIntegrateAndFire,
  dsrLif,
  extendNeuron,
  gatedLif,
  halfThresholdIntegrateAndFire,
  integrateAndFire,
  izhikevich,
  learnable,
  lif,
  maskedPsn,
  parametricLif,
  slidingPsn,
} from '@snn/neuron'
import { atan } from '@snn/surrogate'
import { compile, isSnnError, reference, variable, type HostTensor, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { random, randomTensor } from '../test/values.js'
import { OrtSession } from '../test/ort-session.js'
import { readSnn, toOnnx } from './index.js'

const backend = reference()
const T = 10

/** Adaptive threshold (Bellec et al. 2018): a model of a user's own. */
const alif = defineNeuron('alif', {
  parameters: { tau: 2, beta: 0.4 },
  state: { v: 0, a: 0 },
  charge: (x, { v, a }, { tau }) => ({ v: v.add(x.sub(v).div(tau)), a: a.mul(0.9) }),
  fire: ({ v, a }, { threshold, beta }, spike) => spike(v.sub(threshold.add(a.mul(beta)))),
  reset: ({ v, a }, s, { threshold }) => ({ v: v.sub(s.mul(threshold)), a: a.add(s) }),
})
const gated = extendNeuron('gated', lif, {
  parameters: { gain: 1.5 },
  charge: (x, state, parameters, settings) => lif.spec.charge(x.mul(parameters.gain), state, parameters, settings),
})
const twice = extendNeuron('twice', gated, {
  parameters: { floor: -0.25 },
  reset: ({ v }, s, { threshold, floor }) => ({ v: v.sub(s.mul(threshold)).maximum(floor) }),
})

/** Where a kind of array may lie after training: [middle, how far to both sides], by the end of its path. */
const ranges: readonly (readonly [string, number, number])[] = [
  ['tau', 1.5, 0.3],
  ['gain', 1.5, 0.3],
  ['threshold', 0.7, 0.25],
  ['norm.bias', 1.6, 1],
  ['variance', 0.6, 0.3],
  ['.mean', 0, 0.25],
  ['.weight', 0, 1.2],
  ['Weight', 0, 2],
  ['', 0, 0.2],
]

/** Sets every array but counters to new values, as training would. */
function trained(net: Network): Network {
  net.parameters()
  Object.entries(net.variables()).forEach(([path, v], i) => {
    if (v.dtype !== 'float32' || path.includes('initial.')) return
    const [, middle, side] = ranges.find(([end]) => path.endsWith(end))!
    v.set({
      data: random(
        v.shape.reduce((a, b) => a * b, 1),
        i + 3,
      ).map((x) => middle + side * x),
      shape: v.shape,
    })
  })
  return net
}

const cases: Readonly<Record<string, () => Network>> = {
  'convolution, batch normalisation, LIF, pooling, linear': () =>
    sequential(
      input([2, 8, 8]),
      conv2d(2, 4, 3, { padding: 1 }),
      batchNorm2d(4),
      lif({ tau: learnable(2, { per: 'channel' }), threshold: 0.4, surrogate: atan() }),
      maxPool2d(2),
      conv2d(4, 3, 3),
      lif({ threshold: learnable(0.3, { per: 'neuron' }), reset: 'soft', initial: { v: 0.1 } }),
      avgPool2d(2),
      flatten(),
      linear(3, 5),
      lif({ threshold: 0.2 }),
    ),
  'a neuron of a user, and one derived twice': () =>
    sequential(
      input([6]),
      linear(6, 8),
      alif({ beta: learnable(0.3), threshold: 0.5 }),
      linear(8, 5),
      twice({ gain: learnable(1.2, { per: 'channel' }), threshold: 0.4 }),
    ),
  'PLIF with a learned time constant, Izhikevich': () =>
    sequential(
      input([6]),
      linear(6, 8),
      parametricLif({ threshold: 0.4 }),
      linear(8, 5),
      izhikevich({ threshold: 0.5 }),
    ),
  'parallel neurons, with weights of each step': () =>
    sequential(input([6]), linear(6, 8), maskedPsn({ T, k: 3, lambda: 1 }), linear(8, 5), slidingPsn({ k: 3 })),
  'gated LIF, one gate in each step and channel': () =>
    sequential(input([6]), linear(6, 8), gatedLif({ T, channels: 8 }), linear(8, 5), gatedLif({ T })),
  'neurons trained by their spike representation': () =>
    sequential(input([6]), linear(6, 8), dsrIntegrateAndFire(), linear(8, 5), dsrLif({ dt: 0.5 })),
  'recurrent containers': () =>
    sequential(
      input([6]),
      linearRecurrent(lif({ tau: learnable(1.7), threshold: 0.3 }), 6, 6),
      elementwiseRecurrent(
        lif({
          threshold: 0.4,
          initial: { v: variable({ data: Float32Array.of(0.1, 0.2, 0.3, 0, 0, 0), shape: [6] }) },
        }),
        'sub',
      ),
    ),
  'a recurrent container around a network': () =>
    sequential(input([6]), elementwiseRecurrent(sequential(linear(6, 6), lif({ threshold: 0.3 })))),
  'spiking LSTM and RNN, with dropout': () =>
    sequential(input([6]), spikingLstm(6, 8, { layers: 2, dropout: 0.5 }), spikingRnn(8, 4)),
  'spiking self-attention': () => sequential(input([8, 4]), spikingSelfAttention(8, { neuron: lif, heads: 2 })),
  'initial values that follow from parameters': () =>
    sequential(
      input([6]),
      linear(6, 4),
      halfThresholdIntegrateAndFire({ threshold: variable({ data: Float32Array.of(0.5, 0.8, 0.5, 1.2), shape: [4] }) }),
      linear(4, 3),
      halfThresholdIntegrateAndFire(),
    ),
  'a connection backwards': () =>
    new Network({
      inputs: [{ name: 'x', shape: [4] }],
      feedback: [{ name: 'before', from: 'lif', shape: [4] }],
      nodes: [
        { name: 'back', layer: linear(4, 4), inputs: ['before'] },
        { name: 'sum', layer: addLayer({}), inputs: ['x', 'back'] },
        { name: 'lif', layer: lif({ tau: 1.5, threshold: 0.2 }), inputs: ['sum'] },
      ],
      outputs: ['lif'],
    }),
  'two outputs': () =>
    new Network({
      inputs: [
        { name: 'x', shape: [4] },
        { name: 'y', shape: [4] },
      ],
      nodes: [
        { name: 'sum', layer: addLayer({}), inputs: ['x', 'y'] },
        { name: 'fc', layer: linear(4, 4), inputs: ['sum'] },
        { name: 'spikes', layer: lif({ threshold: 0.2 }), inputs: ['fc'] },
      ],
      outputs: ['spikes', 'fc'],
    }),
}

const own = { neurons: [alif, gated, twice] }
const unreadable = ['a recurrent container around a network']

describe('toOnnx', () => {
  for (const [name, make] of Object.entries(cases)) {
    it(`gives our spikes and states in plain ONNX Runtime, for any batch size: ${name}`, async () => {
      const net = trained(make())
      const bytes = await toOnnx(net, { T })
      const session = await OrtSession.create(bytes)
      for (const N of [1, 3]) {
        const inputs = Object.fromEntries(
          net.inputs.map((entry, i) => {
            const x = randomTensor([T, N, ...entry.shape!], 20 + i)
            return [entry.name, { ...x, data: x.data.map((value) => value * 2) }]
          }),
        )
        const ours = await compile((x: Record<string, Tensor>) => stepwise(net, x, { record: ['*'] }), { backend })(
          inputs,
        )
        const theirs = await session.run(inputs, T)
        const outputs = net.outputs.length === 1 ? { logits: ours.outputs[net.outputs[0]!]! } : ours.outputs
        expect(Object.keys(theirs.outputs).sort()).toEqual(Object.keys(outputs).sort())
        for (const [key, value] of Object.entries(outputs)) expectSame(theirs.outputs[key]!, value, key)
        expect(Object.keys(theirs.states).length).toBeGreaterThan(0)
        // what a connection backwards carries is the last output of the layer that it comes from
        const carried = new Map(net.feedback.map(({ name: key, from }) => [key, `${from}.output`]))
        const recorded = (key: string) => ours.recorded[carried.get(key.split('.')[0]!) ?? key]!
        for (const [key, value] of Object.entries(theirs.states))
          if (recorded(key).dtype === 'float32') expectSame(value, recorded(key), key)
        // the test would mean nothing without spikes, or without silence
        const spikes = Object.entries(ours.recorded).filter(([key]) => key.endsWith('.spike'))
        for (const [key, { data }] of spikes) expect(new Set(data), key).toEqual(new Set([0, 1]))
      }
    })

    it(`is read again as the same network, bit for bit: ${name}`, async () => {
      const net = trained(make())
      const bytes = await toOnnx(net, { T, classNames: ['a'] })
      if (unreadable.includes(name)) {
        expect(() => readSnn(bytes, own)).toThrow(expect.objectContaining({ code: 'SNN_FILE' }))
        return
      }
      const read = readSnn(bytes, own)
      expect(read.metadata).toMatchObject({ T, classNames: ['a'] })
      expect(readoutOf(read.snn)).toEqual(readoutOf(net))
      expect(await toOnnx(read.snn, read.metadata)).toEqual(bytes)
      expect(Object.keys(read.snn.parameters()).sort()).toEqual(Object.keys(net.parameters()).sort())
      const x = Object.fromEntries(
        net.inputs.map((entry, i) => [entry.name, randomTensor([T, 2, ...entry.shape!], 30 + i)]),
      )
      const outputs = (which: Network) =>
        compile((sequence: Record<string, Tensor>) => which.run('sequence', sequence).outputs, { backend })(x)
      const [before, after] = [await outputs(net), await outputs(read.snn)]
      for (const key of net.outputs) expect(after[key]!.data).toEqual(before[key]!.data)
    })
  }

  it('reads weights that lie on another backend', async () => {
    const net = trained(cases['PLIF with a learned time constant, Izhikevich']!())
    const before = await toOnnx(net)
    const fast = await cpu()
    await compile((x: Tensor) => net.forward(x), { backend: fast })(randomTensor([T, 2, 6], 4))
    expect(await toOnnx(net)).toEqual(before)
    await fast.dispose()
  })

  it('takes the shapes that a network does not know, and refuses what has no single step, without the number of steps', async () => {
    const net = sequential(linear(3, 2), lif())
    await expect(toOnnx(net)).rejects.toThrow(expect.objectContaining({ code: 'SHAPE' }))
    const read = readSnn(await toOnnx(net, { inputShapes: { input: [3] } }))
    expect(read.snn.inputs).toEqual([{ name: 'input', shape: [3] }])
    await expect(toOnnx(sequential(input([3]), temporalAttention(4, { reduction: 2 }), lif()))).rejects.toThrow(
      expect.objectContaining({ code: 'NEEDS_SEQUENCE' }),
    )
    await expect(toOnnx(sequential(input([3]), spikingRnn(3, 4, { bidirectional: true })))).rejects.toThrow(
      expect.objectContaining({ code: 'NEEDS_SEQUENCE' }),
    )
  })

  it('says which model a file needs', async () => {
    const bytes = await toOnnx(cases['a neuron of a user, and one derived twice']!())
    expect(() => readSnn(bytes)).toThrow(
      expect.objectContaining({ code: 'SNN_FILE', message: expect.stringContaining("'alif'") }),
    )
    expect(() => readSnn(bytes, { neurons: [alif] })).toThrow(
      expect.objectContaining({ message: expect.stringContaining("'twice'") }),
    )
  })

  it('damaged files give a typed error or load, 400 mutations', { timeout: 60_000 }, async () => {
    const bytes = await toOnnx(trained(cases['recurrent containers']!()), { T })
    const start = Buffer.from(bytes).indexOf('snn.version')
    const draws = random(800, 78).map((x) => (x + 1) / 2)
    for (let i = 0; i < 400; i++) {
      const changed = bytes.slice()
      const at = start + Math.floor(draws[2 * i]! * (bytes.length - start))
      changed[at] = '0123456789"{}[],:.'.charCodeAt(Math.floor(draws[2 * i + 1]! * 18))
      try {
        const read = readSnn(changed)
        await toOnnx(read.snn, read.metadata)
      } catch (error) {
        if (!isSnnError(error)) throw new Error(`mutation ${i} at ${at}`, { cause: error })
      }
    }
  })
})

/** Spikes exactly, other values to what float32 allows for sums in another order. */
function expectSame(
  actual: { readonly data: Float32Array; readonly shape: readonly number[] },
  expected: HostTensor,
  name: string,
): void {
  expect(actual.shape, name).toEqual(expected.shape)
  expected.data.forEach((value, i) => {
    const tolerance = value === 0 || value === 1 ? 1e-6 : 1e-5 * Math.max(1, Math.abs(value))
    if (Math.abs(actual.data[i]! - value) > tolerance) expect(actual.data[i], `${name}[${i}]`).toBe(value)
  })
}

it('the neurons of converted networks are written by the same code', async () => {
  const net = sequential(
    input([4]),
    linear(4, 4),
    integrateAndFire({
      reset: 'soft',
      amplitude: 'threshold',
      threshold: variable({ data: Float32Array.of(0.5, 0.25, 1, 0.75), shape: [4] }),
      initial: { v: variable({ data: Float32Array.of(0.25, 0.125, 0.5, 0.375), shape: [4] }) },
    }),
  )
  const bytes = await toOnnx(net)
  expect(await toOnnx(readSnn(bytes).snn)).toEqual(bytes)
})
