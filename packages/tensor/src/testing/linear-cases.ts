import { build } from '../build.js'
import type { DType } from '../dtype.js'
import type { ConvAttributes, Padding } from '../primitive.js'
import { shapeRules } from '../rules/shape.js'
import type { Shape } from '../shape.js'
import type { Tensor } from '../tensor.js'
import { values, type Case } from './case.js'

export function matmulCases(dtypes: readonly DType[]): Case[] {
  const shapes: readonly (readonly [name: string, a: Shape, b: Shape])[] = [
    ['matrices', [3, 4], [4, 5]],
    ['row by column', [1, 6], [6, 1]],
    ['column by row', [5, 1], [1, 3]],
    ['batch', [2, 3, 4], [2, 4, 2]],
    ['one matrix for all leading axes', [3, 2, 4, 5], [5, 2]],
    ['one matrix on the left', [3, 4], [2, 2, 4, 3]],
    ['leading axes broadcast', [2, 1, 3, 4], [3, 4, 2]],
    ['larger', [33, 70], [70, 41]],
    ['no elements', [0, 3], [3, 2]],
  ]
  const plain = shapes.map(([name, a, b]): Case => ({
    name,
    inputs: dtypes.flatMap((dtype) => [values(dtype, a, 1), values(dtype, b, 2)]),
    build: (...inputs) => dtypes.map((_, i) => build('matmul', inputs.slice(2 * i, 2 * i + 2), {})),
  }))
  const moved: Case = {
    name: 'transposed and sliced operands',
    inputs: dtypes.flatMap((dtype) => [values(dtype, [6, 3], 1), values(dtype, [5, 9], 2)]),
    build: (...inputs) =>
      dtypes.map((_, i) => {
        const a = build('transpose', [inputs[2 * i]!], { permutation: [1, 0] })
        const b = build('slice', [inputs[2 * i + 1]!], { start: [0, 2], end: [5, 8], step: [1, 1] })
        return build('matmul', [a, build('transpose', [b], { permutation: [1, 0] })], {})
      }),
  }
  return [...plain, moved]
}

interface Convolution {
  readonly name: string
  readonly x: Shape
  readonly weight: Shape
  readonly attributes: ConvAttributes
}

/** Convolutions as the networks have them, and odd ones; also for the gradient tests. */
export function convolutions(): readonly Convolution[] {
  const entry = (
    name: string,
    x: Shape,
    weight: Shape,
    options: { stride?: number[]; padding?: Padding[]; dilation?: number[]; groups?: number } = {},
  ): Convolution => {
    const kernel = weight.slice(2)
    return {
      name,
      x,
      weight,
      attributes: {
        stride: options.stride ?? kernel.map(() => 1),
        padding: options.padding ?? kernel.map(() => [0, 0]),
        dilation: options.dilation ?? kernel.map(() => 1),
        groups: options.groups ?? 1,
      },
    }
  }
  return [
    entry('1-D', [2, 3, 10], [4, 3, 3]),
    entry('1-D, stride and padding', [2, 2, 9], [3, 2, 4], { stride: [2], padding: [[1, 2]] }),
    entry('1-D, dilation', [1, 2, 11], [3, 2, 3], { dilation: [3] }),
    entry('1-D, depthwise', [2, 3, 8], [6, 1, 3], { groups: 3, padding: [[1, 1]] }),
    entry('2-D', [2, 3, 7, 6], [4, 3, 3, 3]),
    entry('2-D, same padding', [2, 2, 5, 5], [3, 2, 3, 3], {
      padding: [
        [1, 1],
        [1, 1],
      ],
    }),
    entry('2-D, kernel 1', [2, 4, 3, 5], [3, 4, 1, 1]),
    entry('2-D, kernel 1, stride 2', [1, 2, 5, 6], [3, 2, 1, 1], { stride: [2, 2] }),
    entry('2-D, stride with a remainder', [2, 2, 8, 7], [3, 2, 3, 2], {
      stride: [2, 3],
      padding: [
        [1, 1],
        [0, 1],
      ],
    }),
    entry('2-D, asymmetric padding', [1, 2, 5, 4], [2, 2, 3, 3], {
      padding: [
        [2, 0],
        [0, 1],
      ],
    }),
    entry('2-D, dilation', [1, 2, 9, 8], [2, 2, 3, 2], {
      dilation: [2, 3],
      padding: [
        [1, 1],
        [0, 0],
      ],
    }),
    entry('2-D, groups', [2, 4, 5, 5], [6, 2, 3, 3], {
      groups: 2,
      padding: [
        [1, 1],
        [1, 1],
      ],
    }),
    entry('2-D, depthwise, stride 2', [2, 3, 6, 6], [3, 1, 3, 3], {
      groups: 3,
      stride: [2, 2],
      padding: [
        [1, 1],
        [1, 1],
      ],
    }),
    entry('2-D, the whole plane', [2, 3, 4, 4], [5, 3, 4, 4]),
    entry('2-D, stride beyond the kernel', [1, 1, 7, 7], [1, 1, 2, 2], { stride: [3, 3] }),
    entry('2-D, time and batch', [3, 2, 2, 5, 4], [3, 2, 3, 3], {
      padding: [
        [1, 1],
        [1, 1],
      ],
    }),
    entry('2-D, more leading axes', [2, 1, 3, 2, 4, 4], [2, 2, 3, 3]),
    entry('2-D, larger', [2, 8, 14, 14], [16, 8, 5, 5], {
      padding: [
        [2, 2],
        [2, 2],
      ],
    }),
  ]
}

/** Shape of dy. */
function resultShape({ x, weight, attributes }: Convolution): Shape {
  const like = (shape: Shape): Tensor => ({ dtype: 'float32', shape }) as Tensor
  return shapeRules.conv([like(x), like(weight)], attributes).shape
}

export function convCases(dtypes: readonly DType[]): Case[] {
  return convolutions().map(({ name, x, weight, attributes }) => ({
    name,
    inputs: dtypes.flatMap((dtype) => [values(dtype, x, 1), values(dtype, weight, 2)]),
    build: (...inputs) => dtypes.map((_, i) => build('conv', inputs.slice(2 * i, 2 * i + 2), attributes)),
  }))
}

export function convInputGradientCases(dtypes: readonly DType[]): Case[] {
  return convolutions().map((convolution) => {
    const { name, x, weight } = convolution
    const attributes = { ...convolution.attributes, spatial: x.slice(2 - weight.length) }
    return {
      name,
      inputs: dtypes.flatMap((dtype) => [values(dtype, resultShape(convolution), 1), values(dtype, weight, 2)]),
      build: (...inputs) =>
        dtypes.map((_, i) => build('convInputGradient', inputs.slice(2 * i, 2 * i + 2), attributes)),
    }
  })
}

export function convWeightGradientCases(dtypes: readonly DType[]): Case[] {
  return convolutions().map((convolution) => {
    const { name, x, weight } = convolution
    const attributes = { ...convolution.attributes, kernel: weight.slice(2) }
    return {
      name,
      inputs: dtypes.flatMap((dtype) => [values(dtype, x, 1), values(dtype, resultShape(convolution), 2)]),
      build: (...inputs) =>
        dtypes.map((_, i) => build('convWeightGradient', inputs.slice(2 * i, 2 * i + 2), attributes)),
    }
  })
}
