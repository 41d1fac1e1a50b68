import { build } from '../build.js'
import type { DType } from '../dtype.js'
import { constant, scalar } from '../ops/leaf.js'
import type { Primitive } from '../primitive.js'
import { variable } from '../variable-cell.js'
import { given, values, type Case } from './case.js'
import { castCases, elementwise, selectCases } from './elementwise-cases.js'
import { convCases, convInputGradientCases, convWeightGradientCases, matmulCases } from './linear-cases.js'
import {
  broadcastCases,
  concatCases,
  gatherCases,
  iotaCases,
  padCases,
  reshapeCases,
  scatterAddCases,
  sliceCases,
  transposeCases,
} from './movement-cases.js'
import { averagePoolCases, averagePoolGradientCases, maxPoolCases } from './pool-cases.js'
import { argmaxCases, emptySums, reduceCases } from './reduce-cases.js'
import { scanCases } from './scan-cases.js'

const positive = (x: number): number => Math.abs(x) + 0.1
const halves = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, -2.4, 2.6, 0, 7]
const large = 2 ** 31 - 1

/** Cases of every primitive: one without is a compile error. `float64` adds that dtype. */
export function primitiveCases({ float64 = false } = {}): { readonly [P in Primitive]: readonly Case[] } {
  const floats: readonly DType[] = float64 ? ['float32', 'float64'] : ['float32']
  const numbers: readonly DType[] = [...floats, 'int32', 'uint8']
  const signed: readonly DType[] = [...floats, 'int32']
  const all: readonly DType[] = [...numbers, 'bool']
  const bool: readonly DType[] = ['bool']
  // keeps divisors away from 0
  const divisor = (x: number, operand: number): number => (operand === 1 ? (x < 0 ? x - 1 : x + 1) : x)
  const each = (build: (dtype: DType) => Case): Case[] => all.map(build)
  return {
    placeholder: each((dtype) => ({
      name: `${dtype}, returned as it is, twice`,
      inputs: [values(dtype, [2, 3])],
      build: (x) => [x, x],
      exact: true,
    })),
    constant: each((dtype) => ({
      name: dtype,
      inputs: [],
      build: () => [constant(values(dtype, [2, 3])), constant(values(dtype, [], 5)), constant(values(dtype, [0, 2]))],
      exact: true,
    })),
    read: each((dtype) => ({
      name: dtype,
      inputs: [],
      build: () => [variable(values(dtype, [2, 3])).read(), variable(values(dtype, [], 2)).read()],
      exact: true,
    })),
    iota: iotaCases(signed),
    random: [
      {
        name: 'several shapes',
        inputs: [given('int32', [0], [])],
        shapes: [[], [1], [7], [2, 3, 5], [1031]] as const,
        key: [0, 0] as const,
      },
      {
        name: 'key and offset',
        inputs: [given('int32', [123456789], [])],
        shapes: [[9]] as const,
        key: [-5, 2 ** 31 - 1] as const,
      },
      {
        name: 'negative offset',
        inputs: [given('int32', [-1], [])],
        shapes: [[9]] as const,
        key: [1, -(2 ** 31)] as const,
      },
    ].map(({ name, inputs, shapes, key }) => ({
      name,
      inputs,
      build: (offset) => shapes.map((shape) => build('random', [offset], { shape, key })),
      exact: true,
    })),

    neg: elementwise('neg', 1, { dtypes: signed, exact: true }),
    abs: elementwise('abs', 1, { dtypes: numbers, exact: true, special: [[-0.5, 0, -Infinity]] }),
    sign: elementwise('sign', 1, { dtypes: numbers, exact: true, special: [[-0.5, 0, 3, -Infinity]] }),
    floor: elementwise('floor', 1, { dtypes: floats, exact: true, special: [halves] }),
    round: elementwise('round', 1, { dtypes: floats, exact: true, special: [halves] }),
    exp: elementwise('exp', 1, { dtypes: floats, special: [[0, 1, -80, 80, -Infinity, Infinity, NaN]] }),
    log: elementwise('log', 1, { dtypes: floats, domain: positive, special: [[1, 0, 1e-30, 1e30, Infinity, -1]] }),
    sqrt: elementwise('sqrt', 1, { dtypes: floats, domain: Math.abs, special: [[0, 4, 1e-30, 1e30, Infinity, -1]] }),
    sin: elementwise('sin', 1, { dtypes: floats, special: [[0, 1.5707963267948966, 3, 100, -100]] }),
    cos: elementwise('cos', 1, { dtypes: floats, special: [[0, 1.5, 3, 100, -100]] }),
    tanh: elementwise('tanh', 1, { dtypes: floats, special: [[0, 20, -20, 1e-5, Infinity, -Infinity]] }),
    atan: elementwise('atan', 1, { dtypes: floats, special: [[0, 1, 1e10, Infinity, -Infinity]] }),
    erf: elementwise('erf', 1, { dtypes: floats, special: [[0, 0.01, 1, 3, -3, 10, -10]] }),

    add: elementwise('add', 2, {
      dtypes: numbers,
      special: [
        [Infinity, 1e30],
        [1, -1e30],
      ],
      integers: [
        [large, -large],
        [1, -2],
      ],
    }),
    sub: elementwise('sub', 2, {
      dtypes: signed,
      special: [
        [1, 1e30],
        [Infinity, 1e30],
      ],
      integers: [
        [-large, large],
        [2, -1],
      ],
    }),
    mul: elementwise('mul', 2, {
      dtypes: numbers,
      special: [
        [2, 0],
        [Infinity, -3],
      ],
      integers: [
        [large, 123456789, -65536],
        [2, 987654321, 65536],
      ],
    }),
    div: elementwise('div', 2, {
      dtypes: numbers,
      domain: divisor,
      special: [
        [1, -1, 1, 0],
        [0, 0, 3, 0],
      ],
      integers: [
        [7, -7, 7, -7, large],
        [2, 2, -2, -2, -3],
      ],
    }),
    pow: elementwise('pow', 2, {
      dtypes: floats,
      domain: (x, k) => (k === 0 ? positive(x) : x),
      special: [
        [-2, -2, 0, 0, 4, 9],
        [2, 3, 0, 2, 0.5, -0.5],
      ],
    }),
    mod: elementwise('mod', 2, {
      dtypes: numbers,
      domain: divisor,
      special: [
        [5, -5, 5, -5, 5.5],
        [3, 3, -3, -3, 2],
      ],
      integers: [
        [5, -5, 5, -5, 6],
        [3, 3, -3, -3, 3],
      ],
    }),
    minimum: elementwise('minimum', 2, {
      dtypes: numbers,
      exact: true,
      special: [
        [-Infinity, 1],
        [2, Infinity],
      ],
    }),
    maximum: elementwise('maximum', 2, {
      dtypes: numbers,
      exact: true,
      special: [
        [-Infinity, 1],
        [2, Infinity],
      ],
    }),
    less: elementwise('less', 2, {
      dtypes: numbers,
      domain: Math.round,
      exact: true,
      special: [
        [-Infinity, 1, NaN, NaN],
        [2, Infinity, 0, NaN],
      ],
    }),
    lessEqual: elementwise('lessEqual', 2, {
      dtypes: numbers,
      domain: Math.round,
      exact: true,
      special: [
        [-Infinity, 1, NaN, NaN],
        [2, Infinity, 0, NaN],
      ],
    }),
    equal: elementwise('equal', 2, {
      dtypes: all,
      domain: Math.round,
      exact: true,
      special: [
        [Infinity, 0, NaN],
        [Infinity, -0, NaN],
      ],
    }),
    and: elementwise('and', 2, { dtypes: bool, exact: true }),
    or: elementwise('or', 2, { dtypes: bool, exact: true }),
    not: elementwise('not', 1, { dtypes: bool, exact: true }),
    select: selectCases(all),
    cast: castCases(all),

    reduceSum: [...reduceCases('reduceSum', numbers), ...emptySums(numbers)],
    reduceMax: reduceCases('reduceMax', numbers),
    argmax: argmaxCases(numbers),

    reshape: reshapeCases(all),
    transpose: transposeCases(all),
    broadcast: broadcastCases(all),
    slice: sliceCases(all),
    pad: padCases(all),
    concat: concatCases(all),
    gather: gatherCases(all),
    scatterAdd: scatterAddCases(signed),

    matmul: matmulCases(floats),
    conv: convCases(floats),
    convInputGradient: convInputGradientCases(floats),
    convWeightGradient: convWeightGradientCases(floats),

    maxPool: maxPoolCases('maxPool', floats),
    argmaxPool: maxPoolCases('argmaxPool', floats),
    averagePool: averagePoolCases(floats),
    averagePoolGradient: averagePoolGradientCases(floats),

    scan: scanCases(),
    customGradient: floats.map((dtype) => ({
      name: dtype,
      inputs: [values(dtype, [3])],
      build: (x) => [build('customGradient', [x.mul(2), x], { rule: (dy) => [dy] })],
    })),
    stopGradient: floats.map((dtype) => ({
      name: dtype,
      inputs: [values(dtype, [3]), values(dtype, [], 2)],
      build: (...xs) => xs.map((x) => x.stopGradient().add(scalar(1, dtype))),
    })),
  }
}
