import {
  argmaxPool,
  averagePool,
  concat,
  gather,
  grad,
  iota,
  placeholder,
  scatterAdd,
  sizeOf,
  uniform,
  type DType,
  type Shape,
  type Tensor,
  type TypedArray,
} from '@snn/tensor'
import {
  bytesPerElement,
  interpret,
  isPrimitive,
  referenceKernels,
  topological,
  type Node,
  type Primitive,
} from '@snn/tensor/backend'
import { describe, expect, it } from 'vitest'
import { argumentsOf, inEachForm, kernelOf } from '../../test/memories.js'
import { random } from '../../test/run-kernel.js'
import { nestC } from '../c/nest.js'
import { fuseNest } from '../form/fuse-nest.js'
import type { FusedNest } from '../form/nest.js'
import { nestFunction } from './nest.js'

const arrays = {
  float32: Float32Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  float64: Float64Array,
} as const

/** What the loops write, in shares of their parts. */
function run({ kernel, parts, inputs, output }: FusedNest, data: readonly TypedArray[]): Promise<TypedArray> {
  return inEachForm(32, async (where) => {
    const { buffer } = where.memory
    let end = where.start + 1024
    const place = (bytes: number): number => (end += 16 * Math.ceil(bytes / 16) + 32) - 16 * Math.ceil(bytes / 16) - 16
    const from = inputs.map((input) => place(sizeOf(input.shape) * bytesPerElement(input.dtype)))
    const size = sizeOf(output.shape)
    const to = place(size * bytesPerElement(output.dtype) + 1)
    data.forEach((each, i) =>
      new Uint8Array(buffer, from[i]).set(new Uint8Array(each.buffer, each.byteOffset, each.byteLength)),
    )
    // what was there counts for nothing, and what lies around is left alone
    new Uint8Array(buffer, to - 16, size * bytesPerElement(output.dtype) + 32).fill(63)
    argumentsOf(where, inputs.length + 1).set([...from, to])
    const loops = await kernelOf(
      () => nestFunction(kernel),
      where,
      () => nestC(kernel),
    )
    const half = Math.floor(parts / 2)
    for (const [first, last] of [
      [half, parts],
      [0, half],
    ] as const)
      if (last > first) loops(where.start, first, last, 0)
    const around = new Uint8Array(buffer, to - 16, size * bytesPerElement(output.dtype) + 32)
    expect([...around.slice(0, 16), ...around.slice(-16)].every((byte) => byte === 63)).toBe(true)
    return new arrays[output.dtype](buffer, to, size).slice()
  })
}

const find = <P extends Primitive>(results: readonly Tensor[], primitive: P): Node<P> =>
  topological({ parameters: [], results }).find((node): node is Node<P> => isPrimitive(node, primitive))!

interface Case {
  readonly name: string
  readonly inputs: readonly { readonly shape: Shape; readonly dtype?: DType; readonly value?: (u: number) => number }[]
  readonly build: (...inputs: Tensor[]) => Tensor
  readonly primitive: Primitive
  /** Into how many parts it falls. */
  readonly parts: number
}

const whole =
  (least: number, count: number) =>
  (u: number): number =>
    least + Math.floor(u * count)

const cases: readonly Case[] = [
  {
    name: 'transpose',
    inputs: [{ shape: [3, 5, 7] }],
    build: (x) => x.transpose([2, 0, 1]),
    primitive: 'transpose',
    parts: 7,
  },
  {
    name: 'transpose of bytes',
    inputs: [{ shape: [9, 6], dtype: 'uint8', value: whole(0, 256) }],
    build: (x) => x.transpose(),
    primitive: 'transpose',
    parts: 6,
  },
  {
    name: 'broadcast',
    inputs: [{ shape: [3, 1, 5] }],
    build: (x) => x.broadcastTo([2, 3, 4, 5]),
    primitive: 'broadcast',
    parts: 2,
  },
  { name: 'slice', inputs: [{ shape: [4, 23] }], build: (x) => x.slice(1, 1, 22), primitive: 'slice', parts: 4 },
  {
    name: 'concat',
    inputs: [{ shape: [2, 3] }, { shape: [2, 4] }],
    build: (x, y) => concat([x, y], 1),
    primitive: 'concat',
    parts: 2,
  },
  {
    name: 'concat along the first axis',
    inputs: [{ shape: [2, 3] }, { shape: [4, 3] }],
    build: (x, y) => concat([x, y], 0),
    primitive: 'concat',
    parts: 1,
  },
  {
    name: 'gather',
    inputs: [{ shape: [5, 4] }, { shape: [5, 3], dtype: 'int32', value: whole(0, 4) }],
    build: (x, i) => gather(x, i, 1),
    primitive: 'gather',
    parts: 5,
  },
  {
    name: 'gather along the first axis',
    inputs: [{ shape: [5, 4] }, { shape: [3, 4], dtype: 'int32', value: whole(0, 5) }],
    build: (x, i) => gather(x, i, 0),
    primitive: 'gather',
    parts: 3,
  },
  {
    name: 'scatter-add',
    inputs: [
      { shape: [5, 9], dtype: 'int32', value: whole(0, 7) },
      { shape: [5, 9], value: whole(-9, 19) },
    ],
    build: (i, x) => scatterAdd(i, x, 1, 7),
    primitive: 'scatterAdd',
    parts: 5,
  },
  {
    name: 'scatter-add along the first axis',
    inputs: [
      { shape: [9, 5], dtype: 'int32', value: whole(0, 4) },
      { shape: [9, 5], value: whole(-9, 19) },
    ],
    build: (i, x) => scatterAdd(i, x, 0, 4),
    primitive: 'scatterAdd',
    parts: 1,
  },
  {
    name: 'sum over the middle axis',
    inputs: [{ shape: [3, 6, 5], value: whole(-9, 19) }],
    build: (x) => x.sum(1),
    primitive: 'reduceSum',
    parts: 3,
  },
  {
    name: 'sum of whole numbers over all axes',
    inputs: [{ shape: [3, 6], dtype: 'int32', value: whole(-9, 19) }],
    build: (x) => x.sum(),
    primitive: 'reduceSum',
    parts: 1,
  },
  {
    name: 'maximum over outer axes',
    inputs: [{ shape: [3, 6, 5] }],
    build: (x) => x.max([0, 2]),
    primitive: 'reduceMax',
    parts: 6,
  },
  {
    name: 'maximum of whole numbers',
    inputs: [{ shape: [4, 6], dtype: 'int32', value: whole(-20, 10) }],
    build: (x) => x.max(1),
    primitive: 'reduceMax',
    parts: 4,
  },
  {
    name: 'argmax, the first of equal ones',
    inputs: [{ shape: [4, 9, 3], value: whole(0, 4) }],
    build: (x) => x.argmax(1),
    primitive: 'argmax',
    parts: 4,
  },
  { name: 'iota', inputs: [], build: () => iota([3, 4, 2], 1), primitive: 'iota', parts: 3 },
  {
    name: 'division of whole numbers',
    inputs: [
      { shape: [41], dtype: 'int32', value: whole(-20, 41) },
      { shape: [41], dtype: 'int32', value: whole(-3, 7) },
    ],
    build: (x, y) => x.div(y),
    primitive: 'div',
    parts: 41,
  },
  {
    name: 'division of bytes',
    inputs: [
      { shape: [41], dtype: 'uint8', value: whole(0, 256) },
      { shape: [41], dtype: 'uint8', value: whole(1, 7) },
    ],
    build: (x, y) => x.div(y),
    primitive: 'div',
    parts: 41,
  },
  {
    name: 'modulus',
    inputs: [
      { shape: [41], dtype: 'int32', value: whole(-20, 41) },
      { shape: [41], dtype: 'int32', value: (u) => [-4, -3, 1, 3, 5][Math.floor(5 * u)]! },
    ],
    build: (x, y) => x.mod(y),
    primitive: 'mod',
    parts: 41,
  },
  {
    name: 'random numbers',
    inputs: [],
    build: () => uniform([2, 3, 5], { seed: 3, offset: -7 }),
    primitive: 'random',
    parts: 1,
  },
]

describe('loop nests are what the reference says', () => {
  it.each(cases)('$name', async ({ inputs, build, primitive, parts }) => {
    const next = random(inputs.length + 7)
    const tensors = inputs.map(({ shape, dtype = 'float32' }) => placeholder(shape, dtype))
    const data = inputs.map(
      ({ shape, dtype = 'float32', value = (u) => 4 * u - 2 }) =>
        new arrays[dtype](Array.from({ length: sizeOf(shape) }, () => value(next()))),
    )
    const node = find([build(...tensors)], primitive)
    const fused = fuseNest(node)!
    const values = new Map(
      tensors.map((tensor, i) => [tensor, { data: data[i]!, shape: tensor.shape, dtype: tensor.dtype }]),
    )
    const given = interpret([...fused.inputs], referenceKernels, values).map((value) => value.data)
    expect(fused.parts).toBe(parts)
    const [expected] = interpret([fused.output], referenceKernels, values)
    expect(await run(fused, given)).toEqual(expected.data)
  })

  it('pads with any value, between neighbours too', async () => {
    const dy = placeholder([2, 3, 4])
    const x = placeholder([2, 3, 8])
    const padded = find([grad(x.slice(2, 0, 8, 2).mul(dy).sum(), x)], 'pad')
    const data = Float32Array.from({ length: 24 }, (_, i) => i + 1)
    const [input] = padded.inputs as readonly [Tensor]
    const values = new Map([[input, { data, shape: input.shape, dtype: input.dtype }]])
    expect(await run(fuseNest(padded)!, [data])).toEqual(
      interpret([padded.outputs[0]!], referenceKernels, values)[0].data,
    )
  })

  it.each([{ padding: 1, countIncludePad: true }, { padding: 1, countIncludePad: false }, { padding: 0 }])(
    'spreads the gradient of average pooling, $padding',
    async (options) => {
      const x = placeholder([2, 3, 7, 9])
      const pooled = averagePool(x, [3, 2], { stride: 2, ...options, ...(options.padding && { padding: [1, 1] }) })
      const weight = placeholder(pooled.shape)
      const node = find([grad(pooled.mul(weight).sum(), x)], 'averagePoolGradient')
      const next = random(5)
      const data = Float32Array.from({ length: sizeOf(pooled.shape) }, () => next())
      const values = new Map([[node.inputs[0]!, { data, shape: pooled.shape, dtype: 'float32' as const }]])
      const [expected] = interpret([node.outputs[0]!], referenceKernels, values)
      const found = await run(fuseNest(node)!, [data])
      found.forEach((value, i) => expect(value).toBeCloseTo(expected.data[i]!, 6))
    },
  )

  it('leaves to others what has a form of its own', () => {
    const x = placeholder([2, 3, 4, 4])
    for (const tensor of [x.add(1), x.reshape([24, 4]), argmaxPool(x, [2, 2])])
      expect(fuseNest(tensor.node)).toBeUndefined()
  })
})
