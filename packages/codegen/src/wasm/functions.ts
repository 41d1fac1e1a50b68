import type { Bind, Operations, ScalarFunction } from '../form/functions/operations.js'
import { call, set, variable, type Instruction, type WasmFunction } from './instruction.js'
import { everywhere, f32x4, f64x2, i32x4, i64x2, select, shuffleWords, v128, type Vec } from './vector.js'

const made = new WeakMap<ScalarFunction, WasmFunction<'v128'>>()

/** A function of the form on four elements. */
export function functionOf(scalar: ScalarFunction): WasmFunction<'v128'> {
  const known = made.get(scalar) ?? build(scalar)
  made.set(scalar, known)
  return known
}

function build({ name, parameters, body }: ScalarFunction): WasmFunction<'v128'> {
  const [x, y] = [variable('v128', 'x'), variable('v128', 'y')]
  const bound: Instruction[] = []
  const bind: Bind<Vec> = (local, value) => {
    const to = variable('v128', local)
    bound.push(set(to, value))
    return to
  }
  const result = body(operationsOn(bind), bind, x, y)
  return { name, parameters: parameters === 1 ? [x] : [x, y], result: 'v128', body: [...bound, result] }
}

/**
 * Four float32 or their bits are one vector; of four float64, the first two and the last two are computed one after the
 * other.
 */
function operationsOn(bind: Bind<Vec>): Operations<Vec, Vec> {
  return {
    float: {
      number: (value) => everywhere('f32x4', Math.fround(value)),
      add: f32x4.add,
      sub: f32x4.sub,
      mul: f32x4.mul,
      div: f32x4.div,
      floor: f32x4.floor,
      smaller: f32x4.pmin,
      larger: f32x4.pmax,
      abs: f32x4.abs,
      less: f32x4.lt,
      greater: f32x4.gt,
      equal: f32x4.eq,
      ofInt: f32x4.convert_i32x4_s,
    },
    int: {
      number: (value) => everywhere('i32x4', value),
      add: i32x4.add,
      sub: i32x4.sub,
      shiftLeft: i32x4.shl,
      shiftRight: i32x4.shr_s,
    },
    bits: { and: v128.and, without: v128.andnot, or: v128.or, xor: v128.xor, select },
    double: {
      number: (value) => everywhere('f64x2', value),
      add: f64x2.add,
      sub: f64x2.sub,
      mul: f64x2.mul,
      div: f64x2.div,
      floor: f64x2.floor,
      smaller: f64x2.pmin,
      larger: f64x2.pmax,
      addBits: i64x2.add,
      shiftLeft: i64x2.shl,
    },
    inDouble: (operands, body) => {
      const half = (name: string, lanes: (x: Vec) => Vec): readonly Vec[] => {
        const bindHalf: Bind<Vec> = (local, value) => bind(`${local}.${name}`, value)
        return body(
          bindHalf,
          ...operands.map((operand, i) => bindHalf(`operand${i}`, f64x2.promote_low_f32x4(lanes(operand)))),
        )
      }
      const [first, second] = [half('first', (x) => x), half('second', (x) => shuffleWords([2, 3, 2, 3], x))]
      return {
        toFloat: (result) =>
          shuffleWords([0, 1, 4, 5], f32x4.demote_f64x2_zero(first[result]!), f32x4.demote_f64x2_zero(second[result]!)),
        lowBits: (result) => shuffleWords([0, 2, 4, 6], first[result]!, second[result]),
      }
    },
    call: (of, x) => call(functionOf(of), x),
  }
}
