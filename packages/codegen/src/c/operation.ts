import { functions, type FunctionName } from '../form/functions.js'
import type { Kind, ScalarPrimitive } from '../form/scalar.js'
import { functionOf } from './functions.js'
import { larger, maximum, minimum, sign, smaller, truncated } from './helpers.js'
import type { CFunction } from './unit.js'

/** Names a function for a call, and sees to it that the unit has it. */
export type Use = (of: CFunction) => string

type Compute = (x: string, y: string, z: string) => string
type Row = { readonly float?: Compute; readonly int?: Compute; readonly mask?: Compute }

const between =
  (sign: string): Compute =>
  (x, y) =>
    `${x} ${sign} ${y}`
/** Whole numbers begin anew beyond the largest, which in C those without signs alone do. */
const words =
  (sign: string): Compute =>
  (x, y) =>
    `(i32)((u32)${x} ${sign} (u32)${y})`
const both = (compute: Compute): Row => ({ float: compute, int: compute })

/** Each operation on names of values, by what its first operand is; `cast`, and what is called, are below. */
const table: { readonly [P in Exclude<ScalarPrimitive, 'cast' | 'sign' | FunctionName>]: Row } = {
  neg: { float: (x) => `-${x}`, int: (x) => `(i32)(0u - (u32)${x})` },
  abs: { float: (x) => `__builtin_fabsf(${x})`, int: (x) => `${x} < 0 ? (i32)(0u - (u32)${x}) : ${x}` },
  floor: { float: (x) => `__builtin_floorf(${x})` },
  round: { float: (x) => `__builtin_rintf(${x})` },
  sqrt: { float: (x) => `__builtin_sqrtf(${x})` },
  add: { float: between('+'), int: words('+') },
  sub: { float: between('-'), int: words('-') },
  mul: { float: between('*'), int: words('*') },
  div: { float: between('/') },
  minimum: { int: (x, y) => `${x} < ${y} ? ${x} : ${y}` },
  maximum: { int: (x, y) => `${x} > ${y} ? ${x} : ${y}` },
  less: both(between('<')),
  lessEqual: both(between('<=')),
  equal: { ...both(between('==')), mask: between('==') },
  and: { mask: between('&') },
  or: { mask: between('|') },
  not: { mask: (x) => `!${x}` },
  select: { mask: (x, y, z) => `${x} ? ${y} : ${z}` },
}

/** Float to integer truncates, to bool: x != 0. */
function cast(x: string, from: Kind, to: Kind, use: Use): string {
  if (to === 'bool') return from === 'bool' ? x : `${x} != 0`
  // a choice is a vector operation; the number of a flag is not
  if (from === 'bool') return to === 'float32' ? `${x} ? 1.0f : 0.0f` : `${x} ? 1 : 0`
  if (to === 'float32') return `(float)${x}`
  const whole = from === 'float32' ? `${use(truncated)}(${x})` : x
  return to === 'uint8' && from !== 'uint8' ? `${whole} & 255` : whole
}

/** `numbers`: the operands that are the same number for all elements, and known. */
export function operationOn(
  operation: ScalarPrimitive,
  operands: readonly string[],
  from: Kind,
  to: Kind,
  use: Use,
  numbers: readonly (number | undefined)[] = [],
): string {
  const [x, y, z] = operands as readonly [string, string, string]
  if (operation === 'cast') return cast(x, from, to, use)
  if (operation === 'sign') return `${use(sign)}(${x})`
  if (operation in functions) return `${use(functionOf(functions[operation as FunctionName]))}(${operands.join(', ')})`
  if (from === 'float32' && (operation === 'minimum' || operation === 'maximum'))
    return extremum(operation, x, y, use, numbers)
  const row = table[operation as keyof typeof table]
  return row[from === 'float32' ? 'float' : from === 'bool' ? 'mask' : 'int']!(x, y, z)
}

/** A known number is no NaN, and mostly no zero: less is to be looked at. */
function extremum(
  operation: 'minimum' | 'maximum',
  x: string,
  y: string,
  use: Use,
  numbers: readonly (number | undefined)[],
): string {
  const at = numbers.findIndex((number) => number !== undefined && !Number.isNaN(number))
  const [number, other] = at === 0 ? [x, y] : [y, x]
  if (at < 0 || (operation === 'minimum' && Object.is(numbers[at], -0)))
    return `${use(operation === 'minimum' ? minimum : maximum)}(${x}, ${y})`
  // the larger of -0 and 0 is 0
  if (operation === 'maximum' && Object.is(numbers[at], 0)) return `${other} <= 0.0f ? 0.0f : ${other}`
  return `${use(operation === 'minimum' ? smaller : larger)}(${other}, ${number})`
}
