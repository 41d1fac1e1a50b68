import { integrateAndFire } from '@snn/neuron'
import { variable } from '@snn/tensor'
import {
  addLayer,
  averagePoolLayer,
  batchNormLayer,
  concatLayer,
  convLayer,
  flattenLayer,
  linearLayer,
  maxPoolLayer,
  Network,
  sequential,
} from '../src/index.js'
import { weight } from './values.js'

const window = {
  stride: [1, 1],
  padding: [
    [1, 1],
    [1, 1],
  ],
  dilation: [1, 1],
  groups: 1,
} as const
const conv = (inputs: number, outputs: number, seed: number) =>
  convLayer(window, { weight: weight([outputs, inputs, 3, 3], seed, 0.6), bias: weight([outputs], seed + 100, 0.3) })

/** Two branches that meet twice: x + if(conv x), beside if(x) of another threshold. [3, H, W] -> [6, H, W] */
function branches(): Network {
  return new Network({
    inputs: [{ name: 'x', shape: [3, 6, 6] }],
    nodes: [
      { name: 'joined', layer: concatLayer({ axis: 0 }), inputs: ['sum', 'other'] },
      { name: 'sum', layer: addLayer({}), inputs: ['x', 'spikes'] },
      { name: 'conv', layer: conv(3, 3, 2), inputs: ['x'] },
      { name: 'spikes', layer: integrateAndFire({ reset: 'soft', threshold: 0.8 }), inputs: ['conv'] },
      { name: 'other', layer: integrateAndFire({ initial: { v: weight([3, 1, 1], 9, 0.5) } }), inputs: ['x'] },
    ],
    outputs: ['joined'],
  })
}

/**
 * conv, batch normalisation, IF, max pooling, branches, average pooling, linear, IF: [2, 12, 12] -> [5], in float64.
 */
export function branchingNet(): Network {
  const statistics = {
    weight: weight([3], 20),
    bias: weight([3], 21, 0.2),
    mean: weight([3], 22, 0.2),
    variance: variable({ data: Float64Array.of(0.5, 1.5, 0.8), shape: [3] }),
  }
  return sequential(
    conv(2, 3, 1),
    batchNormLayer({ epsilon: 1e-5, momentum: 0.1 }, statistics),
    integrateAndFire({
      reset: 'soft',
      threshold: variable({ data: Float64Array.of(0.7, 0.9, 0.5), shape: [3, 1, 1] }),
    }),
    maxPoolLayer({
      kernel: [2, 2],
      stride: [2, 2],
      padding: [
        [0, 0],
        [0, 0],
      ],
      dilation: [1, 1],
    }),
    branches(),
    averagePoolLayer({
      kernel: [2, 2],
      stride: [2, 2],
      padding: [
        [0, 0],
        [0, 0],
      ],
      countIncludePad: true,
    }),
    flattenLayer({}),
    linearLayer({}, { weight: weight([5, 54], 30, 0.3), bias: weight([5], 31, 0.2) }),
    integrateAndFire({ detachReset: true }),
  )
}
