import { build } from '../build.js'
import type { DType } from '../dtype.js'
import type { Primitive, Primitives } from '../primitive.js'
import type { Shape } from '../shape.js'
import { given, values, type Case } from './case.js'

/** One case for each of the attributes, over all dtypes. */
function moved<P extends Primitive>(
  primitive: P,
  dtypes: readonly DType[],
  list: readonly (readonly [name: string, shapes: readonly Shape[], attributes: Primitives[P]])[],
): Case[] {
  return list.map(([name, shapes, attributes]) => ({
    name,
    inputs: dtypes.flatMap((dtype) => shapes.map((shape, i) => values(dtype, shape, i + 1))),
    build: (...inputs) =>
      dtypes.map((_, i) => build(primitive, inputs.slice(i * shapes.length, (i + 1) * shapes.length), attributes)),
    exact: true,
  }))
}

export function reshapeCases(dtypes: readonly DType[]): Case[] {
  return moved('reshape', dtypes, [
    ['to a vector', [[2, 3, 4]], { shape: [24] }],
    ['regrouped', [[6, 4]], { shape: [3, 2, 2, 2] }],
    ['from a scalar', [[]], { shape: [1, 1] }],
    ['to a scalar', [[1, 1]], { shape: [] }],
    ['no elements', [[2, 0, 3]], { shape: [0, 5] }],
  ])
}

export function transposeCases(dtypes: readonly DType[]): Case[] {
  return moved('transpose', dtypes, [
    ['matrix', [[3, 5]], { permutation: [1, 0] }],
    ['rotation', [[2, 3, 4]], { permutation: [2, 0, 1] }],
    ['time and batch', [[4, 2, 3, 5]], { permutation: [1, 0, 2, 3] }],
    ['no elements', [[2, 0, 3]], { permutation: [2, 0, 1] }],
    ['large', [[37, 70]], { permutation: [1, 0] }],
  ])
}

export function broadcastCases(dtypes: readonly DType[]): Case[] {
  return moved('broadcast', dtypes, [
    ['scalar', [[]], { shape: [2, 3] }],
    ['leading axis', [[2, 3]], { shape: [4, 2, 3] }],
    ['inner axis', [[2, 1, 3]], { shape: [2, 4, 3] }],
    ['last axis', [[2, 3, 1]], { shape: [2, 3, 5] }],
    ['channels', [[3, 1, 1]], { shape: [2, 3, 4, 5] }],
    ['everything', [[1, 3, 1]], { shape: [2, 2, 3, 2] }],
    ['to no elements', [[1, 3]], { shape: [0, 3] }],
  ])
}

export function sliceCases(dtypes: readonly DType[]): Case[] {
  return moved('slice', dtypes, [
    ['vector', [[10]], { start: [2], end: [7], step: [1] }],
    ['with steps', [[10, 7]], { start: [1, 0], end: [10, 7], step: [3, 2] }],
    ['inner axis', [[2, 5, 3]], { start: [0, 1, 0], end: [2, 4, 3], step: [1, 1, 1] }],
    ['one element', [[3, 4]], { start: [2, 3], end: [3, 4], step: [1, 1] }],
    ['no elements', [[3, 4]], { start: [1, 2], end: [3, 2], step: [1, 1] }],
  ])
}

export function padCases(dtypes: readonly DType[]): Case[] {
  return moved('pad', dtypes, [
    ['low and high', [[3]], { padding: [[2, 1]], interior: [0], value: 1 }],
    [
      'two axes',
      [[2, 3]],
      {
        padding: [
          [1, 0],
          [0, 2],
        ],
        interior: [0, 0],
        value: 0,
      },
    ],
    [
      'interior',
      [[3, 4]],
      {
        padding: [
          [0, 0],
          [0, 0],
        ],
        interior: [1, 2],
        value: 0,
      },
    ],
    [
      'interior and edges',
      [[2, 3, 2]],
      {
        padding: [
          [0, 0],
          [1, 2],
          [0, 1],
        ],
        interior: [0, 1, 3],
        value: 1,
      },
    ],
    [
      'no elements',
      [[0, 2]],
      {
        padding: [
          [1, 2],
          [0, 1],
        ],
        interior: [0, 0],
        value: 1,
      },
    ],
  ])
}

export function concatCases(dtypes: readonly DType[]): Case[] {
  return moved('concat', dtypes, [
    [
      'first axis',
      [
        [2, 3],
        [1, 3],
        [4, 3],
      ],
      { axis: 0 },
    ],
    [
      'last axis',
      [
        [2, 3],
        [2, 1],
      ],
      { axis: 1 },
    ],
    [
      'inner axis',
      [
        [2, 2, 3],
        [2, 4, 3],
      ],
      { axis: 1 },
    ],
    ['one input', [[2, 3]], { axis: 0 }],
    [
      'with an empty one',
      [
        [2, 3],
        [0, 3],
      ],
      { axis: 0 },
    ],
  ])
}

export function gatherCases(dtypes: readonly DType[]): Case[] {
  return [
    ['vector', [5], given('int32', [4, 0, 0, 2, 4, 1, 3]), 0],
    ['first axis', [4, 3], given('int32', [3, 0, 1, 2, 2, 2], [2, 3]), 0],
    ['last axis', [2, 3, 4], given('int32', [3, 0, 1, 2, 2, 2], [2, 3, 1]), 2],
    ['inner axis', [2, 3, 2], given('int32', [2, 0, 1, 1, 0, 2, 2, 2], [2, 2, 2]), 1],
  ].map(([name, shape, indices, axis]) => ({
    name: name as string,
    inputs: [indices as ReturnType<typeof given>, ...dtypes.map((dtype) => values(dtype, shape as Shape))],
    build: (at, ...xs) => xs.map((x) => build('gather', [x, at], { axis: axis as number })),
    exact: true,
  }))
}

export function scatterAddCases(dtypes: readonly DType[]): Case[] {
  return [
    ['vector', given('int32', [4, 0, 0, 2, 4, 0]), 0, 6],
    ['first axis', given('int32', [3, 0, 1, 2, 0, 1], [2, 3]), 0, 4],
    ['last axis', given('int32', [3, 3, 1, 2, 0, 2], [2, 1, 3]), 2, 4],
    ['inner axis', given('int32', [2, 0, 2, 1, 0, 2, 2, 2], [2, 2, 2]), 1, 3],
  ].map(([name, indices, axis, size]) => ({
    name: name as string,
    inputs: [
      indices as ReturnType<typeof given>,
      ...dtypes.map((dtype) => values(dtype, (indices as ReturnType<typeof given>).shape)),
    ],
    build: (at, ...xs) => xs.map((x) => build('scatterAdd', [at, x], { axis: axis as number, size: size as number })),
  }))
}

export function iotaCases(dtypes: readonly DType[]): Case[] {
  return [
    { name: 'vector', shape: [9], axis: 0 },
    { name: 'inner axis', shape: [2, 4, 3], axis: 1 },
    { name: 'last axis', shape: [2, 3], axis: 1 },
  ].map(({ name, shape, axis }) => ({
    name,
    inputs: [],
    build: () => dtypes.map((dtype) => build('iota', [], { dtype, shape, axis })),
    exact: true,
  }))
}
