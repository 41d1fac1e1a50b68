import type { Kind, ScalarPrimitive } from '../scalar.js'
import type { FunctionName } from './functions.js'

const splat = (type: 'f32x4' | 'i32x4', value: string): string => `(v128.const ${type} ${value} ${value} ${value} ${value})`
const signBit = splat('i32x4', '0x80000000')
const one = splat('f32x4', '1')
const zero = splat('f32x4', '0')

/** Calls the function of the module for what WebAssembly has no instruction for. */
const call = (name: FunctionName): Printer => (...operands) => `(call $${name} ${operands.join(' ')})`
const instruction = (name: string) => (...operands: readonly string[]): string => `(${name} ${operands.join(' ')})`

/** NaN and zeros keep what they are; all else is 1 with its sign. */
const sign = (x: string): string =>
  `(v128.bitselect ${x} (v128.or (v128.and ${x} ${signBit}) ${one}) (v128.or (f32x4.eq ${x} ${zero}) (f32x4.ne ${x} ${x})))`

type Printer = (...operands: string[]) => string
type Row = { readonly float?: Printer; readonly int?: Printer; readonly flag?: Printer }

/** Each operation on four elements, by the kind of its first operand; bytes count as int. A flag is a mask: all bits of its lane, or none. */
const printers: { readonly [P in Exclude<ScalarPrimitive, 'cast'>]: Row } = {
  neg: { float: instruction('f32x4.neg'), int: instruction('i32x4.neg') },
  abs: { float: instruction('f32x4.abs'), int: instruction('i32x4.abs') },
  sign: { float: (x) => sign(x) },
  floor: { float: instruction('f32x4.floor') },
  round: { float: instruction('f32x4.nearest') },
  sqrt: { float: instruction('f32x4.sqrt') },
  exp: { float: call('exp') },
  log: { float: call('log') },
  sin: { float: call('sin') },
  cos: { float: call('cos') },
  tanh: { float: call('tanh') },
  atan: { float: call('atan') },
  erf: { float: call('erf') },
  pow: { float: call('pow') },
  mod: { float: call('mod') },
  add: { float: instruction('f32x4.add'), int: instruction('i32x4.add') },
  sub: { float: instruction('f32x4.sub'), int: instruction('i32x4.sub') },
  mul: { float: instruction('f32x4.mul'), int: instruction('i32x4.mul') },
  div: { float: instruction('f32x4.div') },
  minimum: { float: instruction('f32x4.min'), int: instruction('i32x4.min_s') },
  maximum: { float: instruction('f32x4.max'), int: instruction('i32x4.max_s') },
  less: { float: instruction('f32x4.lt'), int: instruction('i32x4.lt_s') },
  lessEqual: { float: instruction('f32x4.le'), int: instruction('i32x4.le_s') },
  equal: { float: instruction('f32x4.eq'), int: instruction('i32x4.eq'), flag: instruction('i32x4.eq') },
  and: { flag: instruction('v128.and') },
  or: { flag: instruction('v128.or') },
  not: { flag: instruction('v128.not') },
  select: { flag: (condition, x, y) => `(v128.bitselect ${x} ${y} ${condition})` },
}

const register = (kind: Kind): 'float' | 'int' | 'flag' => (kind === 'byte' ? 'int' : kind)

/** Float to integer truncates, to flag: x != 0. */
function printCast(x: string, from: Kind, to: Kind): string {
  const [source, target] = [register(from), register(to)]
  const byte = (value: string): string => (to === 'byte' && from !== 'byte' ? `(v128.and ${value} ${splat('i32x4', '255')})` : value)
  if (target === 'flag') return source === 'flag' ? x : source === 'float' ? `(f32x4.ne ${x} ${zero})` : `(i32x4.ne ${x} ${splat('i32x4', '0')})`
  if (source === 'flag') return `(v128.and ${x} ${target === 'float' ? one : splat('i32x4', '1')})`
  if (target === 'float') return source === 'float' ? x : `(f32x4.convert_i32x4_s ${x})`
  return byte(source === 'float' ? `(i32x4.trunc_sat_f32x4_s ${x})` : x)
}

/** `numbers`: the operands that are the same number for all elements, and known. */
export function printOperation(operation: ScalarPrimitive, operands: readonly string[], from: Kind, to: Kind, numbers: readonly (number | undefined)[] = []): string {
  if (operation === 'cast') return printCast(operands[0]!, from, to)
  return printWithNumber(operation, operands, from, numbers) ?? printers[operation][register(from)]!(...operands)
}

/** What is cheaper with a known number: f32x4.min and max look for NaN and signed zeros in both operands, and a select with zero is one bitwise operation. */
function printWithNumber(operation: ScalarPrimitive, operands: readonly string[], from: Kind, numbers: readonly (number | undefined)[]): string | undefined {
  const [x, y, z] = operands
  if (operation === 'select') return Object.is(numbers[2], 0) ? `(v128.and ${y} ${x})` : Object.is(numbers[1], 0) ? `(v128.andnot ${z} ${x})` : undefined
  const at = numbers.findIndex((number) => number !== undefined && !Number.isNaN(number))
  if (at < 0 || from !== 'float' || (operation !== 'minimum' && operation !== 'maximum')) return undefined
  const [number, other] = [operands[at]!, operands[1 - at]!]
  // the larger of -0 and 0 is 0, the smaller is -0
  if (operation === 'maximum') return Object.is(numbers[at], 0) ? `(v128.andnot ${other} (f32x4.le ${other} ${number}))` : `(f32x4.pmax ${other} ${number})`
  return Object.is(numbers[at], -0) ? undefined : `(f32x4.pmin ${other} ${number})`
}

/** Four times the same number. */
export function printNumber(number: number, kind: Kind): string {
  if (kind === 'flag') return splat('i32x4', number ? '-1' : '0')
  if (kind !== 'float') return splat('i32x4', String(number | 0))
  const rounded = Math.fround(number)
  return splat('f32x4', Number.isNaN(rounded) ? 'nan' : Object.is(rounded, -0) ? '-0' : String(rounded).replace('Infinity', 'inf'))
}
