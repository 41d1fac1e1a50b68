import { isSnnError, placeholder, tensor, type Shape } from '@snn/tensor'
import { evaluateShapes } from '@snn/tensor/library'
import { describe, expect, it } from 'vitest'
import * as nn from '../index.js'
import { input, isStateful, sampleShapes, sequential, type Layer } from '../index.js'

function code(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (isSnnError(error)) return `${error.code} ${error.message}`
    throw error
  }
  return 'no error'
}

/** The error of a run over samples of this shape. */
const given = (layer: Layer, ...sample: number[]) => code(() => sampleShapes(sequential(input(sample), layer)))
const shapeOf = (layer: Layer, ...sample: number[]): Shape =>
  [...sampleShapes(sequential(input(sample), layer)).values()][1]!

describe('inputs that do not fit', () => {
  const cases: readonly (readonly [layer: Layer, sample: readonly number[], error: string])[] = [
    [
      nn.linear(3, 2),
      [4],
      'SHAPE [linear] input of shape [1,4], expected [1,3]. Correct the sizes of this layer, or those before it.',
    ],
    [nn.linear(3, 2), [], 'SHAPE [linear] input of shape [1], expected [3]'],
    [nn.conv1d(2, 3, 3), [2, 2], 'SHAPE [conv] shapes [1,2,2], expected a padded input of at least the kernel [3]'],
    [nn.conv2d(2, 3, 3), [3, 5, 5], 'SHAPE [conv] shapes [1,3,5,5] and [3,2,3,3], expected x [.., C, spatial]'],
    [
      nn.conv2d(2, 3, 3),
      [2, 5],
      'SHAPE [conv] input of shape [1,2,5], expected [N,C,H,W]. Reshape it, or run the network over a sequence.',
    ],
    [nn.conv3d(2, 3, 3), [2, 5, 5], 'SHAPE [conv] input of shape [1,2,5,5], expected [N,C,D,H,W].'],
    [
      nn.convTranspose2d(2, 3, 3),
      [3, 5, 5],
      'SHAPE [convTranspose] shapes [1,3,5,5] and [2,3,3,3], expected x [.., C, spatial]',
    ],
    [nn.convTranspose2d(2, 3, 3, { padding: 4 }), [2, 2, 2], 'with more values than the padding takes away.'],
    [nn.convTranspose1d(2, 3, 3), [2, 5, 5], 'SHAPE [convTranspose] input of shape [1,2,5,5], expected [N,C,H]'],
    [
      nn.convTranspose1d(2, 3, 3, { outputPadding: 1 }),
      [2, 5],
      'ARGUMENT [convTranspose] outputPadding [1] with stride [1]',
    ],
    [nn.wsLinear(3, 2), [4], 'SHAPE [wsLinear] input of shape [1,4], expected [1,3]'],
    [nn.wsConv2d(3, 2, 2), [3, 4], 'SHAPE [wsConv] input of shape [1,3,4], expected [N,C,H,W]'],
    [nn.maxPool2d(3), [1, 2, 2], 'SHAPE [maxPool]'],
    [nn.avgPool3d(2), [1, 2, 2], 'SHAPE [averagePool] input of shape [1,1,2,2], expected [N,C,D,H,W]'],
    [nn.adaptiveAvgPool2d(1), [1, 2], 'SHAPE [adaptiveAveragePool] input of shape [1,1,2], expected [N,C,H,W]'],
    [nn.maxUnpool2d(2), [1, 2, 2], 'ARGUMENT [maxUnpool] 1 input, expected two'],
    [nn.upsample(2), [3], 'SHAPE [upsample] input of shape [1,3], expected [N,C,H] or [N,C,H,W] or [N,C,D,H,W]'],
    [nn.upsample([2, 2]), [3, 4], 'SHAPE [upsample] input of shape [1,3,4], expected [N,C,H,W]'],
    [nn.batchNorm1d(3), [3, 2, 2], 'SHAPE [batchNorm] input of shape [1,3,2,2], expected [N,C] or [N,C,H]'],
    [nn.batchNorm2d(3), [4, 2, 2], 'SHAPE [batchNorm] input of shape [1,4,2,2], expected [1,3,2,2]'],
    [nn.batchNorm2d(3), [3], 'SHAPE [batchNorm] input of shape [1,3], expected [N,C,H,W]'],
    [
      nn.temporalEffectiveBatchNorm2d(3, { T: 2 }),
      [3],
      'SHAPE [temporalEffectiveBatchNorm] input of shape [1,1,3], expected [T,N,C,H,W]',
    ],
    [
      nn.batchNormThroughTime2d(3, { T: 2 }),
      [2, 1, 1],
      'SHAPE [batchNormThroughTime] input of shape [1,1,2,1,1], expected [1,1,3,1,1]',
    ],
    [nn.layerNorm([2, 3]), [2, 4], 'SHAPE [layerNorm] input of shape [1,2,4], expected [1,2,3]'],
    [nn.layerNorm([2, 3, 4]), [4], 'SHAPE [layerNorm]'],
    [nn.groupNorm(2, 4), [6, 2], 'SHAPE [groupNorm] input of shape [1,6,2], expected [1,4,2]'],
    [nn.neuNorm(2, 3, 4), [2, 3, 3], 'SHAPE [neuNorm] input of shape [1,2,3,3], expected [1,2,3,4]'],
    [nn.neuNorm(2, 3, 4), [1, 3, 4], 'SHAPE [neuNorm] input of shape [1,1,3,4], expected [1,2,3,4]'],
    [nn.neuNorm(2, 3, 4), [2, 3], 'SHAPE [neuNorm] input of shape [1,2,3], expected [N,C,H,W]'],
    [nn.voting(3), [7], 'SHAPE [voting] input of shape [1,7], expected groups of 3 along the last axis'],
  ]
  it.each(cases.map(([layer, sample, error]) => [layer.kind, sample, error, layer] as const))(
    '%s over [%s]: %s',
    (_, sample, error, layer) => {
      expect(given(layer, ...sample)).toContain(error)
    },
  )

  it('of layers of two inputs', () => {
    const unpool = (y: Shape, x: Shape) =>
      code(() =>
        evaluateShapes(() => nn.maxUnpool2d(2).apply([placeholder(y), placeholder(x)], { training: false, lead: 1 })),
      )
    expect(unpool([1, 2, 2, 2], [1, 2, 5, 6])).toContain(
      'SHAPE [maxUnpool] input of shape [1,2,2,2], expected that of the pooled [1,2,5,6], [1,2,2,3]',
    )
    expect(unpool([1, 2, 2, 2], [1, 2, 4])).toContain('SHAPE [maxUnpool] input of shape [1,2,4], expected [N,C,H,W]')
    const logic = (n: number) =>
      code(() =>
        nn.logicLayer({ function: 'or' }).apply(
          Array.from({ length: n }, () => placeholder([1])),
          { training: false, lead: 1 },
        ),
      )
    expect(logic(1)).toContain('ARGUMENT [logic] 1 inputs, expected two')
    expect(logic(3)).toContain('ARGUMENT [logic] 3 inputs, expected two')
  })
})

describe('options outside of their domain', () => {
  const cases: readonly (readonly [make: () => unknown, error: string])[] = [
    [() => nn.linear(3, 1.5), 'ARGUMENT [linear] outputs 1.5, expected a positive whole number. Correct it.'],
    [
      () => nn.conv3d(2, 4, 3, { groups: 4 }),
      'ARGUMENT [conv3d] 2 inputs and 4 outputs in 4 groups, expected multiples of the groups.',
    ],
    [() => nn.conv2d(2, 4, 3, { groups: 0 }), 'ARGUMENT [conv2d] groups 0, expected a positive whole number'],
    [() => nn.conv2d(2, 4, 0), 'ARGUMENT [window] kernel 0'],
    [() => nn.convTranspose2d(2, 3, 3, { groups: 2 }), 'ARGUMENT [convTranspose2d] 2 inputs and 3 outputs in 2 groups'],
    [() => nn.convTranspose3d(NaN, 3, 3), 'ARGUMENT [convTranspose3d] inputs NaN'],
    [
      () => nn.wsConv2d(1, 3, 1),
      'ARGUMENT [wsConv2d] weight [3,1,1,1], expected at least 2 values for each output, to have a variance',
    ],
    [() => nn.wsConv2d(2, 3, 1, { epsilon: -1 }), 'ARGUMENT [wsConv2d] epsilon -1, expected a finite number above 0'],
    [() => nn.wsLinear(1, 3), 'ARGUMENT [wsLinear] weight [3,1]'],
    [() => nn.maxPool3d([2, 2]), 'ARGUMENT [window] kernel [2,2], expected a positive whole number or 3 of them'],
    [() => nn.maxUnpool1d(3, { stride: 2 }), 'ARGUMENT [maxUnpool1d] stride [2], expected windows that do not overlap'],
    [
      () => nn.maxUnpool2d(2, { dilation: 2 }),
      'ARGUMENT [maxUnpool2d] stride [2,2], expected windows that do not overlap',
    ],
    [() => nn.adaptiveAvgPool1d(0), 'ARGUMENT [window] size 0'],
    [() => nn.upsample(0.5), 'ARGUMENT [upsample] scale 0.5, expected one number of at least 1'],
    [() => nn.upsample([]), 'ARGUMENT [upsample] scale []'],
    [
      () => nn.upsample(2, { mode: 'cubic' as never }),
      "ARGUMENT [upsample] mode cubic, expected 'nearest' or 'linear'",
    ],
    [
      () => nn.upsample(2, { alignCorners: true }),
      "ARGUMENT [upsample] alignCorners true, expected false with mode 'nearest'",
    ],
    [() => nn.batchNorm1d(0), 'ARGUMENT [batchNorm1d] channels 0'],
    [() => nn.batchNorm2d(2, { epsilon: 0 }), 'ARGUMENT [batchNorm2d] epsilon 0'],
    [() => nn.batchNorm3d(2, { momentum: -0.1 }), 'ARGUMENT [batchNorm3d] momentum -0.1'],
    [
      () => nn.thresholdDependentBatchNorm2d(2, { threshold: 0 }),
      'ARGUMENT [thresholdDependentBatchNorm2d] threshold 0',
    ],
    [() => nn.thresholdDependentBatchNorm1d(2, { alpha: -1 }), 'ARGUMENT [thresholdDependentBatchNorm1d] alpha -1'],
    [() => nn.layerNorm([]), 'ARGUMENT [layerNorm] shape [], expected positive whole numbers'],
    [() => nn.layerNorm(-2), 'ARGUMENT [layerNorm] shape -2'],
    [() => nn.groupNorm(3, 4), 'ARGUMENT [groupNorm] 4 channels in 3 groups, expected multiples of the groups'],
    [() => nn.neuNorm(2, 3, 0), 'ARGUMENT [neuNorm] width 0'],
    [() => nn.neuNorm(2, 3, 3, { decay: 1 }), 'ARGUMENT [neuNorm] decay 1'],
    [() => nn.synapseFilter({ tau: 0.5 }), 'ARGUMENT [synapseFilter] tau 0.5, expected a finite number of at least 1'],
    [
      () => nn.synapseFilter({ tau: 1, learnable: true }),
      'ARGUMENT [synapseFilter] tau 1, expected a finite number above 1',
    ],
    [() => nn.voting(0), 'ARGUMENT [voting] size 0'],
    [
      () =>
        nn.linear(2, 2, {
          weightInit: (shape) => nn.constant(1)([...shape, 2], { fanIn: 1, fanOut: 1 }, undefined as never),
        }),
      'SHAPE [variable] data of 8 elements for shape [2,2]',
    ],
  ]
  it.each(cases.map(([make, error]) => [error, make] as const))('%s', (error, make) => {
    expect(code(make)).toContain(error)
  })
})

describe('every kind of layer', () => {
  const samples: readonly (readonly [Layer, readonly number[], readonly number[]])[] = [
    [nn.conv3d(2, 4, 3, { padding: 1, stride: 2 }), [2, 4, 5, 6], [4, 2, 3, 3]],
    [nn.convTranspose2d(2, 3, 4, { stride: 2, padding: 1 }), [2, 5, 6], [3, 10, 12]],
    [nn.wsConv2d(2, 3, 3), [2, 5, 6], [3, 3, 4]],
    [nn.wsLinear(4, 3), [4], [3]],
    [nn.dropConnectLinear(4, 3), [4], [3]],
    [nn.dropout(), [4], [4]],
    [nn.temporalEffectiveBatchNorm1d(4, { T: 2 }), [4, 2], [4, 2]],
    [nn.batchNormThroughTime3d(4, { T: 2 }), [4, 1, 1, 2], [4, 1, 1, 2]],
    [nn.temporalEffectiveBatchNorm3d(4, { T: 2 }), [4, 1, 1, 2], [4, 1, 1, 2]],
    [nn.thresholdDependentBatchNorm3d(4), [4, 1, 1, 2], [4, 1, 1, 2]],
    [nn.groupNorm(2, 4), [4, 3], [4, 3]],
    [nn.layerNorm(3), [4, 3], [4, 3]],
    [nn.neuNorm(1, 2, 3), [1, 2, 3], [1, 2, 3]],
    [nn.synapseFilter({ learnable: true }), [2], [2]],
    [nn.delay(2), [2], [2]],
    [nn.learnableDelay(2, { max: 2 }), [2], [2]],
    [nn.voting(2), [4], [2]],
    [nn.upsample([1.5, 2]), [1, 3, 3], [1, 4, 6]],
    [nn.adaptiveAvgPool3d([1, 2, 3]), [2, 3, 3, 3], [2, 1, 2, 3]],
    [nn.maxPool3d(2), [2, 4, 5, 6], [2, 2, 2, 3]],
  ]
  it.each(samples.map(([layer, sample, shape]) => [layer.kind, layer, sample, shape] as const))(
    '%s: shapes, and it can be made again from what it says of itself',
    (kind, layer, sample, shape) => {
      expect(shapeOf(layer, ...sample)).toEqual(shape)
      const again = nn.createLayer(kind, JSON.parse(JSON.stringify(layer.config)) as never, layer.variables)!
      expect(shapeOf(again, ...sample)).toEqual(shape)
      expect(isStateful(again)).toBe(isStateful(layer))
      expect(Object.keys(sequential(input(sample), again).parameters())).toEqual(
        Object.keys(sequential(input(sample), layer).parameters()),
      )
    },
  )

  it('a layer with a sequence of its own offers no states to record, in any mode', () => {
    const recorded = (mode: 'step' | 'sequence') =>
      evaluateShapes(
        () =>
          sequential(nn.delay(2), nn.synapseFilter()).run(mode, placeholder(mode === 'step' ? [1, 2] : [3, 1, 2]), {
            record: ['*'],
          }).recorded,
      )
    for (const mode of ['step', 'sequence'] as const)
      expect(Object.keys(recorded(mode)).sort()).toEqual([
        'delay1.output',
        'synapseFilter1.out',
        'synapseFilter1.output',
      ])
  })

  it('logic of spikes', async () => {
    const [x, y] = [tensor([0, 0, 1, 1]), tensor([0, 1, 0, 1])]
    const of = async (name: nn.LogicFunction) => [
      ...(await nn.logicLayer({ function: name }).apply([x, y], { training: false, lead: 1 }).data()),
    ]
    expect(await of('and')).toEqual([0, 0, 0, 1])
    expect(await of('or')).toEqual([0, 1, 1, 1])
    expect(await of('iand')).toEqual([0, 1, 0, 0])
  })
})
