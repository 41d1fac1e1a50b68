import { compile, grad, reference, type Shape, type Tensor, type Variable } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import golden from '../test/golden/layers.json' with { type: 'json' }
import torch from '../test/golden/torch-layers.json' with { type: 'json' }
import { expectClose, inDouble } from '../test/values.js'
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  avgPool3d,
  batchNorm3d,
  batchNormThroughTime1d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
  delay,
  groupNorm,
  layerNorm,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  maxUnpool1d,
  maxUnpool2d,
  maxUnpool3d,
  Network,
  neuNorm,
  sequential,
  stepwise,
  synapseFilter,
  temporalEffectiveBatchNorm1d,
  thresholdDependentBatchNorm1d,
  unaryLayer,
  upsample,
  voting,
  wsConv2d,
  wsLinear,
  type Layer,
  type StatelessLayer,
} from './index.js'

const backend = reference()
const { cases } = golden

interface TorchCase {
  readonly arrays: Readonly<Record<string, { readonly shape: Shape; readonly data: readonly number[] }>>
  readonly gradients: TorchCase['arrays']
  readonly x: { readonly shape: Shape; readonly data: readonly number[] }
  readonly y: TorchCase['x']
  readonly dx: TorchCase['x']
}

function unpooling(pool: StatelessLayer, unpool: StatelessLayer): Network {
  return new Network({
    inputs: [{ name: 'x' }],
    nodes: [
      { name: 'pool', layer: pool, inputs: ['x'] },
      { name: 'square', layer: unaryLayer({ function: 'square' }), inputs: ['pool'] },
      { name: 'unpool', layer: unpool, inputs: ['square', 'x'] },
    ],
    outputs: ['unpool'],
  })
}

const layers: Readonly<Record<keyof typeof torch.cases, Layer | Network>> = {
  conv3d: conv3d(2, 4, [2, 3, 2], { stride: [1, 2, 1], padding: [1, 0, 1], groups: 2 }),
  convTranspose1d: convTranspose1d(3, 2, 4, { stride: 3, padding: 1, outputPadding: 2 }),
  convTranspose2d: convTranspose2d(4, 6, [3, 2], { stride: [2, 1], padding: [1, 0], dilation: [1, 2], groups: 2 }),
  convTranspose3d: convTranspose3d(2, 1, 2, { stride: 2, bias: false }),
  groupNorm: groupNorm(2, 4),
  layerNorm: layerNorm([2, 3]),
  batchNorm3d: batchNorm3d(2),
  maxPool3d: maxPool3d(2, { stride: 1, padding: 1 }),
  avgPool3d: avgPool3d([1, 2, 2], { padding: [0, 1, 1], countIncludePad: false }),
  adaptiveAvgPool1d: adaptiveAvgPool1d(3),
  adaptiveAvgPool2d: adaptiveAvgPool2d([3, 2]),
  'adaptiveAvgPool2d even': adaptiveAvgPool2d([2, 3]),
  adaptiveAvgPool3d: adaptiveAvgPool3d([2, 1, 4]),
  maxUnpool1d: unpooling(maxPool1d(2), maxUnpool1d(2)),
  maxUnpool2d: unpooling(maxPool2d(2, { stride: 3 }), maxUnpool2d(2, { stride: 3 })),
  maxUnpool3d: unpooling(maxPool3d([1, 2, 2]), maxUnpool3d([1, 2, 2])),
  'upsample nearest': upsample([2, 1.5]),
  'upsample linear 1d': upsample(2.5, { mode: 'linear' }),
  'upsample bilinear': upsample(2, { mode: 'linear' }),
  'upsample bilinear, corners': upsample(3, { mode: 'linear', alignCorners: true }),
  'upsample trilinear': upsample(2, { mode: 'linear' }),
}

describe('as in PyTorch: values and gradients', () => {
  it.each(Object.entries(torch.cases) as unknown as [keyof typeof torch.cases, TorchCase][])(
    '%s',
    async (name, { arrays, gradients, x, y, dx }) => {
      const layer = layers[name]
      const net = 'nodes' in layer ? layer : sequential(inDouble(layer, arrays))
      const run = compile(
        (input: Tensor) => {
          const [output] = net.step(input, { training: true })
          return {
            output,
            gradients: grad(output.square().mul(0.5).sum(), { input, ...net.parameters() } as Record<
              string,
              Tensor | Variable
            >),
          }
        },
        { backend },
      )
      const result = await run({ data: Float64Array.from(x.data), shape: x.shape })
      const double = ({ shape, data }: TorchCase['x']) => ({ shape, data: Float64Array.from(data) })
      expectClose(result.output, double(y), 1e-9)
      expectClose(result.gradients['input']!, double(dx), 1e-8)
      expect(Object.keys(gradients)).toHaveLength(Object.keys(net.parameters()).length)
      for (const [key, expected] of Object.entries(gradients))
        expectClose(
          Object.entries(result.gradients).find(([path]) => path.endsWith(`.${key}`))![1],
          double(expected),
          1e-8,
        )
    },
  )
})

/** Output over time in float64, layer-wise; stepwise must say the same where batch statistics do not matter. */
async function outputs(
  layer: Layer,
  arrays: Readonly<Record<string, number[]>>,
  x: readonly number[],
  shape: Shape,
  training = false,
): Promise<readonly number[]> {
  const given = Object.fromEntries(
    Object.entries(arrays).map(([name, data]) => [name, { data, shape: layer.variables[name]!.shape }]),
  )
  const net = sequential(inDouble(layer, given))
  const run = compile(
    (input: Tensor) => ({ layerwise: net.forward(input, { training }), looped: net.single(stepwise(net, input)) }),
    { backend },
  )
  const { layerwise, looped } = await run({ data: Float64Array.from(x), shape })
  if (!training) expectClose(looped, layerwise)
  return [...layerwise.data]
}

function close(actual: readonly number[], expected: readonly (number | readonly number[])[]): void {
  const flat = expected.flat()
  expect(actual.length).toBe(flat.length)
  actual.forEach((value, i) => expect(Math.abs(value - flat[i]!)).toBeLessThan(1e-9))
}

describe('as in SpikingJelly', () => {
  const ramp = Array.from({ length: 12 }, (_, i) => i)

  it('synapse filter', async () => {
    const { x, y } = cases['SynapseFilter tau=4']
    close(await outputs(synapseFilter({ tau: 4 }), {}, x.flat(), [4, 1, 2]), y)
    close(await outputs(synapseFilter({ tau: 4, learnable: true }), { w: [-Math.log(3)] }, x.flat(), [4, 1, 2]), y)
  })

  it('NeuNorm', async () => {
    const { 'x[T,N,C,H,W]': x, y } = cases['NeuNorm C=2,H=1,W=2,k=.9 w=[[.5,-.5],[1,2]]']
    close(await outputs(neuNorm(2, 1, 2), { weight: [0.5, -0.5, 1, 2] }, x.flat(), [2, 1, 2, 1, 2]), y)
  })

  it('voting and delay', async () => {
    close(await outputs(voting(2), {}, [1, 3, 2, 6], [1, 1, 4]), cases['Voting 2'])
    close(await outputs(delay(2), {}, [1, 0, 0, 1, 1, 1, 0, 0], [4, 1, 2]), cases['Delay 2'])
  })

  it('weight standardisation', async () => {
    const { w, ws } = cases['WSConv2d weight (eps 1e-4, gain 1)']
    // a unit impulse shows each entry of the kernel
    const impulses = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    const transposed = [0, 1, 2, 3].flatMap((k) => ws.map((row) => row[k]!))
    close(
      await outputs(wsConv2d(1, 2, 2, { bias: false }), { weight: w.flat() }, impulses, [1, 4, 1, 2, 2]),
      transposed,
    )
    close(await outputs(wsLinear(4, 2, { bias: false }), { weight: w.flat() }, impulses, [1, 4, 4]), transposed)
  })

  it('batch normalisation of its kinds, in training', async () => {
    close(
      await outputs(thresholdDependentBatchNorm1d(2, { threshold: 0.5 }), {}, ramp, [3, 2, 2], true),
      cases['TDBN alpha=1 v_th=.5 train x=arange(12).view(3,2,2)'],
    )
    close(
      await outputs(temporalEffectiveBatchNorm1d(2, { T: 3 }), { scale: [1, 2, 3] }, ramp, [3, 2, 2], true),
      cases['TEBN scale 1,2,3 train same x'],
    )
    close(await outputs(batchNormThroughTime1d(2, { T: 3 }), {}, ramp, [3, 2, 2], true), cases['BNTT T=3 train same x'])
  })
})
