import { lif } from '@snn/neuron'
import { compile, reference, sizeOf, type HostTensor, type Shape, type Tensor, type TensorLike } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { inDouble, values, weight } from '../../test/values.js'
import * as nn from '../index.js'
import { traitsOf, type Layer, type LayerName } from '../index.js'

const backend = reference()
const [T, N] = [4, 2]

/** How a layer is made, the same each time, and the shapes of a sample of its inputs. */
type Case = readonly [make: () => Layer, ...samples: readonly [Shape, ...Shape[]]]

const window = {
  kernel: [2, 2],
  stride: [2, 2],
  padding: [
    [0, 0],
    [0, 0],
  ],
} as const
const convolution = {
  stride: [2, 1],
  padding: [
    [1, 1],
    [0, 1],
  ],
  dilation: [1, 1],
  groups: 1,
} as const
const drawn = (make: () => Layer) => (): Layer => {
  const layer = make()
  layer.initialize?.(5)
  const double = inDouble(layer, {})
  double.initialize?.(5)
  return double
}
const recurrent = (kind: 'spikingRnn' | 'spikingLstm' | 'spikingGru', gates: number) => (): Layer =>
  nn.recurrentLayer(kind, { inputWeight: weight([gates * 3, 4], 1), hiddenWeight: weight([gates * 3, 3], 2) })
const operand = () => ({ operand: weight([4], 3) })

/** Layers of every kind. */
const cases: { readonly [K in LayerName]: readonly Case[] } = {
  accumulate: [[() => nn.accumulateLayer({}), [2, 3]]],
  adaptiveAveragePool: [[() => nn.adaptiveAveragePoolLayer({ size: [2, 3] }), [2, 5, 6]]],
  add: [[() => nn.addLayer({}), [2, 3], [2, 3]]],
  averagePool: [
    [
      () =>
        nn.averagePoolLayer({
          ...window,
          padding: [
            [1, 0],
            [0, 1],
          ],
          countIncludePad: false,
        }),
      [2, 3, 5],
    ],
  ],
  batchNorm: [[drawn(() => nn.batchNorm2d(3)), [3, 2, 2]]],
  batchNormThroughTime: [[drawn(() => nn.batchNormThroughTime2d(3, { T })), [3, 2, 2]]],
  binary: (['add', 'sub', 'mul', 'minimum', 'maximum'] as const).map((name) => [
    () => nn.binaryLayer({ function: name }),
    [3, 2],
    [3, 2],
  ]),
  broadcast: [[() => nn.broadcastLayer({ shape: [2, 3, 4] }), [3, 1]]],
  channelAttention: [[drawn(() => nn.channelAttention(4, { reduction: 2 })), [4, 2, 2]]],
  clip: [[() => nn.clipLayer({ low: -0.3, high: 0.5 }), [2, 3]]],
  concat: [[() => nn.concatLayer({ axis: 0 }), [2, 3], [1, 3]]],
  constant: (['add', 'sub', 'mul', 'div', 'minimum', 'maximum'] as const).flatMap((name) =>
    [false, true]
      .filter((swap) => name !== 'div' || !swap)
      .map((swap): Case => [() => nn.constantLayer({ function: name, swap }, operand()), [3, 4]]),
  ),
  conv: [
    [() => nn.convLayer(convolution, { weight: weight([4, 3, 2, 3], 1), bias: weight([4], 2) }), [3, 4, 5]],
    [() => nn.convLayer({ ...convolution, groups: 2 }, { weight: weight([4, 2, 2, 3], 1) }), [4, 4, 5]],
  ],
  convTranspose: [
    [
      () =>
        nn.convTransposeLayer(
          { ...convolution, outputPadding: [1, 0] },
          { weight: weight([3, 4, 3, 2], 1), bias: weight([4], 2) },
        ),
      [3, 3, 3],
    ],
  ],
  delay: [[() => nn.delayLayer({ steps: 2 }), [2, 3]]],
  difference: [[() => nn.differenceLayer({}), [2, 3]]],
  dropConnectLinear: [
    [drawn(() => nn.dropConnectLinear(4, 3)), [2, 4]],
    [drawn(() => nn.dropConnectLinear(4, 3, { activation: 'none' })), [2, 4]],
  ],
  dropout: [[drawn(() => nn.dropout(0.4)), [2, 3]]],
  elementwiseRecurrent: [[() => nn.elementwiseRecurrent(lif({ threshold: 0.2 })), [2, 3]]],
  flatten: [[() => nn.flattenLayer({}), [2, 3]]],
  gate: [[() => nn.gateLayer({ start: 1, length: 2, trailing: 1 }, { bias: weight([3], 2) }), [3, 2]]],
  gather: [[() => nn.gatherLayer({ indices: [[2, 0, 0], null] }), [3, 2]]],
  globalAveragePool: [[() => nn.globalAveragePoolLayer({}), [2, 3, 3]]],
  globalMaxPool: [[() => nn.globalMaxPoolLayer({}), [2, 3, 3]]],
  groupNorm: [[drawn(() => nn.groupNorm(2, 4)), [4, 3]]],
  layerNorm: [[drawn(() => nn.layerNorm([3])), [4, 3]]],
  leakyRelu: [
    [() => nn.leakyReluLayer({ slope: 0.2 }), [3, 2]],
    [() => nn.leakyReluLayer({ slope: 0.2 }, { slope: weight([3, 1], 4) }), [3, 2]],
  ],
  learnableDelay: [[drawn(() => nn.learnableDelay(3, { max: 2 })), [3, 2]]],
  linear: [[() => nn.linearLayer({}, { weight: weight([3, 4], 1), bias: weight([3], 2) }), [2, 4]]],
  linearRecurrent: [[() => nn.linearRecurrentLayer(lif({ threshold: 0.2 }), { weight: weight([3, 6], 3) }), [3]]],
  logic: [[() => nn.logicLayer({ function: 'or' }), [2, 3], [2, 3]]],
  logSoftmax: [[() => nn.logSoftmaxLayer({ axis: 0 }), [3, 2]]],
  matmul: [[() => nn.matmulLayer({}), [2, 3], [3, 4]]],
  maxPool: [[() => nn.maxPoolLayer({ ...window, dilation: [1, 1] }), [2, 4, 5]]],
  maxUnpool: [[() => nn.maxUnpoolLayer({ ...window, dilation: [1, 1] }), [2, 2, 2], [2, 4, 4]]],
  neuNorm: [[drawn(() => nn.neuNorm(3, 2, 2)), [3, 2, 2]]],
  pad: [
    [
      () =>
        nn.padLayer({
          padding: [
            [0, 0],
            [1, 2],
          ],
          value: 0,
        }),
      [2, 3],
    ],
    [
      () =>
        nn.padLayer({
          padding: [
            [0, 0],
            [1, 2],
          ],
          value: 0.5,
        }),
      [2, 3],
    ],
  ],
  parameter: [[() => nn.parameterLayer({}, { value: weight([2, 3], 2) }), [2, 3]]],
  reduce: (['sum', 'mean', 'max', 'min'] as const).map((name) => [
    () => nn.reduceLayer({ function: name, axes: [1], keepDims: false }),
    [2, 3],
  ]),
  relu: [[() => nn.reluLayer({}), [2, 3]]],
  resample: [[() => nn.resampleLayer({ axis: 0 }, { matrix: weight([4, 3], 2) }), [3, 2]]],
  reshape: [[() => nn.reshapeLayer({ shape: [3, 2] }), [2, 3]]],
  reverseTime: [[() => nn.reverseTimeLayer({}), [2, 3]]],
  runningMean: [[() => nn.runningMeanLayer({ delay: 1 }), [2, 3]]],
  sampleParameter: [[() => nn.sampleParameterLayer({}, { value: weight([2, 3], 2) }), [2, 3]]],
  slice: [[() => nn.sliceLayer({ axis: 1, start: 0, end: 3, step: 2 }), [2, 3]]],
  softmax: [[() => nn.softmaxLayer({ axis: 1 }), [2, 3]]],
  spatialAttention: [[drawn(() => nn.spatialAttention(3)), [2, 3, 3]]],
  spikeCountToBinary: [[() => nn.spikeCountToBinary(3, { always: true }), [2, 3]]],
  spikingAttention: [[() => nn.spikingAttentionLayer({ heads: 2, scale: 0.5 }), [4, 3], [4, 3], [4, 3]]],
  spikingGlobalMaxPool: [[() => nn.spikingGlobalMaxPoolLayer({}), [2, 3, 3]]],
  spikingGru: [[recurrent('spikingGru', 3), [4]]],
  spikingLstm: [[recurrent('spikingLstm', 4), [4]]],
  spikingMaxPool: [[() => nn.spikingMaxPoolLayer({ ...window, dilation: [1, 1] }), [2, 4, 4]]],
  spikingRnn: [[recurrent('spikingRnn', 1), [4]]],
  synapseFilter: [[() => nn.synapseFilterLayer({ tau: 3 }), [4]]],
  temporalAttention: [[drawn(() => nn.temporalAttention(T, { reduction: 2 })), [2, 3]]],
  temporalBinSum: [[() => nn.temporalBinSum(2, { always: true }), [2, 3]]],
  temporalEffectiveBatchNorm: [[drawn(() => nn.temporalEffectiveBatchNorm2d(3, { T })), [3, 2, 2]]],
  transpose: [[() => nn.transposeLayer({ permutation: [1, 0] }), [2, 3]]],
  unary: (
    [
      'neg',
      'abs',
      'exp',
      'sigmoid',
      'tanh',
      'erf',
      'floor',
      'ceil',
      'round',
      'sign',
      'sin',
      'atan',
      'softplus',
      'softsign',
      'elu',
      'celu',
      'selu',
      'thresholdedRelu',
      'hardSigmoid',
      'hardSwish',
      'gelu',
    ] as const
  ).map((name) => [() => nn.unaryLayer({ function: name }), [2, 40]]),
  upsample: [
    [() => nn.upsampleLayer({ scale: 2, mode: 'nearest', alignCorners: false }), [2, 2, 3]],
    [() => nn.upsampleLayer({ scale: 2, mode: 'linear', alignCorners: false }), [2, 2, 3]],
  ],
  voting: [[() => nn.votingLayer({ size: 3 }), [2, 6]]],
  wsConv: [[drawn(() => nn.wsConv2d(2, 3, 2)), [2, 4, 3]]],
  wsLinear: [[drawn(() => nn.wsLinear(4, 3)), [2, 4]]],
}

/** The output of a new layer for sequences [T, N, ..]. */
async function outputOf(
  [make, ...samples]: Case,
  inputs: readonly TensorLike[],
  training = false,
): Promise<HostTensor> {
  const names = samples.map((_, i) => `x${i}`)
  const net = new nn.Network({
    inputs: names.map((name, i) => ({ name, shape: samples[i]! })),
    nodes: [{ name: 'layer', layer: make(), inputs: names }],
    outputs: ['layer'],
  })
  return await compile(
    (...xs: Tensor[]) => net.forward(Object.fromEntries(xs.map((x, i) => [names[i]!, x])), { training }),
    { backend },
  )(...inputs)
}

const inputsOf = ([, ...samples]: Case, seed: number, scale = 1.3): ReturnType<typeof values>[] =>
  samples.map((sample, i) => values([T, N, ...sample], seed + 7 * i, scale))
const mapped = (
  inputs: readonly ReturnType<typeof values>[],
  map: (value: number, i: number, input: number) => number,
) => inputs.map(({ data, shape }, k) => ({ shape, data: data.map((value, i) => map(value, i, k)) }))
const placeOf = (flat: number, shape: Shape): number[] =>
  shape.map((n, axis) => Math.floor(flat / sizeOf(shape.slice(axis + 1))) % n)

const all = Object.entries(cases).flatMap(([kind, list]) =>
  list.map((made, i) => [`${kind}${list.length > 1 ? ` ${i + 1}` : ''}`, kind, made] as const),
)

describe('the traits of a layer are what it does', () => {
  it.each(all)('%s: linear', async (_, kind, made) => {
    expect(made[0]().kind).toBe(kind)
    const { linear, fanIn } = traitsOf(made[0]())!
    const [a, b] = [inputsOf(made, 1, 4), inputsOf(made, 2, 4)]
    const f = (inputs: readonly TensorLike[]) => outputOf(made, inputs)
    const [sum, zero, first, second] = [
      await f(mapped(a, (value, i, k) => value + b[k]!.data[i]!)),
      await f(mapped(a, () => 0)),
      await f(a),
      await f(b),
    ]
    const isLinear = sum.data.every(
      (value, i) => Math.abs(value - (first.data[i]! + second.data[i]! - zero.data[i]!)) < 1e-9,
    )
    const isZero = zero.data.every((value) => value === 0)
    expect(isLinear && (linear === 'weights' || isZero || kind === 'gate')).toBe(linear !== 'none')
    if (linear === 'movement' && kind !== 'gate') {
      const given = new Set([0, ...a.flatMap(({ data }) => [...data])])
      expect([...first.data].filter((value) => !given.has(value))).toEqual([])
    }
    expect(fanIn(made.slice(1) as unknown as readonly Shape[])).toBeGreaterThanOrEqual(0)
  })

  it.each(all.filter(([, , [make]]) => traitsOf(make())!.monotone))('%s: monotone', async (_, __, made) => {
    for (const seed of [1, 2, 3]) {
      const x = inputsOf(made, seed, 3)
      const more = mapped(x, (value, i) => value + (i % 3 === seed % 3 ? 0.9 : 0))
      const [before, after] = [await outputOf(made, x), await outputOf(made, more)]
      after.data.forEach((value, i) => expect(Number.isNaN(value) || value >= before.data[i]! - 1e-12).toBe(true))
    }
  })

  it.each(all)('%s: reach', async (_, __, made) => {
    const layer = made[0]()
    const { reach } = traitsOf(layer)!
    const axis = Number(layer.config['axis'] ?? -1)
    const x = inputsOf(made, 1)
    const before = await outputOf(made, x)
    const { shape } = x[0]!
    const [t, n] = [1, 1]
    const size = sizeOf(shape.slice(2))
    const within = (place: readonly number[], rank: number): readonly number[] => {
      if (reach === 'element') return place
      if (reach === 'channel') return place.slice(0, 1)
      return reach === 'axis' ? place.filter((_, i) => i !== (axis + rank) % rank) : []
    }
    for (const at of [0, Math.floor(size / 2), size - 1]) {
      const after = await outputOf(
        made,
        mapped(x, (value, i, k) => (k === 0 && i === (t * N + n) * size + at ? value + 1.7 : value)),
      )
      const from = within(placeOf(at, shape.slice(2)), shape.length - 2)
      after.data.forEach((value, i) => {
        if (value === before.data[i]) return
        const [step, sample, ...place] = placeOf(i, after.shape) as [number, number, ...number[]]
        expect(sample).toBe(n)
        if (reach !== 'sequence') expect(step).toBeGreaterThanOrEqual(t)
        expect(within(place, place.length)).toEqual(from)
      })
    }
  })

  it.each(all)('%s: per sample', async (_, __, made) => {
    const x = inputsOf(made, 1)
    const changed = mapped(x, (value, i, k) =>
      Math.floor(i / (x[k]!.data.length / T / N)) % N === 1 ? value + Math.cos(i) : value,
    )
    const [before, after] = [await outputOf(made, x, true), await outputOf(made, changed, true)]
    const others = [...after.data].filter((value, i) => placeOf(i, after.shape)[1] === 0 && value !== before.data[i])
    expect(others.length === 0).toBe(traitsOf(made[0]())!.perSample)
  })

  it.each(all.filter(([, , [make]]) => make().variables['bias']))('%s: channel axis', async (_, __, made) => {
    const layer = made[0]()
    const { shape } = await outputOf(made, inputsOf(made, 1))
    const { channelAxis } = traitsOf(layer)!
    if (channelAxis !== undefined) expect(layer.variables['bias']!.shape.at(-1)).toBe(shape.slice(2).at(channelAxis))
  })

  it.each(['conv', 'convTranspose', 'linear', 'matmul'] as const)('%s: fan-in is what ones add up to', async (kind) => {
    for (const made of cases[kind]) {
      const ones = (): Layer => {
        const layer = made[0]()
        for (const [name, v] of Object.entries(layer.variables))
          v.set({ data: new Float64Array(sizeOf(v.shape)).fill(name === 'weight' ? 1 : 0), shape: v.shape })
        return layer
      }
      const { data } = await outputOf(
        [ones, ...(made.slice(1) as unknown as [Shape])],
        mapped(inputsOf(made, 1), () => 1),
      )
      expect(Math.max(...data)).toBe(traitsOf(made[0]())!.fanIn(made.slice(1) as unknown as readonly Shape[]))
    }
  })

  it('are none for neurons and for kinds of somebody else', () => {
    expect(traitsOf(lif())).toBeUndefined()
    expect(traitsOf(nn.defineLayer<object>('toString', ([x]) => x)({}))).toBeUndefined()
  })
})

describe('is', () => {
  it('tells the layers of a kind, with their config', () => {
    const layers: readonly Layer[] = [
      nn.convLayer(convolution, { weight: weight([4, 3, 2, 3]) }),
      nn.linearLayer({}, { weight: weight([2, 2]) }),
      nn.delayLayer({ steps: 3 }),
    ]
    const said = layers.map((layer) =>
      nn.linearLayer.is(layer)
        ? 'linear'
        : nn.convLayer.is(layer)
          ? layer.config.groups
          : nn.delayLayer.is(layer)
            ? layer.config.steps
            : layer.kind,
    )
    expect(said).toEqual([1, 'linear', 3])
    expect(() => nn.convLayer.is(undefined as never)).toThrow(expect.objectContaining({ code: 'ARGUMENT' }))
  })
})
