import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { f32, i64, int, model, ramp } from '../../test/cases.js'
import { largestDifference, randomTensor, runOrt } from '../../test/ort.js'
import { tensorOf } from '../dtype.js'
import type { OnnxDType, OnnxModelSpec, OnnxTensor } from '../graph.js'
import {
  AttributeProto_AttributeType as Type,
  AttributeProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  type NodeProto,
} from '../proto/onnx_pb.js'
import { readOnnx } from '../read/read.js'
import { writeOnnx } from '../write.js'

const image = ['N', 3, 4, 5] as const
const scalar = (dtype: OnnxDType, value: number): OnnxTensor => tensorOf(dtype, [], [value])
const single = (dtype: OnnxDType, value: number): OnnxTensor => tensorOf(dtype, [1], [value])

/** What the file computes, and what is computed after reading and writing it back: the same. */
async function both(bytes: Uint8Array, x: OnnxTensor): Promise<void> {
  const graph = readOnnx(bytes)
  expect(graph.unsupported).toEqual([])
  const original = (await runOrt(bytes, { x })).y!
  const back = (await runOrt(writeOnnx(graph), { x })).y!
  expect(back.dims).toEqual(original.dims)
  expect(largestDifference(back.data, original.data)).toBeLessThan(1e-6)
}

const samples = (shape: OnnxModelSpec['inputs'][number]['shape'], dtype: OnnxDType = 'float32'): OnnxTensor => {
  const x = randomTensor(shape!.map((d) => (typeof d === 'number' ? d : 2)))
  return dtype === 'float32'
    ? x
    : tensorOf(
        dtype,
        x.shape,
        Array.from(x.data, (v) => Math.round(v * 100) + (dtype === 'uint8' ? 100 : 0)),
      )
}

const quantized = model(21, image, [
  ['QuantizeLinear', 'x s z', 'q'],
  ['DequantizeLinear', 'q s z', 'y'],
])
const cases: Readonly<Record<string, OnnxModelSpec>> = {
  'Shape with start and end': model(
    15,
    image,
    [
      ['Shape', 'x', 's', { start: 0, end: 1 }],
      ['Concat', 's three', 't', { axis: 0 }],
      ['Expand', 'row t', 'y'],
    ],
    { three: i64(3), row: ramp([1, 3]) },
  ),
  'Shape with ends from the back': model(21, image, [
    ['Shape', 'x', 's', { start: -3, end: -1 }],
    ['Cast', 's', 'y', { to: 1 }],
  ]),
  'Shape of no axes': model(21, image, [
    ['Shape', 'x', 's', { start: 3, end: 1 }],
    ['Size', 's', 'n'],
    ['Cast', 'n', 'y', { to: 1 }],
  ]),
  'ConvTranspose above its natural size': model(
    11,
    image,
    [['ConvTranspose', 'x w', 'y', { strides: [3, 2], output_shape: [13, 12] }]],
    { w: ramp([3, 2, 3, 3]) },
  ),
  'scale [1], zero point []': { ...quantized, constants: { s: f32([1], 0.02), z: scalar('int8', 3) } },
  'scale [], zero point [1]': { ...quantized, constants: { s: f32([], 0.02), z: single('uint8', 100) } },
  'scale [1], zero point [1], 16 bits': { ...quantized, constants: { s: f32([1], 0.0001), z: single('int16', -300) } },
  'no zero point': model(
    13,
    image,
    [
      ['QuantizeLinear', 'x s', 'q'],
      ['DequantizeLinear', 'q s', 'y'],
    ],
    { s: f32([1], 0.01) },
  ),
  'weights with scale [1], zero point []': model(
    13,
    image,
    [
      ['DequantizeLinear', 'w s z', 'v'],
      ['MatMul', 'x v', 'y'],
    ],
    { w: ramp([5, 2], 9, 'int8'), s: f32([1], 0.1), z: scalar('int8', 2) },
  ),
  'per channel': model(
    13,
    image,
    [
      ['QuantizeLinear', 'x s z', 'q', { axis: 1 }],
      ['DequantizeLinear', 'q s z', 'y', { axis: -3 }],
    ],
    { s: f32([3], 0.02, 0.1, 0.5), z: tensorOf('int8', [3], [1, -5, 0]) },
  ),
  '4 bits by the type of the result': model(
    21,
    image,
    [
      ['QuantizeLinear', 'x s', 'q', { output_dtype: 22 }],
      ['DequantizeLinear', 'q s', 'y'],
    ],
    { s: f32([], 0.05) },
  ),
  QLinearConv: model(
    13,
    image,
    [
      ['QuantizeLinear', 'x s z', 'q'],
      ['QLinearConv', 'q s z w t u v k b', 'c', { pads: [1, 1, 1, 1] }],
      ['DequantizeLinear', 'c v k', 'y'],
    ],
    {
      s: f32([], 0.01),
      z: scalar('uint8', 100),
      w: ramp([2, 3, 3, 3], 2, 'int8'),
      t: f32([2], 0.01, 0.02),
      u: tensorOf('int8', [2], [0, 0]),
      v: f32([], 0.05),
      k: scalar('uint8', 90),
      b: tensorOf('int32', [2], [200, -300]),
    },
  ),
  QLinearMatMul: model(
    21,
    ['N', 4],
    [
      ['QuantizeLinear', 'x s z', 'q'],
      ['QLinearMatMul', 'q s z w s u v k', 'c'],
      ['DequantizeLinear', 'c v k', 'y'],
    ],
    {
      s: f32([], 0.02),
      z: scalar('int8', 10),
      w: ramp([4, 3], 8, 'int8'),
      u: scalar('int8', 1),
      v: f32([], 0.05),
      k: scalar('int8', -3),
    },
  ),
  'whole numbers multiplied, by a scale of the run': model(
    13,
    ['N', 4],
    [
      ['DynamicQuantizeLinear', 'x', 'q s z'],
      ['MatMulInteger', 'q w z', 'm'],
      ['Cast', 'm', 'f', { to: 1 }],
      ['Mul', 'f s', 'y'],
    ],
    { w: ramp([4, 3], 8, 'int8') },
  ),
  'GroupNormalization 18, one number a group': model(
    18,
    ['N', 4, 3],
    [['GroupNormalization', 'x s b', 'y', { num_groups: 2 }]],
    { s: f32([2], 1, 2), b: f32([2], 0.5, -1) },
  ),
  'Attention with fewer heads of keys': model(
    23,
    ['N', 5, 8],
    [
      ['MatMul', 'x w', 'k'],
      ['Attention', 'x k k', 'y', { q_num_heads: 4, kv_num_heads: 2, is_causal: 1, softcap: 2 }],
    ],
    { w: ramp([8, 4]) },
  ),
  'Attention with a mask of bools': model(23, ['N', 2, 3, 4], [['Attention', 'x x x mask', 'y', { scale: 0.3 }]], {
    mask: tensorOf('bool', [3, 3], [1, 0, 0, 1, 1, 0, 0, 0, 1]),
  }),
  'Einsum of heads': model(
    13,
    ['N', 3, 4, 5],
    [
      ['Einsum', 'x x', 's', { equation: 'bhid,bhjd->bhij' }],
      ['Einsum', 's x', 'y', { equation: 'bhij,bhjd->bihd' }],
    ],
  ),
  'Einsum of sums': model(13, ['N', 3, 4], [['Einsum', 'x w', 'y', { equation: 'nij,kjm->kni' }]], {
    w: ramp([2, 4, 3]),
  }),
  'Einsum of one': model(13, ['N', 3, 4], [['Einsum', 'x', 'y', { equation: 'nij->jn' }]]),
  'sizes by Mod, weights by MatMul and ScatterND': model(
    16,
    ['N', 4],
    [
      ['Mod', 'minus three', 'two'],
      ['Unsqueeze', 'two zero', 'two1'],
      ['Slice', 'x zero two1 one', 'h'],
      ['MatMul', 'a a', 'b'],
      ['ScatterND', 'b at row', 'w'],
      ['MatMul', 'h w', 'y'],
    ],
    {
      minus: int(-4),
      three: int(3),
      zero: i64(0),
      one: i64(1),
      a: ramp([2, 2]),
      at: tensorOf('int64', [1, 1], [-1]),
      row: ramp([1, 2]),
    },
  ),
  'LSTM in both directions': model(
    14,
    [5, 2, 3],
    [
      ['LSTM', 'x w r b', 'all h c', { hidden_size: 4, direction: 'bidirectional' }],
      ['ReduceSum', 'all', 's', { keepdims: 0 }],
      ['Add', 's h', 't'],
      ['Add', 't c', 'y'],
    ],
    { w: ramp([2, 16, 3], 0.01), r: ramp([2, 16, 4], 0.01), b: ramp([2, 32], 0.01) },
  ),
}

describe('what a file computes is computed after reading and writing it back', () => {
  it.each(Object.entries(cases))('%s', (_, spec) => both(writeOnnx(spec), samples(spec.inputs[0]!.shape)))

  it('a graph input of bytes', async () => {
    const spec = model(13, image, [['DequantizeLinear', 'x s z', 'y']], { s: f32([], 0.1), z: scalar('uint8', 7) })
    await both(writeOnnx({ ...spec, inputs: [{ name: 'x', dtype: 'uint8', shape: image }] }), samples(image, 'uint8'))
  })

  it('quantisation, whatever form its numbers have and whatever stands between', { timeout: 60_000 }, async () => {
    const between = { none: [], Reshape: ['shape'], MaxPool: [], Transpose: [] } as const
    const form = fc.constantFrom('number', 'list')
    const numbers = fc.record({
      dtype: fc.constantFrom('int8' as const, 'uint8' as const, 'int16' as const, 'uint16' as const),
      scale: fc.double({ min: 0.001, max: 0.5, noNaN: true }),
      zero: fc.integer({ min: 0, max: 100 }),
      behind: fc.double({ min: 0.001, max: 0.5, noNaN: true }),
      forms: fc.tuple(form, form, form, form),
      op: fc.constantFrom(...(Object.keys(between) as (keyof typeof between)[])),
      domain: fc.constantFrom('', 'com.microsoft'),
    })
    await fc.assert(
      fc.asyncProperty(numbers, async ({ dtype, scale, zero, behind, forms, op, domain }) => {
        // ONNX has no MaxPool of 16-bit integers
        fc.pre(op !== 'MaxPool' || !dtype.endsWith('16'))
        const made = (i: number, type: OnnxDType, value: number): OnnxTensor =>
          forms[i] === 'list' ? single(type, value) : scalar(type, value)
        const attributes = op === 'MaxPool' ? { kernel_shape: [2, 2] } : {}
        const spec = model(
          21,
          image,
          [
            ['QuantizeLinear', 'x s z', 'q'],
            ...(op === 'none' ? [] : [[op, ['q', ...between[op]].join(' '), 'm', attributes] as const]),
            ['DequantizeLinear', `${op === 'none' ? 'q' : 'm'} t u`, 'y'],
          ],
          {
            s: made(0, 'float32', scale),
            z: made(1, dtype, zero),
            t: made(2, 'float32', behind),
            u: made(3, dtype, zero + 3),
            ...(op === 'Reshape' && { shape: i64(-1, 60) }),
          },
        )
        const nodes = spec.nodes.map((n) => (n.op.endsWith('Linear') ? { ...n, domain } : n))
        await both(writeOnnx({ ...spec, nodes, domains: { 'com.microsoft': 1 } }), samples(image))
      }),
      { numRuns: 60, seed: 1 },
    )
  })

  it('ConvTranspose, whatever its attributes', { timeout: 60_000 }, async () => {
    const two = (min: number, max: number): fc.Arbitrary<number[]> =>
      fc.array(fc.integer({ min, max }), { minLength: 2, maxLength: 2 })
    const attributes = fc.record({
      strides: two(1, 3),
      dilations: two(1, 2),
      kernel: two(1, 3),
      extra: two(0, 2),
      pads: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 4, maxLength: 4 }),
      more: two(-2, 2),
      auto: fc.constantFrom('NOTSET', 'SAME_UPPER', 'SAME_LOWER', 'VALID'),
      shaped: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(attributes, async ({ strides, dilations, kernel, extra, pads, more, auto, shaped }) => {
        // ONNX Runtime refuses more padding behind
        fc.pre(extra.every((n, i) => n + (shaped ? Math.max(0, more[i]!) : 0) < strides[i]!))
        const natural = [4, 5].map((n, i) => strides[i]! * (n - 1) + extra[i]! + dilations[i]! * (kernel[i]! - 1) + 1)
        const spec = model(
          13,
          image,
          [
            [
              'ConvTranspose',
              'x w',
              'y',
              {
                strides,
                dilations,
                output_padding: extra,
                auto_pad: auto,
                ...(shaped ? { output_shape: natural.map((n, i) => n + more[i]!) } : auto === 'NOTSET' ? { pads } : {}),
              },
            ],
          ],
          { w: ramp([3, 2, ...kernel]) },
        )
        await both(writeOnnx(spec), samples(image))
      }),
      { numRuns: 80, seed: 2 },
    )
  })

  it('Shape between any two axes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -6, max: 6 }),
        fc.option(fc.integer({ min: -6, max: 6 })),
        async (start, end) => {
          const spec = model(15, image, [
            ['Shape', 'x', 's', { start, ...(end !== null && { end }) }],
            ['ReduceSum', 's', 'n', { keepdims: 0 }],
            ['Cast', 'n', 'y', { to: 1 }],
          ])
          await both(writeOnnx(spec), samples(image))
        },
      ),
      { numRuns: 60, seed: 3 },
    )
  })
})

// Files with graphs inside that `writeOnnx` does not write.

const attribute = (name: string, value: object): ReturnType<typeof create<typeof AttributeProtoSchema>> =>
  create(AttributeProtoSchema, { name, ...value })
const nodeProto = (
  opType: string,
  input: string[],
  output: string[],
  attributes: ReturnType<typeof attribute>[] = [],
  domain = '',
): NodeProto => create(NodeProtoSchema, { opType, input, output, attribute: attributes, domain })

describe('graphs inside of graphs', () => {
  it('an If of a known condition is one of its branches, which reads what is around it', async () => {
    const spec = model(
      13,
      ['N', 8],
      [
        ['Relu', 'x', 'r'],
        ['Unsqueeze', 'r one', 'v'],
        ['Shape', 'v', 's'],
        ['Gather', 's last', 'd'],
        ['Equal', 'd k', 'c'],
        ['Placeholder', 'c', 'w'],
        ['Neg', 'w', 'y'],
      ],
      { one: i64(2), last: int(2), k: int(1) },
    )
    const file = fromBinary(ModelProtoSchema, writeOnnx(spec))
    const branch = (nodes: NodeProto[], output: string): object => ({
      type: Type.GRAPH,
      g: { name: 'b', node: nodes, output: [{ name: output }] },
    })
    const branches = [
      attribute('then_branch', branch([nodeProto('Squeeze', ['v', 'one'], ['q'])], 'q')),
      attribute('else_branch', branch([nodeProto('Identity', ['v'], ['q'])], 'q')),
    ]
    file.graph!.node = file.graph!.node.map((n) =>
      n.opType === 'Placeholder' ? nodeProto('If', ['c'], ['w'], branches) : n,
    )
    const bytes = toBinary(ModelProtoSchema, file)
    await both(bytes, samples(['N', 8]))
    expect(readOnnx(bytes).nodes.map(({ op }) => op)).toEqual(['Relu', 'Reshape', 'Reshape', 'Neg'])
  })

  it('an If of a condition that is found at run time is not understood', () => {
    const file = fromBinary(
      ModelProtoSchema,
      writeOnnx(
        model(
          13,
          ['N'],
          [
            ['ReduceMax', 'x', 'm', { keepdims: 0 }],
            ['Cast', 'm', 'c', { to: 9 }],
            ['Placeholder', 'c', 'y'],
          ],
        ),
      ),
    )
    const branch = {
      type: Type.GRAPH,
      g: { name: 'b', node: [nodeProto('Neg', ['x'], ['q'])], output: [{ name: 'q' }] },
    }
    file.graph!.node = file.graph!.node.map((n) =>
      n.opType === 'Placeholder'
        ? nodeProto('If', ['c'], ['y'], [attribute('then_branch', branch), attribute('else_branch', branch)])
        : n,
    )
    expect(readOnnx(toBinary(ModelProtoSchema, file)).unsupported).toMatchObject([
      { op: 'If', reason: 'which of its branches is taken is found at run time' },
    ])
  })

  it('functions of the model are written out, with their attributes, also those that call others', async () => {
    const file = fromBinary(
      ModelProtoSchema,
      writeOnnx(
        model(
          18,
          ['N', 4],
          [
            ['MatMul', 'x w', 'h'],
            ['Placeholder', 'h w', 'g'],
            ['Placeholder', 'g w', 'y'],
          ],
          { w: ramp([4, 4]) },
          { domains: { local: 1 } },
        ),
      ),
    )
    const opsetImport = [
      { domain: '', version: 18n },
      { domain: 'local', version: 1n },
    ]
    const alpha = attribute('alpha', { refAttrName: 'slope', type: Type.FLOAT })
    file.functions = create(ModelProtoSchema, {
      functions: [
        {
          name: 'act',
          domain: 'local',
          input: ['a'],
          output: ['b'],
          attributeProto: [{ name: 'slope', type: Type.FLOAT, f: 0.5 }],
          node: [nodeProto('LeakyRelu', ['a'], ['b'], [alpha])],
          opsetImport,
        },
        {
          name: 'layer',
          domain: 'local',
          input: ['x', 'm'],
          output: ['y'],
          attribute: ['slope'],
          node: [
            nodeProto('act', ['x'], ['h'], [attribute('slope', { refAttrName: 'slope', type: Type.FLOAT })], 'local'),
            nodeProto('MatMul', ['h', 'm'], ['y']),
          ],
          opsetImport,
        },
      ],
    }).functions
    let calls = 0
    file.graph!.node = file.graph!.node.map((n) =>
      n.opType !== 'Placeholder'
        ? n
        : nodeProto(
            'layer',
            n.input,
            n.output,
            calls++ === 0
              ? [attribute('slope', { type: Type.FLOAT, f: 0.1 })]
              : [attribute('slope', { type: Type.FLOAT, f: 0.9 })],
            'local',
          ),
    )
    const bytes = toBinary(ModelProtoSchema, file)
    await both(bytes, samples(['N', 4]))
    expect(readOnnx(bytes).nodes.map(({ op }) => op)).toEqual(['MatMul', 'LeakyRelu', 'MatMul', 'LeakyRelu', 'MatMul'])
  })

  it('a function that calls itself is refused', () => {
    const file = fromBinary(
      ModelProtoSchema,
      writeOnnx(model(18, ['N', 4], [['again', 'x', 'y']], {}, { domains: { local: 1 } })),
    )
    file.graph!.node = [nodeProto('again', ['x'], ['y'], [], 'local')]
    file.functions = create(ModelProtoSchema, {
      functions: [
        {
          name: 'again',
          domain: 'local',
          input: ['x'],
          output: ['y'],
          node: [nodeProto('again', ['x'], ['y'], [], 'local')],
        },
      ],
    }).functions
    expect(() => readOnnx(toBinary(ModelProtoSchema, file))).toThrow(/it calls itself/)
  })
})
