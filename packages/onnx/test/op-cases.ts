import { tensorOf } from '../src/dtype.js'
import type { Dim, OnnxModelSpec } from '../src/graph.js'
import { f32, i64, int, model, ramp } from './cases.js'

/** A small model in some opset, and what reading makes of it. */
export interface OpCase {
  readonly spec: OnnxModelSpec
  /** Operations of the normal form, in order. */
  readonly ops: string
  readonly shape: readonly Dim[]
}

const image = ['N', 4, 9, 7] as const
const w = ramp([6, 4, 3, 3])
export const opCases: Record<string, OpCase> = {
  'Clip 7: bounds are attributes': {
    spec: model(7, image, [['Clip', 'x', 'y', { min: -0.5, max: 0.25 }]]),
    ops: 'Clip',
    shape: image,
  },
  'Clip 13: one bound': {
    spec: model(13, image, [['Clip', 'x _ max', 'y']], { max: f32([], 0.25) }),
    ops: 'Clip',
    shape: image,
  },
  'Dropout 7 is nothing': {
    spec: model(7, image, [
      ['Relu', 'x', 'a'],
      ['Dropout', 'a', 'y', { ratio: 0.5 }],
    ]),
    ops: 'Relu',
    shape: image,
  },
  'Dropout 13 is nothing': {
    spec: model(
      13,
      image,
      [
        ['Relu', 'x', 'a'],
        ['Dropout', 'a ratio', 'y'],
      ],
      { ratio: f32([], 0.5) },
    ),
    ops: 'Relu',
    shape: image,
  },
  'LeakyRelu default': { spec: model(9, image, [['LeakyRelu', 'x', 'y']]), ops: 'LeakyRelu', shape: image },
  'Selu, Elu, HardSigmoid defaults': {
    spec: model(9, image, [
      ['Selu', 'x', 'a'],
      ['Elu', 'a', 'b'],
      ['HardSigmoid', 'b', 'y'],
    ]),
    ops: 'Selu Elu HardSigmoid',
    shape: image,
  },
  PRelu: { spec: model(9, image, [['PRelu', 'x slope', 'y']], { slope: ramp([4, 1, 1]) }), ops: 'PRelu', shape: image },
  'Sum of three is Add': {
    spec: model(8, image, [
      ['Relu', 'x', 'a'],
      ['Sum', 'x a x', 'y'],
    ]),
    ops: 'Relu Add Add',
    shape: image,
  },
  'Max of one is nothing': {
    spec: model(8, image, [
      ['Max', 'x', 'a'],
      ['Relu', 'a', 'y'],
    ]),
    ops: 'Relu',
    shape: image,
  },
  'Cast to double and back': {
    spec: model(13, image, [
      ['Cast', 'x', 'a', { to: 11 }],
      ['Relu', 'a', 'b'],
      ['Cast', 'b', 'y', { to: 1 }],
    ]),
    ops: 'Relu',
    shape: image,
  },
  broadcast: {
    spec: model(13, image, [['Add', 'x b', 'y']], { b: ramp([3, 1, 4, 1, 7]) }),
    ops: 'Add',
    shape: [3, 'N', 4, 9, 7],
  },
  'Squeeze 11, Unsqueeze 11': {
    spec: model(
      11,
      ['N', 4],
      [
        ['Unsqueeze', 'x', 'a', { axes: [-1, 0] }],
        ['Squeeze', 'a', 'y', { axes: [0] }],
      ],
    ),
    ops: 'Reshape Reshape',
    shape: ['N', 4, 1],
  },
  'Squeeze 13, Unsqueeze 13': {
    spec: model(
      13,
      ['N', 4],
      [
        ['Unsqueeze', 'x axes', 'a'],
        ['Squeeze', 'a last', 'y'],
      ],
      { axes: i64(2), last: i64(-1) },
    ),
    ops: 'Reshape Reshape',
    shape: ['N', 4],
  },
  'Flatten 9': { spec: model(9, image, [['Flatten', 'x', 'y']]), ops: 'Reshape', shape: ['N', 252] },
  'Flatten 13 from the back': {
    spec: model(13, image, [['Flatten', 'x', 'y', { axis: -1 }]]),
    ops: 'Reshape',
    shape: ['36*N', 7],
  },
  'Reshape copies and infers': {
    spec: model(9, image, [['Reshape', 'x shape', 'y']], { shape: i64(0, 2, -1, 7) }),
    ops: 'Reshape',
    shape: ['N', 2, 18, 7],
  },
  'Reshape of nothing': {
    spec: model(
      13,
      image,
      [
        ['Reshape', 'x shape', 'a'],
        ['Relu', 'a', 'y'],
      ],
      { shape: i64(0, 0, 0, 0) },
    ),
    ops: 'Relu',
    shape: image,
  },
  'flatten by shape arithmetic (opset 11)': {
    spec: model(11, image, [
      ['Shape', 'x', 's'],
      ['Constant', '', 'zero', { value: int(0) }],
      ['Gather', 's zero', 'n'],
      ['Unsqueeze', 'n', 'n1', { axes: [0] }],
      ['Constant', '', 'rest', { value: i64(-1) }],
      ['Concat', 'n1 rest', 'target', { axis: 0 }],
      ['Reshape', 'x target', 'y'],
    ]),
    ops: 'Reshape',
    shape: ['N', 252],
  },
  'flatten by products of sizes': {
    spec: model(
      13,
      image,
      [
        ['Shape', 'x', 's'],
        ['Slice', 's zero one', 'n'],
        ['Slice', 's one four', 'rest'],
        ['ReduceProd', 'rest', 'm', { axes: [0], keepdims: 1 }],
        ['Concat', 'n m', 'target', { axis: 0 }],
        ['Reshape', 'x target', 'y'],
      ],
      { zero: i64(0), one: i64(1), four: i64(4) },
    ),
    ops: 'Reshape',
    shape: ['N', 252],
  },
  'heads of attention from symbolic sizes': {
    spec: model(
      13,
      ['N', 5, 12],
      [
        ['Shape', 'x', 's'],
        ['Gather', 's i0', 'n'],
        ['Gather', 's i1', 'l'],
        ['Mul', 'n three', 'nh'],
        ['Unsqueeze', 'nh ax', 'nh1'],
        ['Unsqueeze', 'l ax', 'l1'],
        ['Concat', 'nh1 l1 rest', 'target', { axis: 0 }],
        ['Reshape', 'x target', 'y'],
      ],
      { i0: int(0), i1: int(1), three: int(3), ax: i64(0), rest: i64(-1) },
    ),
    ops: 'Reshape',
    shape: ['3*N', 5, 4],
  },
  'Expand with a shape made by Where': {
    spec: model(
      13,
      ['N', 3],
      [
        ['Shape', 'x', 's'],
        ['Equal', 's minus', 'is'],
        ['Where', 'is ones s', 'target'],
        ['Expand', 'row target', 'e'],
        ['Add', 'x e', 'y'],
      ],
      { minus: i64(-1, -1), ones: i64(1, 1), row: ramp([1, 3]) },
    ),
    ops: 'Shape Expand Add',
    shape: ['N', 3],
  },
  'Transpose default': { spec: model(9, image, [['Transpose', 'x', 'y']]), ops: 'Transpose', shape: [7, 9, 4, 'N'] },
  'Concat from the back': {
    spec: model(11, image, [
      ['Relu', 'x', 'a'],
      ['Concat', 'a x', 'y', { axis: -3 }],
    ]),
    ops: 'Relu Concat',
    shape: ['N', 8, 9, 7],
  },
  'Split 11: sizes are an attribute': {
    spec: model(11, image, [
      ['Split', 'x', 'a b', { axis: 1, split: [1, 3] }],
      ['Relu', 'b', 'y'],
    ]),
    ops: 'Split Relu',
    shape: ['N', 3, 9, 7],
  },
  'Split 13: even': {
    spec: model(13, image, [
      ['Split', 'x', 'a b', { axis: 1 }],
      ['Add', 'a b', 'y'],
    ]),
    ops: 'Split Add',
    shape: ['N', 2, 9, 7],
  },
  'Split 18: number of parts': {
    spec: model(18, image, [
      ['Split', 'x', 'a b', { axis: 2, num_outputs: 2 }],
      ['Relu', 'b', 'y'],
    ]),
    ops: 'Split Relu',
    shape: ['N', 4, 4, 7],
  },
  'Slice 9: attributes': {
    spec: model(9, image, [['Slice', 'x', 'y', { starts: [1, -3], ends: [2 ** 63, -1], axes: [1, 3] }]]),
    ops: 'Slice',
    shape: ['N', 3, 9, 2],
  },
  'Slice 13: backwards': {
    spec: model(13, image, [['Slice', 'x starts ends axes steps', 'y']], {
      starts: i64(-1, 8),
      ends: i64(-1000, 2),
      axes: i64(-1, 2),
      steps: i64(-1, -2),
    }),
    ops: 'Slice',
    shape: ['N', 4, 3, 7],
  },
  'Slice of everything is nothing': {
    spec: model(
      13,
      image,
      [
        ['Slice', 'x starts ends', 'a'],
        ['Relu', 'a', 'y'],
      ],
      { starts: i64(0, 0), ends: i64(2 ** 40, 100) },
    ),
    ops: 'Relu',
    shape: image,
  },
  'Gather with negative indices': {
    spec: model(13, image, [['Gather', 'x i', 'y', { axis: 1 }]], { i: i64(-1, 0, 0) }),
    ops: 'Gather',
    shape: ['N', 3, 9, 7],
  },
  Tile: { spec: model(13, image, [['Tile', 'x r', 'y']], { r: i64(1, 2, 1, 1) }), ops: 'Tile', shape: ['N', 8, 9, 7] },
  'Pad 7: attributes': {
    spec: model(7, image, [['Pad', 'x', 'y', { pads: [0, 0, 1, 2, 0, 0, 0, 3], value: 0.5 }]]),
    ops: 'Pad',
    shape: ['N', 4, 10, 12],
  },
  'Pad 13: reflect': {
    spec: model(13, image, [['Pad', 'x pads', 'y', { mode: 'reflect' }]], { pads: i64(0, 0, 1, 2, 0, 0, 0, 3) }),
    ops: 'Pad',
    shape: ['N', 4, 10, 12],
  },
  'Pad 18: some axes, negative': {
    spec: model(18, image, [['Pad', 'x pads _ axes', 'y']], { pads: i64(1, -1, 2, 0), axes: i64(2, -1) }),
    ops: 'Pad',
    shape: ['N', 4, 12, 6],
  },
  DepthToSpace: {
    spec: model(11, image, [['DepthToSpace', 'x', 'y', { blocksize: 2, mode: 'CRD' }]]),
    ops: 'DepthToSpace',
    shape: ['N', 1, 18, 14],
  },
  'ReduceMean 13: attribute': {
    spec: model(13, image, [['ReduceMean', 'x', 'y', { axes: [-1, 2], keepdims: 0 }]]),
    ops: 'ReduceMean',
    shape: ['N', 4],
  },
  'ReduceMean 18: input': {
    spec: model(18, image, [['ReduceMean', 'x axes', 'y']], { axes: i64(-1, 2) }),
    ops: 'ReduceMean',
    shape: ['N', 4, 1, 1],
  },
  'ReduceSum 13: input': {
    spec: model(13, image, [['ReduceSum', 'x axes', 'y', { keepdims: 0 }]], { axes: i64(1) }),
    ops: 'ReduceSum',
    shape: ['N', 9, 7],
  },
  'ReduceMax over all': {
    spec: model(11, image, [['ReduceMax', 'x', 'y', { keepdims: 0 }]]),
    ops: 'ReduceMax',
    shape: [],
  },
  'Softmax 9 along the last axis': {
    spec: model(9, ['N', 5], [['Softmax', 'x', 'y']]),
    ops: 'Softmax',
    shape: ['N', 5],
  },
  'Softmax 9 over [C,1,1]': {
    spec: model(9, ['N', 5, 1, 1], [['Softmax', 'x', 'y']]),
    ops: 'Softmax',
    shape: ['N', 5, 1, 1],
  },
  'LogSoftmax 9 over several axes': {
    spec: model(9, ['N', 5, 2], [['LogSoftmax', 'x', 'y']]),
    ops: 'Reshape LogSoftmax Reshape',
    shape: ['N', 5, 2],
  },
  'Softmax 13 along an inner axis': {
    spec: model(13, image, [['Softmax', 'x', 'y', { axis: -3 }]]),
    ops: 'Softmax',
    shape: image,
  },
  'Conv SAME_UPPER, stride 2': {
    spec: model(8, image, [['Conv', 'x w', 'y', { auto_pad: 'SAME_UPPER', kernel_shape: [3, 3], strides: [2, 2] }]], {
      w,
    }),
    ops: 'Conv',
    shape: ['N', 6, 5, 4],
  },
  'Conv SAME_LOWER, even kernel': {
    spec: model(8, image, [['Conv', 'x w', 'y', { auto_pad: 'SAME_LOWER', strides: [2, 1] }]], {
      w: ramp([2, 4, 2, 4]),
    }),
    ops: 'Conv',
    shape: ['N', 2, 5, 7],
  },
  'Conv VALID, dilation': {
    spec: model(8, image, [['Conv', 'x w b', 'y', { auto_pad: 'VALID', dilations: [2, 3] }]], { w, b: ramp([6]) }),
    ops: 'Conv',
    shape: ['N', 6, 5, 1],
  },
  'Conv groups, uneven pads': {
    spec: model(13, image, [['Conv', 'x w', 'y', { group: 4, pads: [0, 1, 2, 3] }]], { w: ramp([8, 1, 3, 3]) }),
    ops: 'Conv',
    shape: ['N', 8, 9, 9],
  },
  'Conv 1-D': {
    spec: model(13, ['N', 3, 8], [['Conv', 'x w', 'y', { pads: [1, 1] }]], { w: ramp([2, 3, 3]) }),
    ops: 'Conv',
    shape: ['N', 2, 8],
  },
  ConvTranspose: {
    spec: model(
      11,
      image,
      [['ConvTranspose', 'x w', 'y', { strides: [2, 2], pads: [1, 0, 1, 2], output_padding: [1, 0] }]],
      { w: ramp([4, 3, 3, 3]) },
    ),
    ops: 'ConvTranspose',
    shape: ['N', 3, 18, 13],
  },
  'ConvTranspose SAME_UPPER': {
    spec: model(11, image, [['ConvTranspose', 'x w', 'y', { strides: [2, 2], auto_pad: 'SAME_UPPER' }]], {
      w: ramp([4, 3, 3, 3]),
    }),
    ops: 'ConvTranspose',
    shape: ['N', 3, 18, 14],
  },
  'ConvTranspose output_shape': {
    spec: model(11, image, [['ConvTranspose', 'x w', 'y', { strides: [2, 2], output_shape: [18, 15] }]], {
      w: ramp([4, 3, 3, 3]),
    }),
    ops: 'ConvTranspose',
    shape: ['N', 3, 18, 15],
  },
  'MaxPool ceil is end pads': {
    spec: model(12, image, [['MaxPool', 'x', 'y', { kernel_shape: [2, 3], strides: [2, 3], ceil_mode: 1 }]]),
    ops: 'MaxPool',
    shape: ['N', 4, 5, 3],
  },
  'MaxPool SAME_UPPER': {
    spec: model(8, image, [['MaxPool', 'x', 'y', { kernel_shape: [3, 2], strides: [2, 2], auto_pad: 'SAME_UPPER' }]]),
    ops: 'MaxPool',
    shape: ['N', 4, 5, 4],
  },
  'MaxPool dilation': {
    spec: model(12, image, [['MaxPool', 'x', 'y', { kernel_shape: [3, 2], dilations: [2, 1], pads: [1, 0, 1, 1] }]]),
    ops: 'MaxPool',
    shape: ['N', 4, 7, 7],
  },
  'AveragePool ceil, pads not counted': {
    spec: model(19, image, [['AveragePool', 'x', 'y', { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }]]),
    ops: 'AveragePool',
    shape: ['N', 4, 5, 4],
  },
  'AveragePool counting pads': {
    spec: model(11, image, [
      ['AveragePool', 'x', 'y', { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 }],
    ]),
    ops: 'AveragePool',
    shape: image,
  },
  'global pools': {
    spec: model(9, image, [
      ['GlobalAveragePool', 'x', 'a'],
      ['GlobalMaxPool', 'x', 'b'],
      ['Sub', 'a b', 'y'],
    ]),
    ops: 'GlobalAveragePool GlobalMaxPool Sub',
    shape: ['N', 4, 1, 1],
  },
  'Upsample 7: attribute': {
    spec: model(7, image, [['Upsample', 'x', 'y', { scales: Float32Array.of(1, 1, 2, 3), mode: 'nearest' }]]),
    ops: 'Resize',
    shape: ['N', 4, 18, 21],
  },
  'Upsample 9: input, linear': {
    spec: model(9, image, [['Upsample', 'x s', 'y', { mode: 'linear' }]], { s: f32([4], 1, 1, 2, 2) }),
    ops: 'Resize',
    shape: ['N', 4, 18, 14],
  },
  'Resize 10': {
    spec: model(10, image, [['Resize', 'x s', 'y']], { s: f32([4], 1, 1, 2, 2) }),
    ops: 'Resize',
    shape: ['N', 4, 18, 14],
  },
  'Resize 11 sizes': {
    spec: model(
      11,
      [2, 4, 9, 7],
      [['Resize', 'x e e sizes', 'y', { mode: 'linear', coordinate_transformation_mode: 'align_corners' }]],
      { e: f32([0]), sizes: i64(2, 4, 20, 3) },
    ),
    ops: 'Resize',
    shape: ['N', 4, 20, 3],
  },
  'Resize 18 axes': {
    spec: model(18, image, [['Resize', 'x _ _ sizes', 'y', { axes: [2, 3], mode: 'nearest' }]], { sizes: i64(18, 7) }),
    ops: 'Resize',
    shape: ['N', 4, 18, 7],
  },
  'BatchNormalization 7': {
    spec: model(7, image, [['BatchNormalization', 'x s b m v', 'y', { epsilon: 0.001, momentum: 0.9 }]], {
      s: ramp([4]),
      b: ramp([4]),
      m: ramp([4]),
      v: f32([4], 1, 2, 3, 4),
    }),
    ops: 'BatchNormalization',
    shape: image,
  },
  'BatchNormalization 14': {
    spec: model(14, image, [['BatchNormalization', 'x s b m v', 'y']], {
      s: ramp([4]),
      b: ramp([4]),
      m: ramp([4]),
      v: f32([4], 1, 2, 3, 4),
    }),
    ops: 'BatchNormalization',
    shape: image,
  },
  LayerNormalization: {
    spec: model(17, image, [['LayerNormalization', 'x s b', 'y']], { s: ramp([7]), b: ramp([7]) }),
    ops: 'LayerNormalization',
    shape: image,
  },
  InstanceNormalization: {
    spec: model(9, image, [['InstanceNormalization', 'x s b', 'y']], { s: ramp([4]), b: ramp([4]) }),
    ops: 'InstanceNormalization',
    shape: image,
  },
  LRN: { spec: model(9, image, [['LRN', 'x', 'y', { size: 3, bias: 2 }]]), ops: 'LRN', shape: image },
  'Gemm, scalar C': {
    spec: model(9, ['N', 5], [['Gemm', 'x w c', 'y', { transB: 1, alpha: 2, beta: 3 }]], {
      w: ramp([4, 5]),
      c: f32([], 0.5),
    }),
    ops: 'Gemm',
    shape: ['N', 4],
  },
  'Gemm, one row C': {
    spec: model(11, ['N', 5], [['Gemm', 'x w c', 'y']], { w: ramp([5, 4]), c: ramp([1, 4]) }),
    ops: 'Gemm',
    shape: ['N', 4],
  },
  'Gemm without C': {
    spec: model(11, ['N', 5], [['Gemm', 'x w', 'y']], { w: ramp([5, 4]) }),
    ops: 'Gemm',
    shape: ['N', 4],
  },
  'MatMul broadcasts': {
    spec: model(13, ['N', 1, 2, 3], [['MatMul', 'x w', 'y']], { w: ramp([4, 3, 5]) }),
    ops: 'MatMul',
    shape: ['N', 4, 2, 5],
  },
  'MatMul by a vector': {
    spec: model(13, ['N', 2, 3], [['MatMul', 'x w', 'y']], { w: ramp([3]) }),
    ops: 'MatMul',
    shape: ['N', 2],
  },
  'TopK 9': { spec: model(9, ['N', 5], [['TopK', 'x', 'y i', { k: 2 }]]), ops: 'TopK', shape: ['N', 2] },
  'ArgMax and Cast': {
    spec: model(
      12,
      ['N', 5],
      [
        ['ArgMax', 'x', 'a', { axis: -1, keepdims: 0 }],
        ['Cast', 'a', 'y', { to: 1 }],
      ],
    ),
    ops: 'ArgMax Cast',
    shape: ['N'],
  },
  'weights through Reshape and Transpose': {
    spec: model(
      8,
      ['N', 6],
      [
        ['Reshape', 'w shape', 'v'],
        ['Transpose', 'v', 'u'],
        ['MatMul', 'x u', 'y'],
      ],
      { w: ramp([2, 3, 4]), shape: i64(4, 6) },
    ),
    ops: 'MatMul',
    shape: ['N', 4],
  },
  'weight normalisation': {
    spec: model(
      13,
      ['N', 6],
      [
        ['ReduceL2', 'w', 'n', { axes: [1] }],
        ['Div', 'w n', 'd'],
        ['Mul', 'd g', 'v'],
        ['Gemm', 'x v', 'y', { transB: 1 }],
      ],
      { w: ramp([4, 6]), g: ramp([4, 1]) },
    ),
    ops: 'Gemm',
    shape: ['N', 4],
  },
  'quantised weights per channel': {
    spec: model(
      13,
      ['N', 6],
      [
        ['DequantizeLinear', 'q s z', 'w', { axis: 0 }],
        ['Gemm', 'x w', 'y', { transB: 1 }],
      ],
      { q: ramp([4, 6], 4, 'int8'), s: f32([4], 0.1, 0.2, 0.3, 0.4), z: tensorOf('int8', [4], [1, 0, -3, 7]) },
    ),
    ops: 'Gemm',
    shape: ['N', 4],
  },
  'weights quantised and back': {
    spec: model(
      13,
      ['N', 6],
      [
        ['QuantizeLinear', 'w s z', 'q'],
        ['DequantizeLinear', 'q s z', 'v'],
        ['Gemm', 'x v', 'y', { transB: 1 }],
      ],
      { w: ramp([4, 6]), s: f32([], 0.02), z: tensorOf('uint8', [], [120]) },
    ),
    ops: 'Gemm',
    shape: ['N', 4],
  },
  'constants of every form': {
    spec: model(
      13,
      ['N', 3],
      [
        ['Constant', '', 'a', { value_floats: Float32Array.of(1, 2, 3) }],
        ['Constant', '', 'b', { value_float: 2 }],
        ['Constant', '', 'i', { value_ints: [3] }],
        ['ConstantOfShape', 'i', 'c', { value: f32([1], 4) }],
        ['Range', 'r0 r1 r2', 'r'],
        ['Cast', 'r', 'rf', { to: 1 }],
        ['Mul', 'x a', 'p'],
        ['Mul', 'p b', 'q'],
        ['Add', 'q c', 's'],
        ['Add', 's rf', 'y'],
      ],
      { r0: int(1), r1: int(7), r2: int(2) },
    ),
    ops: 'Mul Mul Add Add',
    shape: ['N', 3],
  },
  'positions by NonZero': {
    spec: model(
      13,
      ['N', 3],
      [
        ['NonZero', 'mask', 'i'],
        ['Transpose', 'i', 't'],
        ['Squeeze', 't one', 's'],
        ['Gather', 'x s', 'y', { axis: 1 }],
      ],
      { mask: i64(1, 0, 1), one: i64(1) },
    ),
    ops: 'Gather',
    shape: ['N', 2],
  },
  'constant Expand, Tile, Pad, Split, Slice': {
    spec: model(
      13,
      ['N', 4],
      [
        ['Expand', 'c to', 'e'],
        ['Tile', 'e rep', 't'],
        ['Pad', 't pads', 'p'],
        ['Split', 'p', 'u v', { axis: 1 }],
        ['Slice', 'v s0 s1 s2 s3', 'w'],
        ['Concat', 'w u', 'k', { axis: 0 }],
        ['MatMul', 'x k', 'y'],
      ],
      {
        c: ramp([2, 1]),
        to: i64(2, 2),
        rep: i64(1, 2),
        pads: i64(0, 1, 0, 3),
        s0: i64(-1),
        s1: i64(-9),
        s2: i64(0),
        s3: i64(-1),
      },
    ),
    ops: 'MatMul',
    shape: ['N', 4],
  },
  // [-7 / 2, 8 / 2] - [-2, 0] = [-1, 4]: towards zero.
  'integer division truncates': {
    spec: model(
      13,
      ['N', 2, 2],
      [
        ['Div', 'a b', 'q'],
        ['Sub', 'q c', 's'],
        ['Reshape', 'x s', 'y'],
      ],
      { a: i64(-7, 9), b: i64(2, 2), c: i64(-2, 0) },
    ),
    ops: 'Reshape',
    shape: ['N', 4],
  },
  'Identity keeps the names of outputs': {
    spec: model(13, image, [
      ['Relu', 'x', 'a'],
      ['Identity', 'a', 'b'],
      ['Identity', 'b', 'y'],
    ]),
    ops: 'Relu',
    shape: image,
  },
}
