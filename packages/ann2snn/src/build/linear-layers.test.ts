import {
  adaptiveAveragePoolLayer,
  binaryLayer,
  constantLayer,
  gatherLayer,
  Network,
  reluLayer,
  resampleLayer,
  unaryLayer,
  upsampleLayer,
  votingLayer,
  type Layer,
} from '@snn/nn'
import { compile, reference, variable, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { conv, linear, node, randomTensor } from '../../test/networks.js'
import { relativeDifference } from '../../test/ort.js'
import type { CodeName } from '../codes/code.js'
import { codes } from '../codes/table.js'
import { convert } from '../convert.js'
import { simulate } from '../run/simulate.js'

const backend = reference()
const constant = (name: 'add' | 'mul' | 'sub', shape: readonly number[], swap = false): Layer =>
  constantLayer({ function: name, swap }, { operand: variable(randomTensor(shape, 3)) })

/** Two branches behind a layer of neurons, what is done with them, and a layer behind. */
function networkOf(layers: readonly [name: string, layer: Layer, ...inputs: string[]][], places: number): Network {
  const last = layers.at(-1)![0]
  return new Network({
    inputs: [{ name: 'x', shape: [2, 4, 4] }],
    nodes: [
      node('conv1', conv(2, 3, 3, 1, 1), 'x'),
      node('relu1', reluLayer({}), 'conv1'),
      ...layers.map(([name, layer, ...inputs]) => node(name, layer, ...inputs)),
      node('conv2', conv(3, 2, 1), last),
      node('relu2', reluLayer({}), 'conv2'),
      node('fc', linear(places, 3), 'relu2'),
    ],
    outputs: ['fc'],
  })
}

const matrix = (out: number, size: number): Layer =>
  resampleLayer({ axis: 1 }, { matrix: variable(randomTensor([out, size], 4)) })
const nets: Readonly<Record<string, Network>> = {
  'a sum that broadcasts': networkOf(
    [
      [
        'mean',
        resampleLayer({ axis: 2 }, { matrix: variable({ data: new Float32Array(4).fill(0.25), shape: [1, 4] }) }),
        'relu1',
      ],
      ['sum', binaryLayer({ function: 'add' }), 'relu1', 'mean'],
    ],
    4,
  ),
  'a difference that broadcasts': networkOf(
    [
      ['row', gatherLayer({ indices: [null, [1], null] }), 'relu1'],
      ['difference', binaryLayer({ function: 'sub' }), 'row', 'relu1'],
    ],
    4,
  ),
  'a linear map of an axis': networkOf([['map', matrix(5, 4), 'relu1']], 4),
  'a border by reflection': networkOf(
    [['pad', gatherLayer({ indices: [null, null, [1, 0, 1, 2, 3, 2]] }), 'relu1']],
    6,
  ),
  'constants with more axes': networkOf(
    [
      ['row', gatherLayer({ indices: [null, [1], null] }), 'relu1'],
      ['times', constant('mul', [4, 1]), 'row'],
      ['minus', constant('sub', [3, 1, 1], true), 'times'],
      ['negative', unaryLayer({ function: 'neg' }), 'minus'],
    ],
    4,
  ),
  'means over windows of different sizes': networkOf(
    [['pool', adaptiveAveragePoolLayer({ size: [2, 3] }), 'relu1']],
    3,
  ),
  'a stretched picture': networkOf(
    [
      ['wide', upsampleLayer({ scale: 2, mode: 'linear', alignCorners: false }), 'relu1'],
      ['wider', upsampleLayer({ scale: 2, mode: 'nearest', alignCorners: false }), 'wide'],
    ],
    16,
  ),
  votes: networkOf([['votes', votingLayer({ size: 2 }), 'relu1']], 2),
}

describe.each(Object.keys(codes) as CodeName[])('code %s', (code) => {
  it.each(Object.entries(nets))('carries %s exactly', async (_, net) => {
    const x = randomTensor([6, 2, 4, 4], 9)
    const { snn } = await convert(net, [x], {
      code,
      mode: 'max',
      backend,
      ...(code === 'phase' && { levels: 12 }),
      ...(code === 'stBif' && { levels: 64 }),
    })
    const T = code === 'phase' ? 36 : 256
    const ann = (await compile((value: Tensor) => net.run('step', { x: value }).outputs['fc']!, { backend })(x)).data
    const { logits } = await simulate(snn, x, { T, backend })
    expect(relativeDifference(logits.data, ann)).toBeLessThan(0.05)
  })
})
