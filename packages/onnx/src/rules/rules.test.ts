import { describe, expect, it } from 'vitest'
import { opCases } from '../../test/op-cases.js'
import { largestDifference, randomTensor, runOrt } from '../../test/ort.js'
import { substitute } from '../dim.js'
import { readOnnx } from '../read/read.js'
import { writeOnnx } from '../write.js'

describe('operations', () => {
  it.each(Object.entries(opCases))('%s', async (_, { spec, ops, shape }) => {
    const bytes = writeOnnx(spec)
    const graph = readOnnx(bytes)
    expect(graph.unsupported).toEqual([])
    expect(graph.nodes.map((n) => n.op).join(' ')).toBe(ops)
    const out = graph.outputs[0]!
    expect(out).toEqual({ name: 'y', dtype: 'float32', shape })
    const batch = 2
    const x = randomTensor(graph.inputs[0]!.shape!.map((d) => substitute(d, 'N', batch) as number))
    const original = (await runOrt(bytes, { x })).y!
    const normal = (await runOrt(writeOnnx(graph), { x })).y!
    expect(normal.dims).toEqual(shape.map((d) => substitute(d, 'N', batch)))
    expect(normal.dims).toEqual(original.dims)
    expect(largestDifference(normal.data, original.data)).toBeLessThan(1e-5)
    expect(new Set(original.data as Float32Array).size).toBeGreaterThan(1 - Number(original.data.length === 1))
    // The normal form is normal.
    expect(readOnnx(writeOnnx(graph)).nodes).toEqual(graph.nodes)
  })

  it('gives every attribute in the normal form', () => {
    const conv = readOnnx(writeOnnx(opCases['Conv SAME_UPPER, stride 2']!.spec)).nodes[0]!
    expect(conv.attributes).toEqual({
      kernel_shape: [3, 3],
      strides: [2, 2],
      dilations: [1, 1],
      pads: [1, 1, 1, 1],
      group: 1,
    })
    const pool = readOnnx(writeOnnx(opCases['MaxPool ceil is end pads']!.spec)).nodes[0]!
    expect(pool.attributes).toMatchObject({ ceil_mode: 0, pads: [0, 0, 1, 2] })
    expect(readOnnx(writeOnnx(opCases['Gemm, scalar C']!.spec)).nodes[0]!.attributes).toEqual({
      alpha: 2,
      beta: 3,
      transA: 0,
      transB: 1,
    })
  })
})
