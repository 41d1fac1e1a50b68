import { writeOnnx, type OnnxModelSpec, type OnnxTensor } from '@snn/onnx'
import { compile, reference, type Tensor } from '@snn/tensor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { relativeDifference, runOrt } from '../../test/ort.js'
import { importModel } from './import-onnx.js'

type Node = OnnxModelSpec['nodes'][number]
type Whole = 'int8' | 'uint8' | 'int16' | 'uint16'

const arrays = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  float32: Float32Array,
} as const
const tensor = (dtype: keyof typeof arrays, values: readonly number[], shape: readonly number[] = []): OnnxTensor =>
  ({ dtype, shape, data: arrays[dtype].from(values) }) as OnnxTensor
const int64 = (...values: number[]): OnnxTensor => ({
  dtype: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
})
const node = (op: string, inputs: string, outputs = 'y', attributes: Node['attributes'] = {}, domain = ''): Node => ({
  op,
  domain,
  inputs: inputs.split(' ').map((name) => (name === '-' ? '' : name)),
  outputs: outputs.split(' '),
  attributes,
})

/**
 * The network's result is ONNX Runtime's for numbers that the quantisation of the input does not round: whole multiples
 * of `scale`.
 */
async function agrees(
  sample: readonly number[],
  nodes: readonly Node[],
  constants: Readonly<Record<string, OnnxTensor>>,
  { scale = 1, low = -20, high = 20, tolerance = 1e-5 } = {},
): Promise<void> {
  const bytes = writeOnnx({
    inputs: [{ name: 'x', dtype: 'float32', shape: ['N', ...sample] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: undefined }],
    nodes,
    constants,
    domains: { 'com.microsoft': 1 },
  })
  const size = 3 * sample.reduce((a, b) => a * b, 1)
  const x = {
    data: Float32Array.from({ length: size }, (_, i) => scale * (low + ((i * 7) % (high - low + 1)))),
    shape: [3, ...sample],
  }
  const { network } = importModel(bytes)
  const expected = await runOrt(bytes, { x })
  await using run = compile((value: Tensor) => network.run('step', { x: value }).outputs[network.outputs[0]!]!, {
    backend: reference(),
  })
  const ours = await run(x)
  expect(ours.shape).toEqual(expected.shape)
  expect(relativeDifference(ours.data, expected.data)).toBeLessThan(tolerance)
}

const movements: Readonly<Record<string, Node[]>> = {
  nothing: [node('Identity', 'q', 'm')],
  Reshape: [node('Reshape', 'q shape', 'm')],
  Transpose: [node('Transpose', 'q', 'm', { perm: [0, 2, 3, 1] })],
  Pad: [node('Pad', 'q pads', 'm')],
  Slice: [node('Slice', 'q one two one', 'm')],
  Concat: [node('QuantizeLinear', 'x t u', 'p'), node('Concat', 'q p', 'm', { axis: 1 })],
  MaxPool: [node('MaxPool', 'q', 'm', { kernel_shape: [2, 2] })],
  Clip: [node('Clip', 'q lower upper', 'm')],
}

describe('quantised values', () => {
  it('mean what the scale and zero point behind them say, whatever stands between', { timeout: 60_000 }, async () => {
    const numbers = fc.record({
      dtype: fc.constantFrom<Whole[]>('int8', 'uint8', 'int16', 'uint16'),
      between: fc.constantFrom(...Object.keys(movements)),
      zero: fc.integer({ min: 25, max: 60 }),
      scale: fc.constantFrom(0.01, 0.25, 3),
      behind: fc.constantFrom(0.01, 0.5, 7),
      zeroBehind: fc.integer({ min: 0, max: 90 }),
      domain: fc.constantFrom('', 'com.microsoft'),
    })
    await fc.assert(
      fc.asyncProperty(numbers, async ({ dtype, between, zero, scale, behind, zeroBehind, domain }) => {
        fc.pre(!dtype.endsWith('16') || between === 'nothing' || between === 'Reshape')
        const constants = {
          s: tensor('float32', [scale]),
          z: tensor(dtype, [zero]),
          t: tensor('float32', [behind], [1]),
          u: tensor(dtype, [zeroBehind]),
          shape: int64(-1, 24),
          pads: int64(0, 0, 1, 0, 0, 0, 0, 2),
          one: int64(1),
          two: int64(2),
          lower: tensor(dtype, [zero - 5]),
          upper: tensor(dtype, [zero + 9]),
        }
        // what Concat quantises by the other scale is rounded
        const tolerance = between === 'Concat' ? 0.51 : 1e-5
        await agrees(
          [2, 3, 4],
          [
            { ...node('QuantizeLinear', 'x s z', 'q'), domain },
            ...movements[between]!,
            { ...node('DequantizeLinear', 'm t u'), domain },
          ],
          constants,
          { scale, tolerance },
        )
      }),
      { numRuns: 80, seed: 4 },
    )
  })

  it('of a graph input are its numbers', async () => {
    const bytes = writeOnnx({
      inputs: [{ name: 'x', dtype: 'uint8', shape: ['N', 4] }],
      outputs: [{ name: 'y', dtype: 'float32', shape: undefined }],
      nodes: [node('DequantizeLinear', 'x s z', 'd'), node('Relu', 'd')],
      constants: { s: tensor('float32', [0.5]), z: tensor('uint8', [100]) },
    })
    const { network } = importModel(bytes)
    await using run = compile((value: Tensor) => network.run('step', { x: value }).outputs[network.outputs[0]!]!, {
      backend: reference(),
    })
    expect([...(await run({ data: Float32Array.of(0, 100, 101, 255), shape: [1, 4] })).data]).toEqual([0, 0, 0.5, 77.5])
  })

  it('of a graph output are what they stand for', async () => {
    const bytes = writeOnnx({
      inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 2] }],
      outputs: [{ name: 'y', dtype: 'uint8', shape: undefined }],
      nodes: [node('QuantizeLinear', 'x s z')],
      constants: { s: tensor('float32', [0.5]), z: tensor('uint8', [10]) },
    })
    const { network, notes } = importModel(bytes)
    await using run = compile((value: Tensor) => network.run('step', { x: value }).outputs[network.outputs[0]!]!, {
      backend: reference(),
    })
    expect([...(await run({ data: Float32Array.of(-9, 3), shape: [1, 2] })).data]).toEqual([-5, 3])
    expect(notes.join()).toContain('what they stand for, 0.5 (q - 10)')
  })

  it('per channel', () =>
    agrees(
      [3, 4],
      [node('QuantizeLinear', 'x s z', 'q', { axis: 1 }), node('DequantizeLinear', 'q t z', 'y', { axis: 1 })],
      {
        s: tensor('float32', [1, 0.5, 0.25], [3]),
        t: tensor('float32', [1, 2, 3], [3]),
        z: tensor('int8', [0, 3, -5], [3]),
      },
    ))

  const weights = {
    s: tensor('float32', [0.5]),
    z: tensor('uint8', [100]),
    v: tensor('float32', [0.5]),
    k: tensor('uint8', [128]),
  }
  const cases: Readonly<
    Record<string, readonly [sample: readonly number[], nodes: Node[], constants: Readonly<Record<string, OnnxTensor>>]>
  > = {
    QLinearConv: [
      [2, 4, 4],
      [
        node('QuantizeLinear', 'x s z', 'q'),
        node('QLinearConv', 'q s z w t u v k b', 'c', { pads: [1, 1, 1, 1] }),
        node('DequantizeLinear', 'c v k'),
      ],
      {
        ...weights,
        w: tensor(
          'int8',
          Array.from({ length: 54 }, (_, i) => (i % 3) - 1),
          [3, 2, 3, 3],
        ),
        t: tensor('float32', [1, 1, 1], [3]),
        u: tensor('int8', [0, 0, 0], [3]),
        b: tensor('int32', [2, -4, 6], [3]),
      },
    ],
    QLinearMatMul: [
      [4],
      [
        node('QuantizeLinear', 'x s z', 'q'),
        node('QLinearMatMul', 'q s z w t u v k', 'c'),
        node('DequantizeLinear', 'c v k'),
      ],
      {
        ...weights,
        w: tensor(
          'uint8',
          Array.from({ length: 12 }, (_, i) => (i % 3) + 5),
          [4, 3],
        ),
        t: tensor('float32', [1]),
        u: tensor('uint8', [6]),
      },
    ],
    MatMulInteger: [
      [4],
      [node('QuantizeLinear', 'x s z', 'q'), node('MatMulInteger', 'q w z u', 'c'), node('Cast', 'c', 'y', { to: 1 })],
      {
        ...weights,
        w: tensor(
          'int8',
          Array.from({ length: 12 }, (_, i) => i - 6),
          [4, 3],
        ),
        u: tensor('int8', [2]),
      },
    ],
    'MatMulInteger by another zero point': [
      [4],
      [node('QuantizeLinear', 'x s z', 'q'), node('MatMulInteger', 'q w k', 'c'), node('Cast', 'c', 'y', { to: 1 })],
      {
        ...weights,
        w: tensor(
          'int8',
          Array.from({ length: 12 }, (_, i) => i - 6),
          [4, 3],
        ),
      },
    ],
    ConvInteger: [
      [2, 4, 4],
      [node('QuantizeLinear', 'x s z', 'q'), node('ConvInteger', 'q w z', 'c'), node('Cast', 'c', 'y', { to: 1 })],
      {
        ...weights,
        w: tensor(
          'uint8',
          Array.from({ length: 36 }, (_, i) => i % 5),
          [2, 2, 3, 3],
        ),
      },
    ],
    QLinearAdd: [
      [4],
      [
        node('QuantizeLinear', 'x s z', 'q'),
        node('QLinearAdd', 'q s z q s z v k', 'c', {}, 'com.microsoft'),
        node('DequantizeLinear', 'c v k'),
      ],
      weights,
    ],
    'QLinearMul by a constant': [
      [4],
      [
        node('QuantizeLinear', 'x s z', 'q'),
        node('QLinearMul', 'q s z w t u v k', 'c', {}, 'com.microsoft'),
        node('DequantizeLinear', 'c v k'),
      ],
      { ...weights, w: tensor('uint8', [1, 2, 3, 4], [4]), t: tensor('float32', [1]), u: tensor('uint8', [0]) },
    ],
    QLinearConcat: [
      [4],
      [
        node('QuantizeLinear', 'x s z', 'q'),
        node('QLinearConcat', 'v k q s z q s z', 'c', { axis: 1 }, 'com.microsoft'),
        node('DequantizeLinear', 'c v k'),
      ],
      weights,
    ],
    QGemm: [
      [4],
      [node('QuantizeLinear', 'x s z', 'q'), node('QGemm', 'q s z w t u b', 'y', { transB: 1 }, 'com.microsoft')],
      {
        ...weights,
        w: tensor(
          'uint8',
          Array.from({ length: 12 }, (_, i) => (i % 3) + 5),
          [3, 4],
        ),
        t: tensor('float32', [1]),
        u: tensor('uint8', [6]),
        b: tensor('int32', [3, -5, 7], [3]),
      },
    ],
  }
  it.each(Object.entries(cases))('%s', (_, [sample, nodes, constants]) =>
    agrees(sample, nodes, constants, { scale: 0.5 }),
  )
})
