import type { Kind, ScalarPrimitive } from '../scalar.js'

const signBit = '(v128.const i32x4 0x80000000 0x80000000 0x80000000 0x80000000)'
export const one = '(v128.const f32x4 1 1 1 1)'
const zero = '(v128.const f32x4 0 0 0 0)'

const instruction = (name: string) => (...operands: readonly string[]): string => `(${name} ${operands.join(' ')})`

/** NaN and zeros keep what they are; all else is 1 with its sign. */
const sign = (x: string): string =>
  `(v128.bitselect ${x} (v128.or (v128.and ${x} ${signBit}) ${one}) (v128.or (f32x4.eq ${x} ${zero}) (f32x4.ne ${x} ${x})))`

/** Each operation on four elements. A flag is a mask: all bits of its lane, or none. */
const printers: { readonly [P in Exclude<ScalarPrimitive, 'equal' | 'cast'>]: (...operands: string[]) => string } = {
  neg: instruction('f32x4.neg'),
  abs: instruction('f32x4.abs'),
  sign: (x) => sign(x),
  floor: instruction('f32x4.floor'),
  round: instruction('f32x4.nearest'),
  sqrt: instruction('f32x4.sqrt'),
  add: instruction('f32x4.add'),
  sub: instruction('f32x4.sub'),
  mul: instruction('f32x4.mul'),
  div: instruction('f32x4.div'),
  minimum: instruction('f32x4.min'),
  maximum: instruction('f32x4.max'),
  less: instruction('f32x4.lt'),
  lessEqual: instruction('f32x4.le'),
  and: instruction('v128.and'),
  or: instruction('v128.or'),
  not: instruction('v128.not'),
  select: (condition, x, y) => `(v128.bitselect ${x} ${y} ${condition})`,
}

export function printOperation(operation: ScalarPrimitive, operands: readonly string[], from: Kind, to: Kind): string {
  if (operation === 'equal') return instruction(from === 'float' ? 'f32x4.eq' : 'i32x4.eq')(...operands)
  if (operation === 'cast') return to === 'float' ? `(v128.and ${operands[0]} ${one})` : `(f32x4.ne ${operands[0]} ${zero})`
  return printers[operation](...operands)
}

/** Four times the same number. */
export function printNumber(number: number, kind: Kind): string {
  if (kind === 'flag') return `(v128.const i32x4 ${Array(4).fill(number ? -1 : 0).join(' ')})`
  const rounded = Math.fround(number)
  const text = Number.isNaN(rounded) ? 'nan' : Object.is(rounded, -0) ? '-0' : String(rounded).replace('Infinity', 'inf')
  return `(v128.const f32x4 ${Array(4).fill(text).join(' ')})`
}
