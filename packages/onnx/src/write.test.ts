import { isSnnError } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { f32, model, ramp } from '../test/cases.js'
import { runOrt } from '../test/ort.js'
import { tensorOf } from './dtype.js'
import type { OnnxModelSpec, OnnxTensor } from './graph.js'
import { readOnnx } from './read/read.js'
import { writeOnnx } from './write.js'

const spec = model(
  21,
  ['N', 3],
  [
    ['Gemm', 'x w b', 'g', { alpha: 1, transB: 1 }],
    ['LeakyRelu', 'g', 'y', { alpha: 1 }],
  ],
  { w: ramp([2, 3]), b: ramp([2]) },
  { metadata: { T: '32' }, producer: 'test' },
)

describe('writeOnnx', () => {
  it('gives a file that ONNX Runtime runs and that reads back', async () => {
    const { y } = await runOrt(writeOnnx(spec), { x: f32([1, 3], 1, 2, 3) })
    const [w, b] = [ramp([2, 3]).data as Float32Array, ramp([2]).data as Float32Array]
    const expected = [0, 1].map((i) => w[3 * i]! + 2 * w[3 * i + 1]! + 3 * w[3 * i + 2]! + b[i]!)
    expect([...(y!.data as Float32Array)]).toEqual([expect.closeTo(expected[0]!, 5), expect.closeTo(expected[1]!, 5)])
    const graph = readOnnx(writeOnnx(spec))
    expect(graph.metadata).toEqual({ T: '32' })
    expect(graph.constants).toEqual(new Map(Object.entries(spec.constants)))
  })

  it('gives the same bytes for the same description', () => {
    expect(writeOnnx(spec)).toEqual(writeOnnx({ ...spec, constants: new Map(Object.entries(spec.constants)) }))
  })

  it('writes every element type', () => {
    const types = ['float32', 'int64', 'int32', 'int16', 'int8', 'uint64', 'uint32', 'uint16', 'uint8', 'bool'] as const
    const constants: Record<string, OnnxTensor> = Object.fromEntries(
      types.map((dtype) => [dtype, tensorOf(dtype, [2], [1, 0])]),
    )
    const outputs = types.map((dtype) => ({ name: `${dtype}_out`, dtype, shape: [2] }))
    const graph = readOnnx(
      writeOnnx({
        inputs: [],
        outputs,
        constants,
        nodes: types.map((name) => ({ op: 'Identity', inputs: [name], outputs: [`${name}_out`] })),
      }),
    )
    expect(graph.outputs).toEqual(outputs)
    for (const [name, tensor] of Object.entries(constants)) expect(graph.constants.get(name)).toEqual(tensor)
  })

  it('takes part of a larger array as it is', () => {
    const large = Float32Array.from({ length: 10 }, (_, i) => i)
    const graph = readOnnx(
      writeOnnx({
        ...spec,
        constants: {
          ...(spec.constants as Record<string, OnnxTensor>),
          b: { dtype: 'float32', shape: [2], data: large.subarray(3, 5) },
        },
      }),
    )
    expect(graph.constants.get('b')!.data).toEqual(Float32Array.of(3, 4))
  })

  it('writes 40 MB in well under a second', () => {
    const data = new Float32Array(10_000_000)
    const start = performance.now()
    const bytes = writeOnnx({
      ...spec,
      inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 5_000_000] }],
      constants: { w: { dtype: 'float32', shape: [2, 5_000_000], data }, b: ramp([2]) },
    })
    expect(performance.now() - start).toBeLessThan(1000)
    expect(bytes.length).toBeGreaterThan(40_000_000)
  })

  it.each<[string, Partial<OnnxModelSpec>]>([
    ['a value that nothing makes', { nodes: [{ op: 'Relu', inputs: ['z'], outputs: ['y'] }] }],
    ['nodes out of order', { nodes: [...spec.nodes].reverse() }],
    ['a name defined twice', { nodes: [...spec.nodes, { op: 'Relu', inputs: ['x'], outputs: ['g'] }] }],
    ['an output that nothing makes', { outputs: [{ name: 'q', dtype: 'float32', shape: [1] }] }],
    ['data that do not fit the shape', { constants: { w: f32([2, 3], 1), b: ramp([2]) } }],
    [
      'data of another type',
      { constants: { w: { dtype: 'float32', shape: [2, 3], data: new Float64Array(6) } as never, b: ramp([2]) } },
    ],
    ['a size that is no number', { inputs: [{ name: 'x', dtype: 'float32', shape: [1.5, 3] }] }],
  ])('refuses %s', (_, change) => {
    try {
      writeOnnx({ ...spec, ...change })
      expect.fail('expected an error')
    } catch (error) {
      expect(isSnnError(error, 'ARGUMENT')).toBe(true)
    }
  })
})
