import { set, variable, type Instruction, type WasmFunction } from '../instruction.js'
import { everywhere, type f32x4, type f64x2, type Vec } from '../vector.js'

export const f32 = (value: number): Vec => everywhere('f32x4', Math.fround(value))
export const f64 = (value: number): Vec => everywhere('f64x2', value)
export const i32 = (value: number): Vec => everywhere('i32x4', value)

/** c0 + c1 x + c2 x^2 + .. by Horner's rule. */
export function polynomial({ add, mul }: Pick<typeof f32x4, 'add' | 'mul'> | Pick<typeof f64x2, 'add' | 'mul'>, x: Vec, coefficients: readonly Vec[]): Vec {
  return coefficients.reduceRight((sum, c) => add(mul(sum, x), c))
}

/** Keeps a value in a new variable, and reads it from there. */
export type Bind = (name: string, value: Vec) => Vec

/** A function from vectors to a vector. `body` gives the result, and binds what is used more than once. */
export function define(name: string, parameters: readonly string[], body: (bind: Bind, ...parameters: Vec[]) => Vec): WasmFunction<'v128'> {
  const given = parameters.map((parameter) => variable('v128', parameter))
  const bound: Instruction[] = []
  const result = body((local, value) => {
    const to = variable('v128', local)
    bound.push(set(to, value))
    return to
  }, ...given)
  return { name, parameters: given, result: 'v128', body: [...bound, result] }
}
