import { build } from '../build.js'
import type { DType } from '../dtype.js'
import type { AveragePoolAttributes, MaxPoolAttributes, Padding } from '../primitive.js'
import type { Shape } from '../shape.js'
import { given, values, type Case } from './case.js'

interface Pooling<A> {
  readonly name: string
  readonly x: Shape
  readonly attributes: A
}

interface Options {
  readonly stride?: readonly number[]
  readonly padding?: readonly Padding[]
  readonly dilation?: readonly number[]
}

function maxPooling(
  name: string,
  x: Shape,
  kernel: readonly number[],
  { stride = kernel, padding = kernel.map(() => [0, 0]), dilation = kernel.map(() => 1) }: Options = {},
): Pooling<MaxPoolAttributes> {
  return { name, x, attributes: { kernel, stride, padding, dilation } }
}

function maxPoolings(): readonly Pooling<MaxPoolAttributes>[] {
  return [
    maxPooling('1-D', [2, 3, 8], [2]),
    maxPooling('1-D, overlapping', [2, 9], [3], { stride: [2], padding: [[1, 1]] }),
    maxPooling('2-D', [2, 3, 6, 8], [2, 2]),
    maxPooling('2-D, remainder', [1, 2, 7, 5], [2, 2]),
    maxPooling('2-D, overlapping, padded', [2, 2, 7, 7], [3, 3], {
      stride: [2, 2],
      padding: [
        [1, 1],
        [1, 1],
      ],
    }),
    maxPooling('2-D, asymmetric padding', [1, 2, 5, 6], [2, 3], {
      stride: [1, 2],
      padding: [
        [1, 0],
        [0, 2],
      ],
    }),
    maxPooling('2-D, dilation', [1, 2, 7, 7], [2, 2], { stride: [1, 1], dilation: [2, 3] }),
    maxPooling('2-D, the whole plane', [2, 3, 4, 4], [4, 4]),
    maxPooling('2-D, time and batch', [3, 2, 2, 4, 4], [2, 2]),
    maxPooling('2-D, no batch', [2, 4, 4], [2, 2]),
  ]
}

/** Of negative numbers, so that padding would win if it counted; and of few different ones, for ties. */
export function maxPoolCases(primitive: 'maxPool' | 'argmaxPool', dtypes: readonly DType[]): Case[] {
  const plain = maxPoolings().map(({ name, x, attributes }): Case => ({
    name,
    inputs: dtypes.flatMap((dtype) => [values(dtype, x, 1, (u) => u - 3), values(dtype, x, 2, Math.round)]),
    build: (...inputs) => inputs.map((input) => build(primitive, [input], attributes)),
    exact: true,
  }))
  const ties: Case = {
    name: 'the first of equal maxima',
    inputs: dtypes.map((dtype) => given(dtype, [1, 1, 0, 2, 1, 1, 2, 0, 3, 3, 3, 3, 3, 3, 3, 3], [1, 1, 4, 4])),
    build: (...inputs) =>
      inputs.map((input) =>
        build(primitive, [input], {
          kernel: [2, 2],
          stride: [2, 2],
          padding: [
            [0, 0],
            [0, 0],
          ],
          dilation: [1, 1],
        }),
      ),
    exact: true,
  }
  return [...plain, ties]
}

function averagePoolings(): readonly Pooling<AveragePoolAttributes>[] {
  const entry = (
    name: string,
    x: Shape,
    kernel: readonly number[],
    { stride = kernel, padding = kernel.map(() => [0, 0]) }: Omit<Options, 'dilation'> = {},
    countIncludePad = true,
  ) => ({ name, x, attributes: { kernel, stride, padding, countIncludePad } })
  return [
    entry('1-D', [2, 3, 8], [2]),
    entry('1-D, overlapping', [2, 2, 9], [3], { stride: [2], padding: [[1, 1]] }),
    entry('2-D', [2, 3, 6, 8], [2, 2]),
    entry('2-D, remainder', [1, 2, 7, 5], [2, 2]),
    entry('2-D, padding counts', [2, 2, 5, 6], [3, 3], {
      stride: [2, 2],
      padding: [
        [1, 1],
        [1, 1],
      ],
    }),
    entry(
      '2-D, padding does not count',
      [2, 2, 5, 6],
      [3, 3],
      {
        stride: [2, 2],
        padding: [
          [1, 1],
          [1, 1],
        ],
      },
      false,
    ),
    entry('2-D, asymmetric padding counts', [1, 2, 5, 6], [2, 3], {
      stride: [1, 2],
      padding: [
        [1, 0],
        [0, 2],
      ],
    }),
    entry(
      '2-D, asymmetric padding does not count',
      [1, 2, 5, 6],
      [2, 3],
      {
        stride: [1, 2],
        padding: [
          [1, 0],
          [0, 2],
        ],
      },
      false,
    ),
    entry('2-D, the whole plane', [2, 3, 4, 5], [4, 5]),
    entry('2-D, time and batch', [3, 2, 2, 4, 4], [2, 2]),
    entry('2-D, no batch', [2, 4, 4], [2, 2]),
  ]
}

export function averagePoolCases(dtypes: readonly DType[]): Case[] {
  return averagePoolings().map(({ name, x, attributes }) => ({
    name,
    inputs: dtypes.map((dtype) => values(dtype, x)),
    build: (...inputs) => inputs.map((input) => build('averagePool', [input], attributes)),
  }))
}

export function averagePoolGradientCases(dtypes: readonly DType[]): Case[] {
  return averagePoolings().map(({ name, x, attributes }) => {
    const axes = attributes.kernel.length
    const spatial = x.slice(-axes)
    const places = spatial.map((size, i) => {
      const [low, high] = attributes.padding[i]!
      return Math.floor((size + low + high - attributes.kernel[i]!) / attributes.stride[i]!) + 1
    })
    return {
      name,
      inputs: dtypes.map((dtype) => values(dtype, [...x.slice(0, -axes), ...places])),
      build: (...inputs) => inputs.map((input) => build('averagePoolGradient', [input], { ...attributes, spatial })),
    }
  })
}
