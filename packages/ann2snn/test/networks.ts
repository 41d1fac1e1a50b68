import {
  addLayer,
  averagePoolLayer,
  concatLayer,
  convLayer,
  flattenLayer,
  linearLayer,
  maxPoolLayer,
  Network,
  reluLayer,
  reshapeLayer,
  transposeLayer,
  type Layer,
  type NetworkNode,
} from '@snn/nn'
import { variable, type Variable } from '@snn/tensor'
import { random, randomTensor } from '../../snn-file/test/values.js'

export { random, randomTensor }

let seed = 100

function weight(shape: readonly number[], gain: number): Variable {
  const value = randomTensor(shape, seed++)
  return variable({ ...value, data: value.data.map((x) => x * gain) })
}

export const conv = (from: number, to: number, kernel: number, stride = 1, padding = 0, groups = 1): Layer =>
  convLayer(
    {
      stride: [stride, stride],
      padding: [
        [padding, padding],
        [padding, padding],
      ],
      dilation: [1, 1],
      groups,
    },
    {
      weight: weight([to, from / groups, kernel, kernel], Math.sqrt(6 / ((from / groups) * kernel * kernel))),
      bias: weight([to], 0.2),
    },
  )

export const linear = (from: number, to: number): Layer =>
  linearLayer({}, { weight: weight([to, from], Math.sqrt(6 / from)), bias: weight([to], 0.2) })

export const node = (name: string, layer: Layer, ...inputs: string[]): NetworkNode => ({ name, layer, inputs })

/** 8 -> 12 -> 5, fully connected. */
export function mlp(): Network {
  seed = 1
  return new Network({
    inputs: [{ name: 'x', shape: [8] }],
    nodes: [
      node('fc1', linear(8, 12), 'x'),
      node('relu1', reluLayer({}), 'fc1'),
      node('fc2', linear(12, 9), 'relu1'),
      node('relu2', reluLayer({}), 'fc2'),
      node('fc3', linear(9, 5), 'relu2'),
    ],
    outputs: ['fc3'],
  })
}

/**
 * Convolutions with a residual Add over an identity and one over a convolution, Concat, both poolings, movement,
 * groups.
 */
export function residual(): Network {
  seed = 50
  const window = {
    kernel: [2, 2],
    stride: [2, 2],
    padding: [
      [0, 0],
      [0, 0],
    ] as const,
  }
  return new Network({
    inputs: [{ name: 'x', shape: [3, 12, 12] }],
    nodes: [
      node('conv1', conv(3, 4, 3, 1, 1), 'x'),
      node('relu1', reluLayer({}), 'conv1'),
      node('conv2', conv(4, 4, 3, 1, 1), 'relu1'),
      node('add1', addLayer({}), 'conv2', 'relu1'),
      node('relu2', reluLayer({}), 'add1'),
      node('pool1', maxPoolLayer({ ...window, dilation: [1, 1] }), 'relu2'),
      node('conv3', conv(4, 6, 3, 1, 1, 2), 'pool1'),
      node('short', conv(4, 6, 1), 'pool1'),
      node('add2', addLayer({}), 'conv3', 'short'),
      node('relu3', reluLayer({}), 'add2'),
      node('conv4', conv(4, 2, 3, 1, 1), 'pool1'),
      node('relu4', reluLayer({}), 'conv4'),
      node('concat', concatLayer({ axis: 0 }), 'relu3', 'relu4'),
      node('pool2', averagePoolLayer({ ...window, countIncludePad: true }), 'concat'),
      node('nhwc', transposeLayer({ permutation: [1, 2, 0] }), 'pool2'),
      node('flat', flattenLayer({}), 'nhwc'),
      node('fc1', linear(72, 10), 'flat'),
      node('relu5', reluLayer({}), 'fc1'),
      node('square', reshapeLayer({ shape: [10, 1] }), 'relu5'),
      node('line', reshapeLayer({ shape: [10] }), 'square'),
      node('fc2', linear(10, 4), 'line'),
    ],
    outputs: ['fc2'],
  })
}
