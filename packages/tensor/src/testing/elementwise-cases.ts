import { build } from '../build.js'
import { isFloat, type DType } from '../dtype.js'
import type { Primitive } from '../primitive.js'
import { given, values, type Case, type Value } from './case.js'

const shapes = [[], [1], [7], [2, 3], [2, 1, 3, 2], [5, 1031]] as const

/** Primitives without attributes. */
type Plain = Extract<
  Primitive,
  | 'neg'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'round'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'atan'
  | 'erf'
  | 'not'
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'mod'
  | 'minimum'
  | 'maximum'
  | 'less'
  | 'lessEqual'
  | 'equal'
  | 'and'
  | 'or'
>

interface Elementwise {
  readonly dtypes: readonly DType[]
  /** Maps generated numbers into the domain of operand k. */
  readonly domain?: (x: number, operand: number) => number
  /** Float elements worth a case of their own, one list for each operand. */
  readonly special?: readonly (readonly number[])[]
  /** The same for int32. */
  readonly integers?: readonly (readonly number[])[]
  readonly exact?: boolean
}

/** Cases of an elementwise primitive with `operands` inputs: one per dtype over many shapes, then the special ones. */
export function elementwise(primitive: Plain, operands: 1 | 2, options: Elementwise): Case[] {
  const { dtypes, domain = (x) => x, special, integers, exact = false } = options
  const over = (name: string, groups: readonly (readonly Value[])[]): Case => ({
    name,
    inputs: groups.flat(),
    build: (...inputs) => groups.map((_, i) => build(primitive, inputs.slice(i * operands, (i + 1) * operands), {})),
    exact,
  })
  const group = (dtype: DType, shape: readonly number[], seed: number): Value[] =>
    Array.from({ length: operands }, (_, k) => values(dtype, shape, seed * 2 + k, (x) => domain(x, k)))
  const cases = dtypes.flatMap((dtype) => [
    over(
      dtype,
      shapes.map((shape, i) => group(dtype, shape, i + 1)),
    ),
    over(`${dtype}, no elements`, [group(dtype, [2, 0], 1)]),
  ])
  const specials =
    special === undefined
      ? []
      : dtypes.filter(isFloat).map((dtype) => over(`${dtype}, special`, [special.map((list) => given(dtype, list))]))
  return [
    ...cases,
    ...specials,
    ...(integers === undefined ? [] : [over('int32, special', [integers.map((list) => given('int32', list))])]),
  ]
}

export function selectCases(dtypes: readonly DType[]): Case[] {
  return dtypes.map((dtype) => ({
    name: dtype,
    inputs: shapes.flatMap((shape, i) => [
      values('bool', shape, i),
      values(dtype, shape, i + 10),
      values(dtype, shape, i + 20),
    ]),
    build: (...inputs) => shapes.map((_, i) => build('select', inputs.slice(3 * i, 3 * i + 3), {})),
    exact: true,
  }))
}

export function castCases(dtypes: readonly DType[]): Case[] {
  const pairs = dtypes.flatMap((from) => dtypes.filter((to) => to !== from).map((to) => [from, to] as const))
  return pairs.map(([from, to]) => ({
    name: `${from} to ${to}`,
    inputs: [
      // no negative number goes to uint8: out of range is not defined
      values(from, [3, 70], 1, (x) => (to === 'uint8' ? Math.abs(x) : x)),
      given(
        from,
        isFloat(from) ? [0, 0.2, 0.9, 1.5, 100.99, ...(to === 'uint8' ? [] : [-0.2, -0.9, -1.5, -100.99])] : [0, 1],
      ),
    ],
    build: (...inputs) => inputs.map((x) => build('cast', [x], { dtype: to })),
    exact: true,
  }))
}
