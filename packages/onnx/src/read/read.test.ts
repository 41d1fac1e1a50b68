import { isSnnError, type ErrorCode, type ErrorDetails } from '@snn/tensor'
import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { f32, i64, int, model, ramp } from '../../test/cases.js'
import { largestDifference, randomTensor, runOrt } from '../../test/ort.js'
import { assertSupported } from '../assert-supported.js'
import {
  constantInput,
  floatAttribute,
  intAttribute,
  intsAttribute,
  numbersInput,
  stringAttribute,
  valueOf,
} from '../access.js'
import { numbersOf } from '../dtype.js'
import type { OnnxModelSpec } from '../graph.js'
import { ModelProtoSchema, TensorProto_DataLocation, type TensorProtoSchema } from '../proto/onnx_pb.js'
import { writeOnnx } from '../write.js'
import { readOnnx } from './read.js'

function details<C extends ErrorCode>(code: C, run: () => unknown): ErrorDetails[C] {
  try {
    run()
  } catch (error) {
    if (isSnnError(error, code)) return error.details
    throw error
  }
  return expect.fail(`expected the error ${code}`)
}

const read = (spec: OnnxModelSpec) => readOnnx(writeOnnx(spec))

/** A model `y = x + w` with the constant as the file stores it. */
function withConstant(tensor: MessageInitShape<typeof TensorProtoSchema>, repeat = 1, type = 1): Uint8Array {
  const float = (name: string) => ({
    name,
    type: {
      value: {
        case: 'tensorType' as const,
        value: { elemType: type, shape: { dim: [{ value: { case: 'dimValue' as const, value: 2n } }] } },
      },
    },
  })
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ version: 13n }],
      graph: {
        initializer: Array.from({ length: repeat }, (_, i) => ({ name: i === 0 ? 'w' : `w${i}`, ...tensor })),
        node: [{ opType: 'Add', input: ['x', 'w'], output: ['y'] }],
        input: [float('x')],
        output: [float('y')],
      },
    }),
  )
}

describe('batch', () => {
  const fixed = (batch: number, target: number[]): OnnxModelSpec =>
    model(
      13,
      [batch, 2, 6],
      [
        ['Reshape', 'x t', 'a'],
        ['Relu', 'a', 'y'],
      ],
      { t: i64(...target) },
    )

  it.each([
    [1, [1, 12], ['N', 12]],
    [1, [1, -1], ['N', 12]],
    [10, [10, -1], ['N', 12]],
    [10, [-1, 4], ['3*N', 4]],
    [4, [8, 6], ['2*N', 6]],
    [1, [1, 1, 12], ['N', 1, 12]],
    [1, [-1, 12], ['N', 12]],
    [3, [0, 12], ['N', 12]],
    [1, [2, 6], ['2*N', 6]],
  ])('of %i, reshaped to %j, is free: %j', async (batch, target, shape) => {
    const spec = fixed(batch, target)
    const graph = read(spec)
    expect(graph.inputs[0]!.shape).toEqual(['N', 2, 6])
    expect(graph.outputs[0]!.shape).toEqual(shape)
    expect(graph.notes.join()).toContain(`The batch size, ${batch} in the file, was made free.`)
    const twice = randomTensor([2 * batch, 2, 6])
    const both = (await runOrt(writeOnnx(graph), { x: twice })).y!
    const second = (
      await runOrt(writeOnnx(spec), {
        x: { dtype: 'float32', shape: [batch, 2, 6], data: twice.data.slice(batch * 12) },
      })
    ).y!
    expect(largestDifference(Array.prototype.slice.call(both.data, batch * 12), second.data)).toBe(0)
  })

  it('that sits behind another axis stays at its place', () => {
    const graph = read(
      model(
        13,
        [1, 4, 6],
        [
          ['Reshape', 'x t', 'a'],
          ['Transpose', 'a', 'b', { perm: [1, 0, 2] }],
          ['Reshape', 'b u', 'y'],
        ],
        { t: i64(2, 2, 6), u: i64(2, 1, 2, 6) },
      ),
    )
    expect(graph.outputs[0]!.shape).toEqual([2, 'N', 2, 6])
  })

  it('that cannot be freed stays, with the reason', () => {
    const graph = read(fixed(10, [5, -1]))
    expect(graph.inputs[0]!.shape).toEqual([10, 2, 6])
    expect(graph.outputs[0]!.shape).toEqual([5, 24])
    expect(graph.notes.join()).toContain('The batch size stays 10')
    expect(details('ARGUMENT', () => readOnnx(writeOnnx(fixed(10, [5, -1])), { batch: 2 })).name).toBe('batch')
  })

  it('can be kept or chosen', () => {
    const bytes = writeOnnx(fixed(10, [10, -1]))
    expect(readOnnx(bytes, { batch: 'keep' }).outputs[0]!.shape).toEqual([10, 12])
    const four = readOnnx(bytes, { batch: 4 })
    expect([four.inputs[0]!.shape, four.outputs[0]!.shape, four.values.get('a')!.shape]).toEqual([
      [4, 2, 6],
      [4, 12],
      [4, 12],
    ])
    const free = writeOnnx(model(13, ['batch', 5], [['Relu', 'x', 'y']]))
    expect(readOnnx(free, { batch: 3 }).outputs[0]!.shape).toEqual([3, 5])
    expect(readOnnx(free).outputs[0]!.shape).toEqual(['batch', 5])
    expect(details('ARGUMENT', () => readOnnx(free, { batch: 0 })).value).toBe(0)
  })

  it('symbolic sizes can be given', () => {
    const bytes = writeOnnx(
      model(
        13,
        ['N', 1, 'height', 8],
        [['MaxPool', 'x', 'y', { kernel_shape: [2, 2], strides: [2, 2], auto_pad: 'SAME_UPPER' }]],
      ),
    )
    expect(readOnnx(bytes, { sizes: { height: 7 } }).outputs[0]!.shape).toEqual(['N', 1, 4, 4])
    expect(details('ARGUMENT', () => readOnnx(bytes, { sizes: { width: 7 } })).name).toBe('sizes')
    expect(readOnnx(bytes).unsupported).toMatchObject([{ op: 'MaxPool', reason: expect.stringContaining('height') }])
  })
})

describe('constants', () => {
  const w = (bytes: Uint8Array, options = {}): number[] => numbersOf(readOnnx(bytes, options).constants.get('w')!)
  const raw = (data: ArrayBufferView): Uint8Array =>
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()

  it('in raw and typed fields, of every float type, are float32', () => {
    expect(w(withConstant({ dims: [2n], dataType: 1, rawData: raw(Float32Array.of(1.5, -2)) }))).toEqual([1.5, -2])
    expect(w(withConstant({ dims: [2n], dataType: 1, floatData: [1.5, -2] }))).toEqual([1.5, -2])
    expect(w(withConstant({ dims: [2n], dataType: 11, doubleData: [1.5, -2] }))).toEqual([1.5, -2])
    expect(w(withConstant({ dims: [2n], dataType: 11, rawData: raw(Float64Array.of(1.5, -2)) }))).toEqual([1.5, -2])
    expect(w(withConstant({ dims: [2n], dataType: 10, rawData: raw(Uint16Array.of(0x3e00, 0xc000)) }))).toEqual([
      1.5, -2,
    ])
    expect(w(withConstant({ dims: [2n], dataType: 10, int32Data: [0x0001, 0x7c00] }))).toEqual([2 ** -24, Infinity])
    const bfloat = readOnnx(withConstant({ dims: [2n], dataType: 16, rawData: raw(Uint16Array.of(0x3fc0, 0xc000)) }))
    expect(numbersOf(bfloat.constants.get('w')!)).toEqual([1.5, -2])
    expect(bfloat.notes).toContain('Weights stored as bfloat16 were expanded to float32.')
  })

  it('of a Node Buffer are copied', () => {
    const buffer = Buffer.from(withConstant({ dims: [2n], dataType: 1, rawData: raw(Float32Array.of(1.5, -2)) }))
    const graph = readOnnx(buffer)
    buffer.fill(0)
    expect(numbersOf(graph.constants.get('w')!)).toEqual([1.5, -2])
  })

  it('of 4 bits are unpacked', () => {
    const four = readOnnx(withConstant({ dims: [2n], dataType: 22, rawData: Uint8Array.of(0x9f) }, 1, 3))
    expect(numbersOf(four.constants.get('w')!)).toEqual([-1, -7])
  })

  it.each([
    ['too few bytes', { dims: [2n], dataType: 1, rawData: new Uint8Array(7) }],
    ['a huge shape', { dims: [2n ** 40n, 2n ** 40n], dataType: 1, rawData: new Uint8Array(8) }],
    ['a large shape', { dims: [2n ** 33n], dataType: 1, floatData: [1, 2] }],
    ['a negative size', { dims: [-2n, -1n], dataType: 1, floatData: [1, 2] }],
    ['no data', { dims: [2n], dataType: 1 }],
    ['an unknown type', { dims: [2n], dataType: 77, rawData: new Uint8Array(8) }],
    [
      'external data that nobody gives',
      {
        dims: [2n],
        dataType: 1,
        dataLocation: TensorProto_DataLocation.EXTERNAL,
        externalData: [{ key: 'location', value: 'w.bin' }],
      },
    ],
  ])('with %s are refused', (_, tensor) => {
    expect(details('ONNX_INVALID', () => readOnnx(withConstant(tensor))).where).toBe('constant "w"')
  })

  it.each([
    [17, 'float8e4m3fn'],
    [8, 'string'],
    [23, 'float4e2m1'],
    [14, 'complex64'],
  ])('of type %i are listed as unsupported', (dataType, name) => {
    const graph = readOnnx(withConstant({ dims: [2n], dataType, rawData: new Uint8Array(2) }))
    expect(graph.unsupported).toMatchObject([{ op: 'Constant', name: 'w', reason: expect.stringContaining(name) }])
  })

  it('outside of the file', () => {
    const entry = (...pairs: [string, string][]) => ({
      dims: [2n],
      dataType: 1,
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData: pairs.map(([key, value]) => ({ key, value })),
    })
    const file = raw(Float32Array.of(9, 1.5, -2))
    const options = { externalData: (location: string) => (location === 'w.bin' ? file : expect.fail(location)) }
    expect(w(withConstant(entry(['location', 'w.bin'], ['offset', '4'], ['length', '8'])), options)).toEqual([1.5, -2])
    expect(w(withConstant(entry(['location', 'w.bin'], ['offset', '4'])), options)).toEqual([1.5, -2])
    for (const bad of [
      [
        ['location', 'w.bin'],
        ['offset', '8'],
      ],
      [
        ['location', 'w.bin'],
        ['offset', '-4'],
        ['length', '8'],
      ],
      [
        ['location', 'w.bin'],
        ['length', '1e9'],
      ],
      [['offset', '4']],
    ] as [string, string][][]) {
      details('ONNX_INVALID', () => readOnnx(withConstant(entry(...bad)), options))
    }
    expect(
      details('ONNX_INVALID', () => readOnnx(withConstant(entry(['location', 'w.bin'], ['length', '8']), 100), options))
        .what,
    ).toContain('more than twice')
  })
})

describe('structure', () => {
  const relu = (inputs: string, outputs: string): [string, string, string] => ['Relu', inputs, outputs]
  /** The model with its nodes reversed: writeOnnx refuses that, so it is done on the message. */
  function reversed(spec: OnnxModelSpec, change: (inputs: string[][]) => void = () => {}): Uint8Array {
    const nodes = spec.nodes
      .map((n) => ({ opType: n.op, name: n.name ?? '', input: [...n.inputs], output: [...n.outputs] }))
      .reverse()
    change(nodes.map((n) => n.input))
    const value = (name: string) => ({
      name,
      type: {
        value: {
          case: 'tensorType' as const,
          value: { elemType: 1, shape: { dim: [{ value: { case: 'dimValue' as const, value: 2n } }] } },
        },
      },
    })
    return toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, {
        irVersion: 8n,
        opsetImport: [{ version: 13n }],
        graph: { node: nodes, input: [value('x')], output: [value('y')] },
      }),
    )
  }
  const chain = model(13, [2], [relu('x', 'a'), relu('a', 'b'), relu('b', 'y')])

  it('nodes are put in topological order', () => {
    expect(readOnnx(reversed(chain)).nodes.map((n) => n.outputs[0])).toEqual(['a', 'b', 'y'])
  })
  it('a cycle is refused', () => {
    expect(details('ONNX_INVALID', () => readOnnx(reversed(chain, (inputs) => (inputs[2]![0] = 'b')))).what).toContain(
      'cycle',
    )
  })
  it('a missing value is refused', () => {
    expect(
      details('ONNX_INVALID', () => readOnnx(reversed(chain, (inputs) => (inputs[1]![0] = 'nobody')))).what,
    ).toContain('"nobody"')
  })
  it('a name defined twice is refused', () => {
    const twice = model(13, [2], [relu('x', 'a'), relu('a', 'b'), relu('b', 'y')])
    expect(
      details('ONNX_INVALID', () =>
        readOnnx(reversed({ ...twice, nodes: twice.nodes.map((n, i) => (i === 1 ? { ...n, outputs: ['a'] } : n)) })),
      ).what,
    ).toContain('defined twice')
  })
  it('dead nodes and constants go', () => {
    const graph = read(model(13, [2], [relu('x', 'a'), ['Add', 'a w', 'dead'], relu('a', 'y')], { w: f32([2], 1, 2) }))
    expect([graph.nodes.map((n) => n.op), [...graph.constants.keys()], graph.values.has('dead')]).toEqual([
      ['Relu', 'Relu'],
      [],
      false,
    ])
  })
  it('outputs keep their names, also when they are inputs or constants', async () => {
    const spec = model(
      13,
      [2],
      [['Identity', 'x', 'y'], ['Identity', 'c', 'z'], relu('x', 'r'), ['Identity', 'r', 'u'], ['Identity', 'r', 'v']],
      { c: f32([2], 1, 2) },
    )
    const outputs = ['y', 'z', 'u', 'v'].map((name) => ({ name, dtype: 'float32' as const, shape: [2] }))
    const graph = read({ ...spec, outputs })
    expect(graph.outputs).toEqual(outputs)
    const ran = await runOrt(writeOnnx(graph), { x: { dtype: 'float32', shape: [2], data: Float32Array.of(-1, 3) } })
    expect(
      Object.fromEntries(Object.entries(ran).map(([name, { data }]) => [name, [...(data as Float32Array)]])),
    ).toEqual({ y: [-1, 3], z: [1, 2], u: [0, 3], v: [0, 3] })
  })
  it('metadata, producer and source are read', () => {
    const graph = read({ ...chain, producer: 'somebody', metadata: { classes: 'a,b' } })
    expect([graph.producer, graph.metadata, graph.source.opset, graph.opset]).toEqual([
      'somebody',
      { classes: 'a,b' },
      13,
      21,
    ])
  })
})

describe('what is not understood', () => {
  const spec = model(
    13,
    ['N', 4],
    [
      ['Relu', 'x', 'a'],
      ['GridSample', 'a w', 'h'],
      ['Relu', 'h', 'b'],
      ['Mystery', 'b', 'y'],
    ],
    { w: f32([1], 1) },
  )

  it('is listed, all at once, and the rest is read', () => {
    const graph = read({
      ...spec,
      nodes: spec.nodes.map((n) => (n.op === 'Mystery' ? { ...n, domain: 'org.example' } : n)),
      domains: { 'org.example': 3 },
    })
    expect(graph.unsupported.map(({ op, domain, opset }) => ({ op, domain, opset }))).toEqual([
      { op: 'GridSample', domain: '', opset: 13 },
      { op: 'Mystery', domain: 'org.example', opset: 3 },
    ])
    expect(graph.nodes.map((n) => n.op)).toEqual(['Relu', 'GridSample', 'Relu', 'Mystery'])
    expect(valueOf(graph, 'a').shape).toEqual(['N', 4])
    expect(details('ONNX_INVALID', () => valueOf(graph, 'b')).where).toContain('b')
    const { nodes } = details('ONNX_UNSUPPORTED', () =>
      assertSupported(graph, [{ op: 'Relu', name: 'r', domain: '', opset: 13, reason: 'of a test', fix: 'None.' }]),
    )
    expect(nodes.map((n) => n.op)).toEqual(['GridSample', 'Mystery', 'Relu'])
    expect(nodes.every((n) => n.reason && n.fix && n.name)).toBe(true)
  })
  it.each([5, 6, 27, 99])('opset %i is refused', (opset) => {
    expect(details('ONNX_UNSUPPORTED', () => read({ ...spec, opset })).nodes[0]).toMatchObject({ op: 'Model', opset })
  })
  it.each([7, 13, 21, 26])('opset %i is read', (opset) => {
    expect(read(model(opset, ['N', 4], [['Relu', 'x', 'y']])).source.opset).toBe(opset)
  })
  it('outputs that are left out are not used, whatever inputs are left out', () => {
    const graph = read(
      model(
        14,
        ['N', 2],
        [
          ['BatchNormalization', 'x s s s s', 'a'],
          ['Dropout', 'a', 'b'],
          ['Clip', 'b _ s0', 'y'],
        ],
        { s: f32([2], 1, 1), s0: f32([], 1) },
      ),
    )
    expect(graph.unsupported).toEqual([])
  })
  it('BatchNormalization in training mode', () => {
    const graph = read(
      model(14, ['N', 2], [['BatchNormalization', 'x s s s s', 'y', { training_mode: 1 }]], { s: f32([2], 1, 1) }),
    )
    expect(graph.unsupported).toMatchObject([{ op: 'BatchNormalization', reason: 'it is in training mode' }])
  })
})

describe('hostile sizes', () => {
  it('are not expanded', () => {
    const graph = read(
      model(
        13,
        ['N', 1],
        [
          ['ConstantOfShape', 'big', 'a'],
          ['Expand', 'w big', 'b'],
          ['Add', 'a b', 'c'],
          ['ReduceSum', 'c axes', 'd', { keepdims: 0 }],
          ['Add', 'x d', 'y'],
        ],
        { big: i64(2 ** 20, 2 ** 20), w: f32([1], 1), axes: i64(0, 1) },
      ),
    )
    expect(graph.outputs[0]!.shape).toEqual(['N', 1])
    expect(graph.nodes.map((n) => n.op)).toContain('Expand')
    expect(graph.notes.join()).toContain('so large')
  })
  it('cannot be asked for again and again', () => {
    const nodes = Array.from({ length: 2000 }, (_, i): [string, string, string] => ['Expand', 'w big', `e${i}`])
    const start = performance.now()
    const graph = read(
      model(13, ['N', 1], [...nodes, ['Sum', `x ${nodes.map((_, i) => `e${i}`).join(' ')}`, 'y']], {
        big: i64(1000, 1000),
        w: f32([1], 1),
      }),
    )
    const bytes = [...graph.constants.values()].reduce((sum, c) => sum + c.data.byteLength, 0)
    expect(bytes).toBeLessThan(2 ** 26)
    expect(performance.now() - start).toBeLessThan(5000)
  })
  it('axes cannot be doubled without end', () => {
    const nodes = Array.from({ length: 60 }, (_, i): [string, string, string] => ['Gather', `i${i} i${i}`, `i${i + 1}`])
    const graph = read(model(13, ['N', 1], [['Cast', 'x', 'i0', { to: 7 }], ...nodes, ['Cast', 'i60', 'y', { to: 1 }]]))
    expect(graph.unsupported[0]!.reason).toContain('32 axes')
  })
})

describe('attributes', () => {
  const graph = read(
    model(
      13,
      [1, 1, 4, 4],
      [
        ['Conv', 'x w', 'c', { strides: [2, 2] }],
        ['LeakyRelu', 'c', 'y', { alpha: 0.5 }],
      ],
      { w: ramp([1, 1, 2, 2]) },
    ),
  )
  it('are read with types and defaults', () => {
    const [conv, leaky] = graph.nodes as [(typeof graph.nodes)[number], (typeof graph.nodes)[number]]
    expect([
      intsAttribute(conv, 'strides'),
      intAttribute(conv, 'group'),
      floatAttribute(leaky, 'alpha'),
      stringAttribute(conv, 'none', 'x'),
    ]).toEqual([[2, 2], 1, 0.5, 'x'])
    expect(details('ONNX_INVALID', () => intAttribute(conv, 'strides')).what).toContain('a whole number')
    expect(details('ONNX_INVALID', () => intAttribute(conv, 'toString')).what).toContain('missing')
    expect(numbersInput(graph, conv, 1)!.length).toBe(4)
    expect(constantInput(graph, conv, 0)).toBeUndefined()
  })
  it('of a wrong type are refused', () => {
    expect(
      details('ONNX_INVALID', () => read(model(13, [1, 4], [['Softmax', 'x', 'y', { axis: 'last' }]]))).what,
    ).toContain('axis')
    expect(int(3).data).toEqual(BigInt64Array.of(3n))
  })
})
