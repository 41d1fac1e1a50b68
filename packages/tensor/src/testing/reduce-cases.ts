import { build } from '../build.js'
import type { DType } from '../dtype.js'
import type { Shape } from '../shape.js'
import { given, values, type Case } from './case.js'

const layouts: readonly (readonly [shape: Shape, axes: readonly number[]])[] = [
  [[7], [0]],
  [[2, 3], [0]],
  [[2, 3], [1]],
  [
    [2, 3],
    [0, 1],
  ],
  [[2, 3, 4], [1]],
  [
    [2, 3, 4],
    [0, 2],
  ],
  [
    [4, 2, 3, 5, 6],
    [0, 1, 3, 4],
  ],
  [[3, 1500], [1]],
  [[1500, 3], [0]],
  [[1, 3], [0]],
]

const describe = (shape: Shape, axes: readonly number[]): string => `[${shape.join()}] over ${axes.join()}`

export function reduceCases(primitive: 'reduceSum' | 'reduceMax', dtypes: readonly DType[]): Case[] {
  return layouts.map(([shape, axes]) => ({
    name: describe(shape, axes),
    // few uint8 are 1 and the others 0, so that no sum passes 255
    inputs: dtypes.map((dtype) => values(dtype, shape, 3, (x) => (dtype === 'uint8' ? Number(x > 8) : x))),
    build: (...xs) => xs.map((x) => build(primitive, [x], { axes })),
    exact: primitive === 'reduceMax',
  }))
}

export function emptySums(dtypes: readonly DType[]): Case[] {
  return [
    {
      name: 'no elements',
      inputs: dtypes.map((dtype) => values(dtype, [0, 3])),
      build: (...xs) => xs.map((x) => build('reduceSum', [x], { axes: [0] })),
      exact: true,
    },
  ]
}

export function argmaxCases(dtypes: readonly DType[]): Case[] {
  const cases = layouts
    .filter(([, axes]) => axes.length === 1)
    .map(([shape, axes]): Case => ({
      name: describe(shape, axes),
      inputs: dtypes.map((dtype) => values(dtype, shape, 3)),
      build: (...xs) => xs.map((x) => build('argmax', [x], { axis: axes[0]! })),
      exact: true,
    }))
  const ties: Case = {
    name: 'the first of equal maxima',
    inputs: dtypes.map((dtype) => given(dtype, [1, 5, 5, 0, 5, 2, 2, 2], [2, 4])),
    build: (...xs) => xs.map((x) => build('argmax', [x], { axis: 1 })),
    exact: true,
  }
  return [...cases, ties]
}
