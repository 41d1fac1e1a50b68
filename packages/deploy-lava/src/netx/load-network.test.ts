import { describe, expect, it } from 'vitest'
import { conv, cuba, dense, everything, layer, net } from '../../test/nets.js'
import type { NetLayer } from '../index.js'
import { netScalar, netTensor, neuronKindText, type NetValue } from '../net/net-value.js'
import { loadNetwork, type NetworkOptions } from './load-network.js'
import { optimizeWeights } from './optimize-weights.js'

const without = (given: NetLayer, ...paths: readonly string[]): NetLayer => ({
  ...given,
  values: Object.fromEntries(Object.entries(given.values).filter(([path]) => !paths.includes(path))),
})
const having = (given: NetLayer, values: Readonly<Record<string, NetValue>>): NetLayer => ({
  ...given,
  values: { ...given.values, ...values },
})
const neuron = (kind: string, more: Readonly<Record<string, NetValue>> = {}): Record<string, NetValue> => ({
  ...cuba(),
  'neuron/type': neuronKindText(kind),
  ...more,
})

describe('optimizeWeights', () => {
  it.each([
    [[2, -4, 6], { weights: [64, -128, 192], num_weight_bits: 3, weight_exp: -5 }],
    [[127, 1], { weights: [254, 2], num_weight_bits: 7, weight_exp: -1 }],
    [[-128, -64], { weights: [-256, -128], num_weight_bits: 1, weight_exp: -1 }],
    [[0, -100], { weights: [0, -200], num_weight_bits: 6, weight_exp: -1 }],
    [[300, 2], { weights: [0, 0], num_weight_bits: 8, weight_exp: 1 }],
    [[400, -300], { weights: [254, -256], num_weight_bits: 8, weight_exp: 0 }],
  ])('%j', (given, expected) => {
    const found = optimizeWeights(Float64Array.from(given))!
    expect({ ...found, weights: [...found.weights] }).toEqual(expected)
  })

  it('has nothing for zeros', () => {
    expect(optimizeWeights(new Float64Array(3))).toBeUndefined()
  })
})

describe('loadNetwork', () => {
  it('wires layers as Lava does', () => {
    const loaded = loadNetwork({ ...everything(), layers: everything().layers.slice(0, 5) })
    expect(loaded.inputShape).toEqual([1, 3, 3])
    expect(loaded.inputPort).toBe('neuron')
    expect(loaded.blocks.map(({ layer: from, neuron: name, shape }) => [from, name, shape])).toEqual([
      ['layer/0', 'layer0.neuron', [1, 3, 3]],
      ['layer/1', 'layer1.neuron', [2, 2, 2]],
      ['layer/3', 'layer2.neuron', [3]],
      ['layer/4', 'layer3.neuron', [2]],
    ])
    expect(loaded.connections.slice(-4)).toEqual([
      ['layer2.neuron', 'layer3.synapse.s_in'],
      ['layer3.synapse', 'layer3.neuron.a_in'],
      ['layer3.neuron', 'layer3.recurrent.s_in'],
      ['layer3.recurrent', 'layer3.neuron.a_in'],
    ])
    expect(loaded.processes.map(({ process: { type } }) => type)).toEqual([
      'LIF',
      'Conv',
      'LIF',
      'DelayDense',
      'LIF',
      'Dense',
      'Dense',
      'LIF',
    ])
  })

  it('resets layer after layer', () => {
    expect(() => loadNetwork(net(dense(2, [2, 4])), { resetOffset: 3 })).toThrow(
      '[loadNetwork] resetOffset 3 without resetInterval, expected the steps between resets, too',
    )
    const loaded = loadNetwork(net(dense(2, [2, 4]), dense(1, [2, 4])), { resetInterval: 5, resetOffset: 3 })
    expect(
      loaded.processes.flatMap(({ process }) =>
        process.type === 'LIFReset' ? [[process.reset_interval, process.reset_offset]] : [],
      ),
    ).toEqual([
      [5, 4],
      [5, 5],
    ])
  })

  const image = layer('input', [1, 3, 3])
  const refused: Readonly<
    Record<string, readonly [layers: readonly NetLayer[], message: RegExp, options?: NetworkOptions]>
  > = {
    pooling: [[layer('pool', [1, 1, 1])], /\/layer\/0 \(pool\): .*Write sum pooling as a convolution/],
    'transposed convolution': [[layer('convT', [1, 1, 1])], /\(convT\): the loader does not take/],
    'unpooling, average, concatenation': [[layer('unpool', [1])], /\(unpool\)/],
    'complex layers by that name': [[layer('dense_comp', [1])], /weight\/real/],
    zeros: [[dense(1, [0, 0])], /weight is all zero/],
    'adaptive neurons': [[dense(1, [2], neuron('ALIF'))], /'ALIF', which the loader does not know/],
    'message bits': [[dense(1, [2], neuron('SDNN', { 'neuron/messageBits': netScalar(16) }))], /messageBits/],
    'fractions of a LIF': [
      [dense(1, [2], neuron('CUBA', { 'neuron/iDecay': netTensor('float32', [7], []) }))],
      /iDecay is stored as float32, on which Lava hangs/,
    ],
    'a sum with a bias': [
      [dense(1, [2], neuron('SDNN', { 'neuron/sigma_output': netScalar(0, 'bool'), bias: netTensor('float32', [1]) }))],
      /bias beside neuron\/sigma_output/,
    ],
    'resonators behind real weights': [[dense(1, [2], neuron('RF_PHASE'))], /behind a real weight/],
    'a convolution without a shape to take': [[conv(1, [1, 2, 2], [1, 1, 1, 1], [2, 2])], /give inputShape/],
    'a convolution without neurons': [
      [image, without(conv(1, [1, 2, 2], [1, 1, 1, 1], [2, 2], {}), 'neuron/type')],
      /no neuron group/,
    ],
    'another shape than the convolution gives': [[image, conv(1, [1, 3, 2], [1, 1, 1, 1], [2, 2])], /gives \[1,2,2\]/],
    'one bias for a convolution': [
      [image, having(conv(1, [2, 2, 2], [1, 1, 1, 1, 2, 2, 2, 2], [2, 2]), { bias: netTensor('float32', [1]) })],
      /bias of shape \[1\]/,
    ],
    'groups in an array': [
      [image, having(conv(1, [1, 2, 2], [1, 1, 1, 1], [2, 2]), { groups: netTensor('int64', [1]) })],
      /groups has shape \[1\]/,
    ],
    'a dense layer behind a convolution': [
      [image, conv(1, [1, 2, 2], [1, 1, 1, 1], [2, 2]), dense(1, [2, 2, 2, 2])],
      /Put a flatten layer between/,
    ],
    'a flatten between dense layers': [
      [dense(2, [2, 2]), layer('flatten', [2]), dense(1, [2, 2])],
      /Leave the flatten layer out/,
    ],
    'sizes that do not fit': [[dense(2, [2, 2]), dense(1, [2, 2, 2])], /it takes 3 values, but 2 come/],
    'delays of another shape': [
      [dense(1, [2, 2], { ...cuba(), delay: netTensor('int64', [1, 2, 3]) })],
      /delay has shape \[3\]/,
    ],
    'negative delays': [[dense(1, [2, 2], { ...cuba(), delay: netTensor('int64', [1, -2]) })], /negative delay/],
    'no layer left': [[dense(1, [2])], /no layer is left/, { skipLayers: 1 }],
    'weights that are no numbers': [[dense(1, [NaN, 2])], /weight holds NaN/],
    'a reset after no steps': [[dense(1, [2])], /resetInterval is 0/, { resetInterval: 0 }],
  }
  it.each(Object.entries(refused))('refuses %s', (_, [layers, message, options]) => {
    expect(() => loadNetwork(net(...layers), options)).toThrow(message)
  })
})
