import { writeOnnx, type OnnxModelSpec, type OnnxTensor } from '@snn/onnx'
import { compile, reference, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { relativeDifference, runOrt } from '../../test/ort.js'
import { importModel } from './import-onnx.js'

type Node = OnnxModelSpec['nodes'][number]

/** Numbers in [-1, 1) from a small linear congruential generator. */
function random(
  shape: readonly number[],
  seed = 1,
): { readonly data: Float32Array; readonly shape: readonly number[]; readonly dtype: 'float32' } {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1))
  let state = seed >>> 0
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    data[i] = state / 2 ** 31 - 1
  }
  return { data, shape, dtype: 'float32' }
}

function ints(...values: number[]): OnnxTensor {
  return { dtype: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) }
}

function int64(value: number): OnnxTensor {
  return { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(value)) }
}

function floats(...values: number[]): OnnxTensor {
  return { dtype: 'float32', shape: [values.length], data: Float32Array.from(values) }
}

function scalar(value: number): OnnxTensor {
  return { dtype: 'float32', shape: [], data: Float32Array.of(value) }
}

/** False but at the places of a flat index. */
function bools(shape: readonly number[], places: readonly number[]): OnnxTensor {
  return {
    dtype: 'bool',
    shape,
    data: Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Number(places.includes(i))),
  }
}

interface Case {
  /** Shape of one sample of input x. */
  readonly x: readonly number[]
  /** Shape of one sample of a second input y. */
  readonly y?: readonly number[]
  readonly nodes: readonly Node[]
  readonly constants?: Readonly<Record<string, OnnxTensor>>
  /** The layers that it should become, by name. */
  readonly layers: string | RegExp
  readonly opset?: number
  /** Added to the random numbers of x, for functions that are not defined everywhere. */
  readonly shift?: number
}

/** A node from x (and constants) to `out`. */
function node(op: string, inputs: string, attributes: Node['attributes'] = {}, outputs = 'out'): Node {
  return {
    op,
    inputs: inputs.split(' ').map((name) => (name === '-' ? '' : name)),
    outputs: outputs.split(' '),
    attributes,
  }
}

function bytesOf({ x, y, nodes, constants = {}, opset }: Case): Uint8Array {
  const inputs = [
    { name: 'x', dtype: 'float32' as const, shape: ['N', ...x] },
    ...(y ? [{ name: 'y', dtype: 'float32' as const, shape: ['N', ...y] }] : []),
  ]
  return writeOnnx({
    inputs,
    outputs: [{ name: 'out', dtype: 'float32', shape: undefined }],
    nodes,
    constants,
    ...(opset && { opset }),
  })
}

async function check(test: Case): Promise<void> {
  const bytes = bytesOf(test)
  const { network } = importModel(bytes)
  const layers = network.nodes.map(({ name }) => name).join(' ')
  if (typeof test.layers === 'string') expect(layers).toBe(test.layers)
  else expect(layers).toMatch(test.layers)
  const x = random([3, ...test.x])
  x.data.forEach((value, i) => (x.data[i] = value * 2 + (test.shift ?? 0)))
  const feeds = { x, ...(test.y && { y: random([3, ...test.y], 7) }) }
  const expected = await runOrt(bytes, feeds)
  const output = network.outputs[0]!
  await using step = compile((inputs: Record<string, Tensor>) => network.run('step', inputs).outputs[output]!, {
    backend: reference(),
  })
  const ours = await step(feeds)
  expect(ours.shape).toEqual(expected.shape)
  expect(relativeDifference(ours.data, expected.data)).toBeLessThan(1e-5)

  // the same samples as the steps of one sequence
  await using sequence = compile((inputs: Record<string, Tensor>) => network.run('sequence', inputs).outputs[output]!, {
    backend: reference(),
  })
  const inTime = await sequence(
    Object.fromEntries(
      Object.entries(feeds).map(([name, { data, shape }]) => [name, { data, shape: [3, 1, ...shape.slice(1)] }]),
    ),
  )
  expect(inTime.shape).toEqual([3, 1, ...expected.shape.slice(1)])
  expect(relativeDifference(inTime.data, expected.data)).toBeLessThan(1e-5)
}

const w = (...shape: number[]): OnnxTensor => random(shape, 3)
const conv = (attributes: Node['attributes'] = {}): Node[] => [node('Conv', 'x w b', attributes)]

const cases: Readonly<Record<string, Case>> = {
  'Conv 2-D': { x: [3, 8, 9], nodes: conv(), constants: { w: w(4, 3, 3, 2), b: w(4) }, layers: 'conv1' },
  'Conv without bias': { x: [3, 8, 9], nodes: [node('Conv', 'x w')], constants: { w: w(4, 3, 3, 2) }, layers: 'conv1' },
  'Conv with stride, dilation, asymmetric pads': {
    x: [3, 9, 11],
    nodes: conv({ strides: [2, 1], dilations: [1, 2], pads: [0, 1, 2, 3] }),
    constants: { w: w(4, 3, 3, 3), b: w(4) },
    layers: 'conv1',
  },
  'Conv in groups': {
    x: [4, 6, 6],
    nodes: conv({ group: 2, pads: [1, 1, 1, 1] }),
    constants: { w: w(6, 2, 3, 3), b: w(6) },
    layers: 'conv1',
  },
  'Conv depthwise': {
    x: [4, 6, 6],
    nodes: conv({ group: 4 }),
    constants: { w: w(4, 1, 3, 3), b: w(4) },
    layers: 'conv1',
  },
  'Conv SAME_LOWER': {
    x: [3, 7, 8],
    nodes: conv({ auto_pad: 'SAME_LOWER', strides: [2, 2] }),
    constants: { w: w(4, 3, 3, 2), b: w(4) },
    layers: 'conv1',
  },
  'Conv 1-D': {
    x: [3, 20],
    nodes: conv({ pads: [2, 1], strides: [3], dilations: [2] }),
    constants: { w: w(5, 3, 4), b: w(5) },
    layers: 'conv1',
  },
  'Conv 3-D': {
    x: [2, 5, 6, 7],
    nodes: conv({ pads: [1, 0, 1, 1, 2, 0], strides: [1, 2, 1] }),
    constants: { w: w(4, 2, 3, 3, 2), b: w(4) },
    layers: 'conv1',
  },
  'MaxPool 3-D': {
    x: [2, 5, 6, 7],
    nodes: [node('MaxPool', 'x', { kernel_shape: [2, 3, 2], strides: [2, 1, 2] })],
    layers: 'pool1',
  },
  'AveragePool 3-D': {
    x: [2, 4, 6, 6],
    nodes: [node('AveragePool', 'x', { kernel_shape: [2, 2, 3], strides: [2, 2, 3] })],
    layers: 'pool1',
  },
  'Conv then Add': {
    x: [3, 6, 6],
    nodes: [node('Conv', 'x w', {}, 'c'), node('Add', 'c b')],
    constants: { w: w(4, 3, 3, 3), b: w(4, 1, 1) },
    layers: 'conv1',
  },
  'Conv then Add of a plane': {
    x: [3, 6, 6],
    nodes: [node('Conv', 'x w', {}, 'c'), node('Add', 'c b')],
    constants: { w: w(4, 3, 3, 3), b: w(4, 4, 4) },
    layers: 'conv1 add1',
  },
  'Conv then Sub of a number': {
    x: [3, 6, 6],
    nodes: [node('Conv', 'x w', {}, 'c'), node('Sub', 'c b')],
    constants: { w: w(4, 3, 3, 3), b: scalar(0.3) },
    layers: 'conv1',
  },
  'Conv used twice keeps its Add': {
    x: [3, 6, 6],
    nodes: [node('Conv', 'x w', {}, 'c'), node('Add', 'c b', {}, 'd'), node('Mul', 'c d')],
    constants: { w: w(4, 3, 3, 3), b: w(4, 1, 1) },
    layers: 'conv1 add1 mul1',
  },
  'Pad then Conv': {
    x: [3, 6, 6],
    nodes: [node('Pad', 'x p', {}, 'c'), node('Conv', 'c w', { pads: [1, 0, 1, 0] })],
    constants: { p: ints(0, 0, 1, 2, 0, 0, 0, 1), w: w(4, 3, 3, 3) },
    layers: 'conv1',
  },

  ConvTranspose: {
    x: [3, 5, 6],
    nodes: [node('ConvTranspose', 'x w b', { strides: [2, 3], pads: [1, 0, 0, 1], output_padding: [1, 2] })],
    constants: { w: w(3, 4, 3, 3), b: w(4) },
    layers: 'reshape1 pad1 reshape2 conv1',
  },
  'ConvTranspose in groups, dilated': {
    x: [4, 5, 6],
    nodes: [node('ConvTranspose', 'x w', { group: 2, dilations: [2, 1], pads: [1, 1, 1, 1] })],
    constants: { w: w(4, 3, 2, 3) },
    layers: 'conv1',
  },
  'ConvTranspose of one place each': {
    x: [4, 5, 6],
    nodes: [node('ConvTranspose', 'x w', { strides: [2, 2] })],
    constants: { w: w(4, 3, 2, 2) },
    layers: 'reshape1 pad1 reshape2 conv1',
  },
  'ConvTranspose that cuts off': {
    x: [4, 9],
    nodes: [node('ConvTranspose', 'x w', { strides: [3], pads: [2, 3] })],
    constants: { w: w(4, 3, 2) },
    layers: 'reshape1 pad1 reshape2 slice1 conv1',
  },

  'Gemm transB': {
    x: [6],
    nodes: [node('Gemm', 'x w b', { transB: 1 })],
    constants: { w: w(4, 6), b: w(4) },
    layers: 'fc1',
  },
  'Gemm alpha beta': {
    x: [6],
    nodes: [node('Gemm', 'x w b', { alpha: 0.5, beta: 2 })],
    constants: { w: w(6, 4), b: w(1, 4) },
    layers: 'fc1',
  },
  'Gemm without C': { x: [6], nodes: [node('Gemm', 'x w')], constants: { w: w(6, 4) }, layers: 'fc1' },
  'Gemm with C computed': {
    x: [6],
    y: [4],
    nodes: [node('Gemm', 'x w y', { beta: 0.5 })],
    constants: { w: w(6, 4) },
    layers: 'fc1 mul1 add1',
  },
  'Gemm transA of a transposed batch': {
    x: [6],
    nodes: [node('Transpose', 'x', { perm: [1, 0] }, 't'), node('Gemm', 't w', { transA: 1 })],
    constants: { w: w(6, 4) },
    layers: 'fc1',
  },
  'MatMul then Add': {
    x: [6],
    nodes: [node('MatMul', 'x w', {}, 'm'), node('Add', 'b m')],
    constants: { w: w(6, 4), b: w(4) },
    layers: 'fc1',
  },
  'MatMul of rows then Add': {
    x: [5, 6],
    nodes: [node('MatMul', 'x w', {}, 'm'), node('Add', 'm b')],
    constants: { w: w(6, 4), b: w(1, 1, 4) },
    layers: 'fc1',
  },
  'MatMul by a vector': { x: [5, 6], nodes: [node('MatMul', 'x w')], constants: { w: w(6) }, layers: 'fc1 flatten1' },
  'MatMul by a stack': {
    x: [2, 5, 6],
    nodes: [node('MatMul', 'x w')],
    constants: { w: w(2, 6, 3) },
    layers: 'parameter1 matmul1',
  },
  'MatMul by a constant in front': {
    x: [5, 6],
    nodes: [node('MatMul', 'w x')],
    constants: { w: w(3, 5) },
    layers: 'parameter1 matmul1',
  },
  'MatMul of two activations': { x: [2, 4, 5], y: [2, 5, 3], nodes: [node('MatMul', 'x y')], layers: 'matmul1' },

  BatchNormalization: {
    x: [4, 3, 3],
    nodes: [node('BatchNormalization', 'x s b m v', { epsilon: 0.01 })],
    constants: { s: w(4), b: w(4), m: w(4), v: floats(0.5, 1, 2, 3) },
    layers: 'bn1',
  },
  'BatchNormalization of rows behind a linear layer': {
    x: [5, 6],
    nodes: [
      node('MatMul', 'x w', {}, 'm'),
      node('Reshape', 'm r', {}, 'f'),
      node('BatchNormalization', 'f s b n v', {}, 'o'),
      node('Reshape', 'o q'),
    ],
    constants: { w: w(6, 4), r: ints(-1, 4), q: ints(-1, 5, 4), s: w(4), b: w(4), n: w(4), v: floats(0.5, 1, 2, 3) },
    layers: /^fc1/,
  },
  'BatchNormalization between reshapes': {
    x: [4],
    nodes: [
      node('Relu', 'x', {}, 'r'),
      node('Unsqueeze', 'r a', {}, 'u'),
      node('BatchNormalization', 'u s b m v', {}, 'n'),
      node('Squeeze', 'n a'),
    ],
    constants: { a: ints(2), s: w(4), b: w(4), m: w(4), v: floats(0.5, 1, 2, 3) },
    layers: 'relu1 bn1',
  },
  LayerNormalization: {
    x: [5, 6],
    nodes: [node('LayerNormalization', 'x s b', { axis: -1, epsilon: 0.001 })],
    constants: { s: w(6), b: w(6) },
    layers: 'ln1',
  },
  'LayerNormalization over two axes': {
    x: [5, 6],
    nodes: [node('LayerNormalization', 'x s', { axis: 1 })],
    constants: { s: w(5, 6) },
    layers: 'ln1',
  },

  Relu: { x: [7], nodes: [node('Relu', 'x')], layers: 'relu1' },
  'Clip 0 to 6': {
    x: [7],
    nodes: [node('Clip', 'x l h')],
    constants: { l: scalar(0), h: scalar(0.6) },
    layers: 'relu1',
  },
  'Clip below': { x: [7], nodes: [node('Clip', 'x - h')], constants: { h: scalar(0.2) }, layers: 'clip1' },
  'Clip at zero is Relu': {
    x: [7],
    nodes: [node('Clip', 'x l h')],
    constants: { l: scalar(0), h: scalar(3.4028235e38) },
    layers: 'relu1',
  },
  'Max then Min': {
    x: [7],
    nodes: [node('Max', 'x l', {}, 'm'), node('Min', 'h m')],
    constants: { l: scalar(0), h: scalar(0.5) },
    layers: 'relu1',
  },
  'Relu then Clip': {
    x: [7],
    nodes: [node('Relu', 'x', {}, 'm'), node('Clip', 'm l h')],
    constants: { l: scalar(-1), h: scalar(0.5) },
    layers: 'relu1',
  },
  LeakyRelu: { x: [7], nodes: [node('LeakyRelu', 'x', { alpha: 0.3 })], layers: 'leakyRelu1' },
  PRelu: { x: [4, 3, 3], nodes: [node('PRelu', 'x s')], constants: { s: w(4, 1, 1) }, layers: 'leakyRelu1' },
  'PRelu with one slope': {
    x: [4, 3, 3],
    nodes: [node('PRelu', 'x s')],
    constants: { s: floats(0.2) },
    layers: 'leakyRelu1',
  },
  Softmax: { x: [5, 6], nodes: [node('Softmax', 'x', { axis: 1 })], layers: 'softmax1' },
  LogSoftmax: { x: [5, 6], nodes: [node('LogSoftmax', 'x')], layers: 'logSoftmax1' },
  'Softmax before opset 13': {
    x: [5, 6],
    nodes: [node('Softmax', 'x', { axis: 1 })],
    opset: 11,
    layers: 'flatten1 softmax1 reshape1',
  },
  'Quantise and back': {
    x: [7],
    nodes: [node('QuantizeLinear', 'x s z', {}, 'q'), node('DequantizeLinear', 'q s z')],
    constants: { s: scalar(2 ** -20), z: { dtype: 'int8', shape: [], data: Int8Array.of(-128) } },
    layers: 'relu1',
    shift: -5,
  },

  MaxPool: { x: [3, 8, 9], nodes: [node('MaxPool', 'x', { kernel_shape: [2, 3], strides: [2, 2] })], layers: 'pool1' },
  'MaxPool ceil_mode, asymmetric pads': {
    x: [3, 8, 9],
    nodes: [node('MaxPool', 'x', { kernel_shape: [3, 3], strides: [2, 2], pads: [0, 1, 1, 0], ceil_mode: 1 })],
    layers: 'pool1',
  },
  'MaxPool dilated': {
    x: [3, 9, 9],
    nodes: [node('MaxPool', 'x', { kernel_shape: [2, 2], strides: [1, 2], dilations: [3, 2] })],
    layers: 'pool1',
  },
  'MaxPool dilated, ceil_mode': {
    x: [3, 9, 10],
    nodes: [node('MaxPool', 'x', { kernel_shape: [2, 2], strides: [3, 3], dilations: [3, 2], ceil_mode: 1 })],
    layers: 'pool1',
  },
  'MaxPool 1-D': {
    x: [3, 11],
    nodes: [node('MaxPool', 'x', { kernel_shape: [3], strides: [2], pads: [1, 1] })],
    layers: 'pool1',
  },
  AveragePool: {
    x: [3, 8, 9],
    nodes: [node('AveragePool', 'x', { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1] })],
    layers: 'pool1',
  },
  'AveragePool count_include_pad': {
    x: [3, 8, 9],
    nodes: [
      node('AveragePool', 'x', { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1], count_include_pad: 1 }),
    ],
    layers: 'pool1',
  },
  'AveragePool ceil_mode': {
    x: [3, 8, 9],
    nodes: [node('AveragePool', 'x', { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 })],
    layers: 'pool1',
  },
  'AveragePool ceil_mode, count_include_pad': {
    x: [3, 7, 10],
    nodes: [
      node('AveragePool', 'x', {
        kernel_shape: [3, 3],
        strides: [2, 2],
        pads: [1, 0, 0, 1],
        ceil_mode: 1,
        count_include_pad: 1,
      }),
    ],
    layers: 'pad1 pool1',
  },
  'Pad then AveragePool': {
    x: [3, 6, 6],
    nodes: [node('Pad', 'x p', {}, 'c'), node('AveragePool', 'c', { kernel_shape: [2, 2] })],
    constants: { p: ints(0, 0, 1, 1, 0, 0, 0, 1) },
    layers: 'pool1',
  },
  GlobalAveragePool: { x: [3, 4, 5], nodes: [node('GlobalAveragePool', 'x')], layers: 'globalPool1' },
  GlobalMaxPool: { x: [3, 4, 5], nodes: [node('GlobalMaxPool', 'x')], layers: 'globalPool1' },
  'ReduceMean over places': {
    x: [3, 4, 5],
    nodes: [node('ReduceMean', 'x a', { keepdims: 0 })],
    constants: { a: ints(2, 3) },
    layers: 'globalPool1 flatten1',
  },
  'ReduceMean of rows': {
    x: [5, 6],
    nodes: [node('ReduceMean', 'x a', { keepdims: 0 })],
    constants: { a: ints(1) },
    layers: 'mean1',
  },
  'ReduceSum keepdims': {
    x: [3, 4, 5],
    nodes: [node('ReduceSum', 'x a')],
    constants: { a: ints(-1, 1) },
    layers: 'sum1',
  },
  ReduceMax: {
    x: [3, 4, 5],
    nodes: [node('ReduceMax', 'x a', { keepdims: 0 })],
    constants: { a: ints(3) },
    layers: 'max1',
  },
  ReduceMin: { x: [3, 4, 5], nodes: [node('ReduceMin', 'x a')], constants: { a: ints(2) }, layers: 'min1' },
  ReduceL2: { x: [5, 6], nodes: [node('ReduceL2', 'x a')], constants: { a: ints(2) }, layers: 'square1 sum1 sqrt1' },
  ReduceL1: {
    x: [5, 6],
    nodes: [node('ReduceL1', 'x a', { keepdims: 0 })],
    constants: { a: ints(2) },
    layers: 'abs1 sum1',
  },

  Flatten: { x: [3, 4, 5], nodes: [node('Flatten', 'x')], layers: 'flatten1' },
  'Reshape with -1': {
    x: [3, 4, 5],
    nodes: [node('Reshape', 'x s')],
    constants: { s: ints(-1, 6, 10) },
    layers: 'reshape1',
  },
  'Reshape there and back': {
    x: [3, 4],
    nodes: [node('Relu', 'x', {}, 'r'), node('Reshape', 'r s', {}, 'a'), node('Reshape', 'a t')],
    constants: { s: ints(-1, 2, 6), t: ints(-1, 3, 4) },
    layers: 'relu1',
  },
  Transpose: { x: [3, 4, 5], nodes: [node('Transpose', 'x', { perm: [0, 2, 3, 1] })], layers: 'transpose1' },
  'Transpose there and back': {
    x: [3, 4, 5],
    nodes: [
      node('Relu', 'x', {}, 'r'),
      node('Transpose', 'r', { perm: [0, 2, 3, 1] }, 't'),
      node('Transpose', 't', { perm: [0, 3, 1, 2] }),
    ],
    layers: 'relu1',
  },
  'batch as second axis': {
    x: [4, 6],
    nodes: [
      node('Transpose', 'x', { perm: [1, 0, 2] }, 't'),
      node('MatMul', 't w', {}, 'm'),
      node('Add', 'm b', {}, 'n'),
      node('Softmax', 'n', { axis: 0 }, 's'),
      node('Transpose', 's', { perm: [1, 0, 2] }),
    ],
    constants: { w: w(6, 4), b: w(4, 1, 4) },
    layers: 'fc1 add1 softmax1',
  },
  'heads inside the batch axis': {
    x: [4, 6],
    nodes: [
      node('Transpose', 'x', { perm: [1, 0, 2] }, 't'),
      node('Reshape', 't s', {}, 'h'),
      node('Transpose', 'h', { perm: [1, 0, 2] }, 'q'),
      node('Transpose', 'h', { perm: [1, 2, 0] }, 'k'),
      node('MatMul', 'q k', {}, 'a'),
      node('Softmax', 'a', {}, 'p'),
      node('MatMul', 'p q', {}, 'o'),
      node('Transpose', 'o', { perm: [1, 0, 2] }, 'u'),
      node('Reshape', 'u r', {}, 'v'),
      node('Transpose', 'v', { perm: [1, 0, 2] }),
    ],
    constants: { s: ints(4, -1, 3), r: ints(4, -1, 6) },
    layers: 'reshape1 transpose1 transpose2 matmul1 softmax1 matmul2 transpose3 reshape2',
  },
  Pad: {
    x: [3, 4, 5],
    nodes: [node('Pad', 'x p v')],
    constants: { p: ints(0, 0, 1, 0, 0, 1, 0, 2), v: scalar(0.5) },
    layers: 'pad1',
  },
  'Pad that crops': {
    x: [3, 4, 5],
    nodes: [node('Pad', 'x p v')],
    constants: { p: ints(0, 0, -1, 0, 0, 1, 0, -2), v: scalar(0.5) },
    layers: 'slice1 slice2 pad1',
  },
  Concat: { x: [3, 4], y: [2, 4], nodes: [node('Concat', 'x y x', { axis: 1 })], layers: 'concat1' },
  Slice: {
    x: [6, 9],
    nodes: [node('Slice', 'x s e a t')],
    constants: { s: ints(1, -8), e: ints(5, 100), a: ints(1, 2), t: ints(1, 3) },
    layers: 'slice1 slice2',
  },
  'Slice backwards': {
    x: [6, 9],
    nodes: [node('Slice', 'x s e a t')],
    constants: { s: ints(-1), e: ints(-100), a: ints(2), t: ints(-2) },
    layers: 'gather1',
  },
  Split: {
    x: [6, 4],
    nodes: [node('Split', 'x s', { axis: 1 }, 'a b c'), node('Sub', 'c a')],
    constants: { s: ints(2, 2, 2) },
    layers: 'slice1 slice2 sub1',
  },
  'Gather one': {
    x: [6, 4],
    nodes: [node('Gather', 'x i', { axis: 2 })],
    constants: { i: int64(-2) },
    layers: 'slice1 flatten1',
  },
  'Gather some': {
    x: [6, 4],
    nodes: [node('Gather', 'x i', { axis: 1 })],
    constants: { i: { dtype: 'int64', shape: [2, 2], data: BigInt64Array.of(5n, 0n, 2n, 2n) } },
    layers: 'gather1 reshape1',
  },
  Tile: { x: [2, 3], nodes: [node('Tile', 'x r')], constants: { r: ints(1, 2, 3) }, layers: 'concat1 concat2' },
  Expand: { x: [1, 3], nodes: [node('Expand', 'x s')], constants: { s: ints(1, 4, 3) }, layers: 'broadcast1' },
  'a constant for every sample': {
    x: [4, 3],
    constants: { zero: ints(0), c: w(1, 1, 3), tail: ints(1, 3) },
    nodes: [
      node('Shape', 'x', {}, 's'),
      node('Gather', 's zero', {}, 'n'),
      node('Concat', 'n tail', { axis: 0 }, 't'),
      node('Expand', 'c t', {}, 'e'),
      node('Concat', 'e x', { axis: 1 }),
    ],
    layers: 'parameter1 concat1',
  },
  'DepthToSpace DCR': {
    x: [8, 2, 3],
    nodes: [node('DepthToSpace', 'x', { blocksize: 2 })],
    layers: 'reshape1 transpose1 reshape2',
  },
  'DepthToSpace CRD': {
    x: [8, 2, 3],
    nodes: [node('DepthToSpace', 'x', { blocksize: 2, mode: 'CRD' })],
    layers: 'reshape1 transpose1 reshape2',
  },
  SpaceToDepth: {
    x: [2, 4, 6],
    nodes: [node('SpaceToDepth', 'x', { blocksize: 2 })],
    layers: 'reshape1 transpose1 reshape2',
  },

  'Pad by reflection': {
    x: [3, 4, 5],
    nodes: [node('Pad', 'x p', { mode: 'reflect' })],
    constants: { p: ints(0, 0, 1, 2, 0, 0, 3, 4) },
    layers: 'pad1',
  },
  'Pad by the edge': {
    x: [3, 4, 5],
    nodes: [node('Pad', 'x p', { mode: 'edge' })],
    constants: { p: ints(0, 1, 1, 2, 0, 0, 3, 4) },
    layers: 'pad1',
  },
  'Pad around': {
    x: [3, 4, 5],
    nodes: [node('Pad', 'x p', { mode: 'wrap' })],
    constants: { p: ints(0, 0, 1, 2, 0, 0, 3, 4) },
    layers: 'pad1',
  },
  'GatherND beside the batch': {
    x: [3, 4, 5],
    nodes: [
      node('Transpose', 'x', { perm: [2, 3, 0, 1] }, 't'),
      node('GatherND', 't i', {}, 'g'),
      node('Transpose', 'g', { perm: [2, 0, 1, 3] }),
    ],
    constants: {
      i: { dtype: 'int64', shape: [2, 3, 2], data: BigInt64Array.of(0n, 4n, -1n, 0n, 2n, 2n, 3n, -2n, 1n, 1n, 0n, 0n) },
    },
    layers: 'transpose1 reshape1 gather1 reshape2',
  },
  'rows that are steps first': {
    x: [5, 8],
    nodes: [
      node('Transpose', 'x', { perm: [1, 0, 2] }, 't'),
      node('Reshape', 't r', {}, 'u'),
      node('Gemm', 'u w', {}, 'g'),
      node('Add', 'g u', {}, 'a'),
      node('Reshape', 'a s', {}, 'v'),
      node('Transpose', 'v', { perm: [1, 0, 2] }),
    ],
    constants: { r: ints(-1, 8), s: ints(5, -1, 8), w: w(8, 8) },
    layers: 'reshape1 fc1 add1 reshape2',
  },

  InstanceNormalization: {
    x: [3, 4, 5],
    nodes: [node('InstanceNormalization', 'x s b', { epsilon: 0.01 })],
    constants: { s: w(3), b: w(3) },
    layers: 'gn1',
  },
  GroupNormalization: {
    x: [6, 4],
    nodes: [node('GroupNormalization', 'x s b', { num_groups: 3 })],
    constants: { s: w(6), b: w(6) },
    layers: 'gn1',
  },
  RMSNormalization: {
    x: [3, 4, 5],
    nodes: [node('RMSNormalization', 'x s', { axis: 2, epsilon: 0.01 })],
    constants: { s: w(4, 5) },
    layers: 'square1 mean1 add1 sqrt1 div1 mul1',
    opset: 23,
  },
  LpNormalization: { x: [3, 4], nodes: [node('LpNormalization', 'x', { axis: 1, p: 1 })], layers: 'abs1 sum1 div1' },
  MeanVarianceNormalization: {
    x: [3, 4, 5],
    nodes: [node('MeanVarianceNormalization', 'x', { axes: [2, 3] })],
    layers: 'mean1 sub1 square1 mean2 sqrt1 add1 div1',
  },
  LRN: {
    x: [5, 2, 2],
    nodes: [node('LRN', 'x', { size: 3, alpha: 0.5, beta: 0.6, bias: 2 })],
    layers: 'square1 resample1 add1 pow1 div1',
  },
  Attention: {
    x: [5, 8],
    nodes: [node('Attention', 'x x x', { q_num_heads: 2, kv_num_heads: 2, is_causal: 1 })],
    opset: 23,
    layers:
      'reshape1 transpose1 mul1 reshape2 transpose2 matmul1 add1 softmax1 reshape3 transpose3 matmul2 transpose4 reshape4',
  },
  'Attention behind earlier keys': {
    x: [5, 8],
    y: [2, 3, 4],
    nodes: [node('Attention', 'x x x - y y', { q_num_heads: 2, kv_num_heads: 2, is_causal: 1 }, 'out pk pv')],
    opset: 23,
    layers: /concat1 .*concat2/,
  },
  'the keys that attention hands on': {
    x: [5, 8],
    y: [2, 3, 4],
    nodes: [node('Attention', 'x x x - y y', { q_num_heads: 2, kv_num_heads: 2 }, 'o out pv')],
    opset: 23,
    layers: 'reshape1 transpose1 concat1',
  },
  ...Object.fromEntries(
    (
      [
        ['as they are', [0, 2, 4], 'globalPool1 flatten1'],
        ['turned', [4, 0, 2, 0], 'globalPool1 flatten1 gather1'],
      ] as const
    ).map(([what, offsets, layers]): [string, Case] => [
      `a view with strides of the elements of a batch, ${what}`,
      {
        x: [3, 2, 2],
        nodes: [
          node('ReduceMean', 'x a', {}, 'm'),
          node('Reshape', 'm flat', {}, 'f'),
          node('Shape', 'x', { start: 0, end: 1 }, 's'),
          node('Squeeze', 's', {}, 'n'),
          node('Range', 'zero n one', {}, 'r'),
          node('Mul', 'r three', {}, 'i'),
          node('Unsqueeze', 'i last', {}, 'j'),
          node('Add', 'j k', {}, 'l'),
          node('Gather', 'f l'),
        ],
        constants: {
          a: ints(2, 3),
          flat: ints(-1),
          zero: int64(0),
          one: int64(1),
          three: int64(3),
          last: ints(1),
          k: ints(...offsets.map((at) => at / 2)),
        },
        layers,
      },
    ]),
  ),
  'functions of constants': {
    x: [4],
    nodes: [
      node('Sin', 'c', {}, 's'),
      node('Cos', 's', {}, 'd'),
      node('Round', 'c', {}, 'r'),
      node('Softplus', 'd', {}, 'p'),
      node('Mul', 'p r', {}, 'q'),
      node('Mul', 'x q'),
    ],
    constants: { c: floats(-2.5, 0.5, 1.5, 7.2) },
    layers: 'mul1',
  },
  'Where of a constant condition': {
    x: [3, 4],
    y: [1, 4],
    nodes: [node('Where', 'm x y')],
    constants: { m: bools([3, 4], [0, 5, 6, 11]) },
    layers: 'mul1 mul2 add1',
  },
  'Where of a condition with more axes': {
    x: [4],
    y: [4],
    nodes: [node('Where', 'm x y', {}, 'f'), node('Transpose', 'f', { perm: [1, 0, 2] })],
    constants: { m: bools([3, 1, 1], [1]) },
    layers: 'reshape1 mul1 reshape2 mul2 add1',
  },
  'Where that fills in before a softmax': {
    x: [3, 4],
    nodes: [node('Where', 'm x c', {}, 'f'), node('Softmax', 'f')],
    constants: { m: bools([3, 4], [0, 5, 6, 9, 11]), c: scalar(-Infinity) },
    layers: 'mul1 add1 softmax1',
  },
  'Where of a constant that broadcasts': {
    x: [3, 4],
    nodes: [node('Where', 'm c x')],
    constants: { m: bools([4], [1, 2]), c: w(3, 1) },
    layers: 'mul1 add1',
  },
  Trilu: { x: [2, 3, 4], nodes: [node('Trilu', 'x k')], constants: { k: int64(1) }, layers: 'mul1' },
  'Trilu, lower': { x: [3, 4], nodes: [node('Trilu', 'x', { upper: 0 })], layers: 'mul1' },
  ...Object.fromEntries(
    [0, 1].flatMap((exclusive) =>
      [0, 1].map((reverse): [string, Case] => [
        `CumSum exclusive ${exclusive} reverse ${reverse}`,
        {
          x: [3, 4, 2],
          nodes: [node('CumSum', 'x a', { exclusive, reverse })],
          constants: { a: int64(-2) },
          layers: 'cumSum1',
        },
      ]),
    ),
  ),
  ...Object.fromEntries(
    (['forward', 'reverse', 'bidirectional'] as const).flatMap((direction) =>
      (
        [
          ['LSTM', 4, {}],
          ['GRU', 3, { linear_before_reset: 1 }],
          ['GRU', 3, { linear_before_reset: 0 }],
          ['RNN', 1, {}],
        ] as const
      ).map(([op, gates, more]): [string, Case] => {
        const d = direction === 'bidirectional' ? 2 : 1
        const nodes = [
          node('Transpose', 'x', { perm: [1, 0, 2] }, 't'),
          node(op, 't w r b', { hidden_size: 4, direction, ...more }, 'y h'),
          node('Transpose', 'y', { perm: [2, 0, 1, 3] }, 'u'),
          node('Transpose', 'h', { perm: [1, 0, 2] }, 'v'),
          node('Unsqueeze', 'v one', {}, 'k'),
          node('Add', 'u k'),
        ]
        return [
          `${op} ${direction} ${JSON.stringify(more)}`,
          {
            x: [3, 2],
            nodes,
            constants: { w: w(d, gates * 4, 2), r: w(d, gates * 4, 4), b: w(d, gates * 8), one: ints(1) },
            layers: /^fc1 .*add\d+$/,
          },
        ]
      }),
    ),
  ),
  'a scale that is found at run time, of whole numbers': {
    // numbers that are whole multiples of the scale 2 / 255, so that nothing is rounded
    x: [4],
    nodes: [
      node('Clip', 'x low high', {}, 'k'),
      node('Floor', 'k', {}, 'j'),
      node('Relu', 'j', {}, 'f'),
      node('DynamicQuantizeLinear', 'f', {}, 'q s z'),
      node('MatMulInteger', 'q w z', {}, 'm'),
      node('Cast', 'm', { to: 1 }, 'c'),
      node('Mul', 's t', {}, 'u'),
      node('Mul', 'c u', {}, 'n'),
      node('Add', 'n b'),
    ],
    constants: {
      low: scalar(0),
      high: scalar(1),
      w: { dtype: 'int8', shape: [4, 3], data: Int8Array.from({ length: 12 }, (_, i) => i * 7 - 40) },
      t: floats(0.1, 0.2, 0.3),
      b: w(3),
    },
    layers: 'relu1 floor1 relu2 fc1',
    shift: 0.5,
  },

  'Add of two': { x: [3, 4], y: [3, 4], nodes: [node('Add', 'x y')], layers: 'add1' },
  'Sub of two that broadcast': { x: [3, 4], y: [1, 4], nodes: [node('Sub', 'x y')], layers: 'sub1' },
  'Max of two': { x: [3, 4], y: [3, 4], nodes: [node('Max', 'x y')], layers: 'max1' },
  'Sum of three': { x: [3, 4], y: [3, 4], nodes: [node('Sum', 'x y x')], layers: 'add1 add2' },
  'a constant minus x': { x: [3, 4], nodes: [node('Sub', 'c x')], constants: { c: w(1, 3, 1) }, layers: 'sub1' },
  'a constant over x': {
    x: [3, 4],
    nodes: [node('Div', 'c x')],
    constants: { c: scalar(2) },
    layers: 'div1',
    shift: 5,
  },
  'a constant with more axes': {
    x: [4],
    nodes: [node('Mul', 'x c', {}, 'm'), node('Transpose', 'm', { perm: [1, 0, 2] })],
    constants: { c: w(1, 1, 4) },
    layers: 'reshape1 mul1',
  },
  'Pow 2': { x: [4], nodes: [node('Pow', 'x c')], constants: { c: scalar(2) }, layers: 'square1' },
  'Pow 3.5': { x: [4], nodes: [node('Pow', 'x c')], constants: { c: scalar(3.5) }, layers: 'pow1', shift: 3 },
  'what does nothing is left out': {
    x: [4],
    nodes: [
      node('Mul', 'x one', {}, 'a'),
      node('Add', 'a zero', {}, 'b'),
      node('Dropout', 'b', {}, 'c'),
      node('Identity', 'c', {}, 'd'),
      node('Cast', 'd', { to: 1 }, 'e'),
      node('Relu', 'e'),
    ],
    constants: { one: scalar(1), zero: scalar(0) },
    layers: 'relu1',
  },
}

interface FunctionCase {
  readonly op: string
  readonly layers: string
  readonly attributes?: Node['attributes']
  readonly shift?: number
}

const functions: readonly FunctionCase[] = [
  ...[
    'Sigmoid',
    'Tanh',
    'Erf',
    'Exp',
    'Abs',
    'Neg',
    'Sign',
    'Floor',
    'Ceil',
    'Round',
    'Sin',
    'Cos',
    'Atan',
    'Softplus',
    'Softsign',
    'HardSwish',
    'Mish',
    'Selu',
    'HardSigmoid',
    'Gelu',
  ].map((op) => ({ op, layers: `${op[0]!.toLowerCase()}${op.slice(1)}1` })),
  { op: 'Log', layers: 'log1', shift: 3 },
  { op: 'Sqrt', layers: 'sqrt1', shift: 3 },
  { op: 'Reciprocal', layers: 'reciprocal1', shift: 3 },
  { op: 'Tan', layers: 'tan1', shift: 5 },
  { op: 'Elu', layers: 'elu1', attributes: { alpha: 0.7 } },
  { op: 'Celu', layers: 'celu1', attributes: { alpha: 0.7 } },
  { op: 'Selu', layers: 'selu1', attributes: { alpha: 1.2, gamma: 0.9 } },
  { op: 'HardSigmoid', layers: 'hardSigmoid1', attributes: { alpha: 0.4, beta: 0.3 } },
  { op: 'ThresholdedRelu', layers: 'thresholdedRelu1', attributes: { alpha: 0.4 } },
  { op: 'Gelu', layers: 'geluTanh1', attributes: { approximate: 'tanh' } },
]

const resizes: readonly Node['attributes'][] = [
  { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
  { coordinate_transformation_mode: 'half_pixel', nearest_mode: 'round_prefer_floor' },
  { coordinate_transformation_mode: 'half_pixel', nearest_mode: 'ceil' },
  { coordinate_transformation_mode: 'align_corners', nearest_mode: 'round_prefer_ceil' },
  { coordinate_transformation_mode: 'pytorch_half_pixel', nearest_mode: 'floor' },
]

describe('operations agree with ONNX Runtime', () => {
  it.each(Object.entries(cases))('%s', (_, test) => check(test))

  it.each(functions)('$op ($layers)', ({ op, layers, attributes, shift }) =>
    check({ x: [4, 5], nodes: [node(op, 'x', attributes)], layers, opset: 22, ...(shift && { shift }) }),
  )

  it.each(resizes)('Resize %o', async (attributes) => {
    await check({
      x: [2, 3, 4],
      nodes: [node('Resize', 'x - s', { ...attributes, mode: 'nearest' })],
      constants: { s: floats(1, 1, 2, 2) },
      layers: 'upsample1',
    })
    await check({
      x: [2, 6, 5],
      nodes: [node('Resize', 'x - - s', { ...attributes, mode: 'nearest', axes: [2, 3] })],
      constants: { s: ints(4, 8) },
      layers: 'upsample1',
    })
  })

  it('Upsample', () =>
    check({
      x: [2, 3, 4],
      nodes: [node('Upsample', 'x s', { mode: 'nearest' })],
      constants: { s: floats(1, 1, 2, 3) },
      layers: 'upsample1',
      opset: 9,
    }))
})
