import {
  batchNormLayer,
  broadcastLayer,
  constantLayer,
  flattenLayer,
  Network,
  reluLayer,
  reshapeLayer,
  transposeLayer,
  type NetworkNode,
} from '@snn/nn'
import { compile, isSnnError, reference, variable, type Shape, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { conv, linear, node, random, randomTensor } from '../../test/networks.js'
import { prepare, type PrepareOptions } from './prepare.js'

const backend = reference()

function batchNorm(channels: number, variance = Float32Array.from(random(channels, 4), (x) => 1.5 + x)) {
  const array = (seed: number) => variable({ data: random(channels, seed), shape: [channels] })
  return batchNormLayer(
    { epsilon: 1e-5, momentum: 0.1 },
    { weight: array(1), bias: array(2), mean: array(3), variance: variable({ data: variance, shape: [channels] }) },
  )
}

function networkOf(sample: Shape, nodes: readonly NetworkNode[]): Network {
  return new Network({ inputs: [{ name: 'x', shape: sample }], nodes, outputs: [nodes.at(-1)!.name] })
}

async function run(net: Network, sample: Shape): Promise<readonly number[]> {
  const compiled = compile((x: Tensor) => net.single(net.run('step', net.bind(x))), { backend })
  return [...(await compiled(randomTensor([3, ...sample], 9))).data]
}

/** What is left of the layers, after it is clear that they compute the same. */
async function prepared(
  sample: Shape,
  nodes: readonly NetworkNode[],
  options: Partial<PrepareOptions> = {},
): Promise<string> {
  const net = networkOf(sample, nodes)
  const { network } = await prepare(net, { softmax: 'keep', ...options })
  const [before, after] = [await run(net, sample), await run(network, sample)]
  after.forEach((value, i) => expect(value).toBeCloseTo(before[i]!, 5))
  return network.nodes.map(({ layer }) => layer.kind).join(' ')
}

describe('batch normalisation is folded where it normalises the outputs of the layer before', () => {
  it('of a convolution, and of a linear layer', async () => {
    expect(await prepared([2, 5, 5], [node('conv', conv(2, 3, 2), 'x'), node('bn', batchNorm(3), 'conv')])).toBe('conv')
    expect(await prepared([4], [node('fc', linear(4, 3), 'x'), node('bn', batchNorm(3), 'fc')])).toBe('linear')
    expect(
      await prepared(
        [2, 5, 5],
        [node('conv', conv(2, 3, 5), 'x'), node('flat', flattenLayer({}), 'conv'), node('bn', batchNorm(3), 'flat')],
      ),
    ).toBe('conv flatten')
  })

  it('not over the rows of a linear layer, as many as its outputs or not', async () => {
    for (const [rows, outputs] of [
      [6, 6],
      [5, 6],
      [6, 1],
    ] as const) {
      expect(await prepared([rows, 4], [node('fc', linear(4, outputs), 'x'), node('bn', batchNorm(rows), 'fc')])).toBe(
        'linear constant constant',
      )
    }
    expect(
      await prepared(
        [6, 4],
        [node('fc', linear(4, 1), 'x'), node('flat', flattenLayer({}), 'fc'), node('bn', batchNorm(6), 'flat')],
      ),
    ).toBe('linear flatten constant constant')
  })

  it('not over places of a convolution, nor where something else takes its outputs, nor behind another', async () => {
    expect(
      await prepared(
        [2, 3, 1],
        [
          node('conv', conv(2, 1, 1), 'x'),
          node('flat', reshapeLayer({ shape: [3] }), 'conv'),
          node('bn', batchNorm(3), 'flat'),
        ],
      ),
    ).toBe('conv reshape constant constant')
    expect(await prepared([4], [node('bn', batchNorm(4), 'x'), node('again', batchNorm(4), 'bn')])).toBe(
      'constant constant constant constant',
    )
  })

  it('not with a variance that has no root', async () => {
    const net = networkOf([4], [node('fc', linear(4, 2), 'x'), node('bn', batchNorm(2, Float32Array.of(1, -1)), 'fc')])
    const error: unknown = await prepare(net, { softmax: 'keep' }).catch((e: unknown) => e)
    expect(isSnnError(error, 'ARGUMENT') && error.details.name).toBe('bn.variance')
  })
})

it('broadcasts behind each other stay what they are', async () => {
  await prepared(
    [1, 4],
    [
      node('a', broadcastLayer({ shape: [3, 4] }), 'x'),
      node('row', reshapeLayer({ shape: [1, 3, 4] }), 'a'),
      node('b', broadcastLayer({ shape: [2, 3, 4] }), 'row'),
      node('c', broadcastLayer({ shape: [2, 3, 4] }), 'b'),
    ],
  )
})

describe('for a chip, what no synapse does is taken into the weights behind', () => {
  const constant = (operation: 'add' | 'sub' | 'mul' | 'div' | 'maximum', shape: Shape, seed: number, swap = false) =>
    constantLayer({ function: operation, swap }, { operand: variable(randomTensor(shape, seed)) })
  const fold = { foldIntoNext: true }

  it('a normalisation behind neurons, constants of all kinds, a change of order, and all together', async () => {
    expect(
      await prepared(
        [4],
        [node('relu', reluLayer({}), 'x'), node('bn', batchNorm(4), 'relu'), node('fc', linear(4, 3), 'bn')],
        fold,
      ),
    ).toBe('relu linear')
    for (const [operation, swap] of [
      ['add', false],
      ['sub', false],
      ['sub', true],
      ['mul', false],
      ['div', false],
    ] as const) {
      expect(
        await prepared([4], [node('c', constant(operation, [4], 7, swap), 'x'), node('fc', linear(4, 3), 'c')], fold),
      ).toBe('linear')
    }
    const nhwc = [
      node('relu', reluLayer({}), 'x'),
      node('nhwc', transposeLayer({ permutation: [1, 2, 0] }), 'relu'),
      node('flat', flattenLayer({}), 'nhwc'),
    ]
    expect(await prepared([2, 3, 4], [...nhwc, node('fc', linear(24, 3), 'flat')], fold)).toBe('relu flatten linear')
    const both = [
      node('scale', constant('mul', [2, 1, 1], 5), 'x'),
      ...nhwc.slice(1).map((own, i) => (i === 0 ? { ...own, inputs: ['scale'] } : own)),
      node('add', constant('add', [24], 8), 'flat'),
      node('fc', linear(24, 3), 'add'),
    ]
    expect(await prepared([2, 3, 4], both, fold)).toBe('flatten linear')
  })

  it('and the note says what became of a normalisation that has no layer before it', async () => {
    const behind = async (shape: Shape, next: NetworkNode, options: Partial<PrepareOptions>): Promise<string> => {
      const net = networkOf(shape, [node('relu', reluLayer({}), 'x'), node('bn', batchNorm(shape[0]!), 'relu'), next])
      const { notes } = await prepare(net, { softmax: 'keep', ...options })
      expect(notes).toHaveLength(1)
      return notes[0]!
    }
    const dense = node('fc', linear(4, 3), 'bn')
    const convolution = node('conv', conv(4, 2, 1), 'bn')
    expect(await behind([4], dense, {})).toMatch(/'bn' .* was kept as a scale and a shift\.$/)
    expect(await behind([4], dense, fold)).toMatch(
      /'bn' .* was taken into the weights of the linear layer behind it\.$/,
    )
    expect(await behind([4, 2, 2], convolution, fold)).toMatch(
      /'bn' .* stays a scale and a shift until the export for the chip, which takes them into the weights behind it\.$/,
    )
  })

  it('not what something else takes, what is no scale or shift, nor before rows', async () => {
    expect(
      await prepared([4], [node('c', constant('maximum', [4], 7), 'x'), node('fc', linear(4, 3), 'c')], fold),
    ).toBe('constant linear')
    expect(await prepared([2, 4], [node('c', constant('mul', [4], 7), 'x'), node('fc', linear(4, 3), 'c')], fold)).toBe(
      'constant linear',
    )
    const net = new Network({
      inputs: [{ name: 'x', shape: [4] }],
      nodes: [node('c', constant('mul', [4], 7), 'x'), node('fc', linear(4, 3), 'c')],
      outputs: ['fc', 'c'],
    })
    expect((await prepare(net, { softmax: 'keep', ...fold })).network.nodes.length).toBe(2)
  })
})
