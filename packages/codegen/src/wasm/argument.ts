import { loader } from './access.js'
import { call, plain, variable, type Argument, type Operation, type Value, type WasmFunction } from './instruction.js'

/** Word `index` of those that lie from `at` on, as a caller writes them with the `argumentArray` of the memory. */
export const argument = (at: Value<'word'>, index: number): Argument => ({ kind: 'argument', type: 'word', at, index })

const narrow = loader('word', { name: 'i32.load', code: [0x28], align: 2 })
const wide = loader('f64', { name: 'f64.load', code: [0x2b], align: 3 })
const whole: Operation = { name: 'i64.trunc_f64_s', code: [0xb0] }

/** The instructions for an argument, which is a float64 where addresses have 64 bits. */
export function argumentLoad({ at, index }: Argument, is64: boolean): Value {
  return is64 ? plain(whole, 'word', [wide(at, 8 * index)]) : narrow(at, 4 * index)
}

/**
 * What JavaScript calls in place of `run` where addresses have 64 bits: it takes float64, so that nobody needs a
 * BigInt.
 */
export function takingFloats(run: WasmFunction): WasmFunction {
  const parameters = run.parameters.map(({ name }) => variable('f64', name))
  return {
    name: `${run.name}.floats`,
    parameters,
    result: undefined,
    body: [call(run, ...parameters.map((parameter) => plain(whole, 'word', [parameter])))],
  }
}
