import { isFloat, type DType } from '../dtype.js'
import { erf } from './erf.js'

/** What the elementwise primitives mean for one element. Flags are 0 and 1. */
export const unary = {
  neg: (x: number) => -x,
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  round: roundHalfEven,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  atan: Math.atan,
  erf,
  not: (x: number) => 1 - x,
}

export const binary = {
  add: (x: number, y: number) => x + y,
  sub: (x: number, y: number) => x - y,
  mul: (x: number, y: number) => x * y,
  div: (x: number, y: number) => x / y,
  pow: Math.pow,
  mod: (x: number, y: number) => x - Math.floor(x / y) * y,
  minimum: (x: number, y: number) => Math.min(x, y),
  maximum: (x: number, y: number) => Math.max(x, y),
  less: (x: number, y: number) => Number(x < y),
  lessEqual: (x: number, y: number) => Number(x <= y),
  equal: (x: number, y: number) => Number(x === y),
  and: (x: number, y: number) => x & y,
  or: (x: number, y: number) => x | y,
}

export type Unary = keyof typeof unary
export type Binary = keyof typeof binary

/** The function of a binary primitive on elements of `dtype`. Integers wrap when they are stored. */
export function binaryOn(primitive: Binary, dtype: DType): (x: number, y: number) => number {
  if (isFloat(dtype)) return binary[primitive]
  if (primitive === 'mul') return Math.imul
  if (primitive === 'div') return (x, y) => Math.trunc(x / y)
  return binary[primitive]
}

/** One element of `from`, as `to`. Float to integer truncates, to bool: x != 0. */
export function castTo(to: DType): (x: number) => number {
  if (to === 'bool') return (x) => Number(x !== 0)
  return isFloat(to) ? (x) => x : Math.trunc
}

function roundHalfEven(x: number): number {
  const low = Math.floor(x)
  const rest = x - low
  if (rest === 0.5) return low % 2 === 0 ? low : low + 1
  return rest < 0.5 ? low : low + 1
}
