import { functions, type FunctionName } from '../form/functions.js'
import type { Kind, ScalarPrimitive } from '../form/scalar.js'
import { functionOf } from './functions.js'
import { call } from './instruction.js'
import { f32x4, i32x4, select, v128, vector, zeros, type Vec } from './vector.js'

const signBit = vector('i32x4', -0x80000000)
const one = vector('f32x4', 1)
const zero = vector('f32x4', 0)

/** Calls the function for what WebAssembly has no instruction for. */
const calling = (name: FunctionName): Row => ({
  float: (...operands) => call(functionOf(functions[name]), ...operands.slice(0, functions[name].parameters)),
})

/** NaN and zeros keep what they are; all else is 1 with its sign. */
const sign = (x: Vec): Vec => select(v128.or(f32x4.eq(x, zero), f32x4.ne(x, x)), x, v128.or(v128.and(x, signBit), one))

type Compute = (x: Vec, y: Vec, z: Vec) => Vec
type Row = { readonly float?: Compute; readonly int?: Compute; readonly mask?: Compute }

/** Each operation on four elements, by what its first operand is in a vector. */
const table: { readonly [P in Exclude<ScalarPrimitive, 'cast'>]: Row } = {
  neg: { float: f32x4.neg, int: i32x4.neg },
  abs: { float: f32x4.abs, int: i32x4.abs },
  sign: { float: sign },
  floor: { float: f32x4.floor },
  round: { float: f32x4.nearest },
  sqrt: { float: f32x4.sqrt },
  exp: calling('exp'),
  log: calling('log'),
  sin: calling('sin'),
  cos: calling('cos'),
  tanh: calling('tanh'),
  atan: calling('atan'),
  erf: calling('erf'),
  pow: calling('pow'),
  mod: calling('mod'),
  add: { float: f32x4.add, int: i32x4.add },
  sub: { float: f32x4.sub, int: i32x4.sub },
  mul: { float: f32x4.mul, int: i32x4.mul },
  div: { float: f32x4.div },
  minimum: { float: f32x4.min, int: i32x4.min_s },
  maximum: { float: f32x4.max, int: i32x4.max_s },
  less: { float: f32x4.lt, int: i32x4.lt_s },
  lessEqual: { float: f32x4.le, int: i32x4.le_s },
  equal: { float: f32x4.eq, int: i32x4.eq, mask: i32x4.eq },
  and: { mask: v128.and },
  or: { mask: v128.or },
  not: { mask: v128.not },
  select: { mask: select },
}

/** What four elements are in a vector: a bool is a mask, all bits of its lane or none. */
const register = (kind: Kind): 'float' | 'int' | 'mask' =>
  kind === 'float32' ? 'float' : kind === 'bool' ? 'mask' : 'int'

/** Float to integer truncates, to bool: x != 0. */
function cast(x: Vec, from: Kind, to: Kind): Vec {
  const [source, target] = [register(from), register(to)]
  const byte = (value: Vec): Vec => (to === 'uint8' && from !== 'uint8' ? v128.and(value, vector('i32x4', 255)) : value)
  if (target === 'mask') return source === 'mask' ? x : source === 'float' ? f32x4.ne(x, zero) : i32x4.ne(x, zeros)
  if (source === 'mask') return v128.and(x, target === 'float' ? one : vector('i32x4', 1))
  if (target === 'float') return source === 'float' ? x : f32x4.convert_i32x4_s(x)
  return byte(source === 'float' ? i32x4.trunc_sat_f32x4_s(x) : x)
}

/** `numbers`: the operands that are the same number for all elements, and known. */
export function operationOn(
  operation: ScalarPrimitive,
  operands: readonly Vec[],
  from: Kind,
  to: Kind,
  numbers: readonly (number | undefined)[] = [],
): Vec {
  if (operation === 'cast') return cast(operands[0]!, from, to)
  return (
    withNumber(operation, operands, from, numbers) ??
    table[operation][register(from)]!(...(operands as readonly [Vec, Vec, Vec]))
  )
}

/**
 * What is cheaper with a known number: f32x4.min and max look for NaN and signed zeros in both operands, and a select
 * with zero is one bitwise operation.
 */
function withNumber(
  operation: ScalarPrimitive,
  operands: readonly Vec[],
  from: Kind,
  numbers: readonly (number | undefined)[],
): Vec | undefined {
  const [x, y, z] = operands as readonly [Vec, Vec, Vec]
  if (operation === 'select')
    return Object.is(numbers[2], 0) ? v128.and(y, x) : Object.is(numbers[1], 0) ? v128.andnot(z, x) : undefined
  const at = numbers.findIndex((number) => number !== undefined && !Number.isNaN(number))
  if (at < 0 || from !== 'float32' || (operation !== 'minimum' && operation !== 'maximum')) return undefined
  const [number, other] = [operands[at]!, operands[1 - at]!]
  // the larger of -0 and 0 is 0, the smaller is -0
  if (operation === 'maximum')
    return Object.is(numbers[at], 0) ? v128.andnot(other, f32x4.le(other, number)) : f32x4.pmax(other, number)
  return Object.is(numbers[at], -0) ? undefined : f32x4.pmin(other, number)
}

/** A number in all lanes, as they hold its kind. */
export function numberOf(number: number, kind: Kind): Vec {
  if (kind === 'bool') return vector('i32x4', number ? -1 : 0)
  return kind === 'float32' ? vector('f32x4', Math.fround(number)) : vector('i32x4', number | 0)
}
