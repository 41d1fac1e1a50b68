import type { Bind, Operations, ScalarFunction } from '../form/functions/operations.js'
import { bitsOf, bitsOfDouble, larger, largerDouble, ofBits, ofBitsDouble, smaller, smallerDouble } from './helpers.js'
import { doubleText, floatText, intText } from './text.js'
import type { CFunction } from './unit.js'

const made = new WeakMap<ScalarFunction, CFunction>()

/** A function of the form on one element. */
export function functionOf(scalar: ScalarFunction): CFunction {
  const known = made.get(scalar) ?? build(scalar)
  made.set(scalar, known)
  return known
}

/** A float, 32 bits, or a mask, which is a condition. */
interface Expression {
  readonly type: 'float' | 'i32' | '_Bool'
  readonly text: string
}

const float = (text: string): Expression => ({ type: 'float', text })
const int = (text: string): Expression => ({ type: 'i32', text })
const mask = (text: string): Expression => ({ type: '_Bool', text })

function build({ name, parameters, body }: ScalarFunction): CFunction {
  const calls = new Set<CFunction>()
  const lines: string[] = []
  const bind: Bind<Expression> = (local, value) => {
    lines.push(`  const ${value.type} ${local} = ${value.text};`)
    return { ...value, text: local }
  }
  const [x, y] = [float('x'), float('y')]
  const result = body(operationsOn(lines, calls), bind, x, y)
  const own = `scalar_${name}`
  const text = asFloat(result, calls)
  return {
    name: own,
    definition: [
      `INLINE float ${own}(${['float x', 'float y'].slice(0, parameters).join(', ')}) {`,
      ...lines,
      `  return ${text};`,
      '}',
    ],
    calls: [...calls],
  }
}

function called(of: CFunction, calls: Set<CFunction>, ...operands: readonly string[]): string {
  calls.add(of)
  return `${of.name}(${operands.join(', ')})`
}

function asFloat(x: Expression, calls: Set<CFunction>): string {
  return x.type === 'float' ? x.text : called(ofBits, calls, asInt(x, calls))
}

function asInt(x: Expression, calls: Set<CFunction>): string {
  return x.type === 'float' ? called(bitsOf, calls, x.text) : x.type === '_Bool' ? `(${x.text} ? -1 : 0)` : x.text
}

function operationsOn(lines: string[], calls: Set<CFunction>): Operations<Expression, string> {
  const f = (x: Expression): string => asFloat(x, calls)
  const i = (x: Expression): string => asInt(x, calls)
  const areMasks = (x: Expression, y: Expression): boolean => x.type === '_Bool' && y.type === '_Bool'
  const floats =
    (sign: string) =>
    (x: Expression, y: Expression): Expression =>
      float(`(${f(x)} ${sign} ${f(y)})`)
  const comparison =
    (sign: string) =>
    (x: Expression, y: Expression): Expression =>
      mask(`(${f(x)} ${sign} ${f(y)})`)
  // whole numbers begin anew beyond the largest, which in C those without signs alone do
  const words =
    (sign: string) =>
    (x: Expression, y: Expression): Expression =>
      int(`(i32)((u32)${i(x)} ${sign} (u32)${i(y)})`)
  const bitwise =
    (sign: string) =>
    (x: Expression, y: Expression): Expression =>
      int(`(${i(x)} ${sign} ${i(y)})`)
  const doubles =
    (sign: string) =>
    (x: string, y: string): string =>
      `(${x} ${sign} ${y})`
  /** `x` where the mask is one, `y` elsewhere. */
  const select = (condition: Expression, x: Expression, y: Expression): Expression => {
    const [a, b] = x.type === y.type ? [x.text, y.text] : [f(x), f(y)]
    return { type: x.type === y.type ? x.type : 'float', text: `(${condition.text} ? ${a} : ${b})` }
  }
  const zero = (of: Expression): Expression => ({ type: of.type, text: of.type === 'float' ? '0.0f' : '0' })
  return {
    float: {
      number: (value) => float(floatText(value)),
      add: floats('+'),
      sub: floats('-'),
      mul: floats('*'),
      div: floats('/'),
      floor: (x) => float(`__builtin_floorf(${f(x)})`),
      smaller: (x, y) => float(called(smaller, calls, f(x), f(y))),
      larger: (x, y) => float(called(larger, calls, f(x), f(y))),
      abs: (x) => float(`__builtin_fabsf(${f(x)})`),
      less: comparison('<'),
      greater: comparison('>'),
      equal: comparison('=='),
      ofInt: (x) => float(`(float)${i(x)}`),
    },
    int: {
      number: (value) => int(intText(value)),
      add: words('+'),
      sub: words('-'),
      shiftLeft: (x, bits) => int(`(i32)((u32)${i(x)} << ${bits})`),
      shiftRight: (x, bits) => int(`(${i(x)} >> ${bits})`),
    },
    bits: {
      and: (x, y) =>
        areMasks(x, y)
          ? mask(`(${x.text} & ${y.text})`)
          : x.type === '_Bool'
            ? select(x, y, zero(y))
            : y.type === '_Bool'
              ? select(y, x, zero(x))
              : bitwise('&')(x, y),
      without: (x, y) =>
        areMasks(x, y)
          ? mask(`(${x.text} & !${y.text})`)
          : y.type === '_Bool'
            ? select(y, zero(x), x)
            : int(`(${i(x)} & ~${i(y)})`),
      or: (x, y) => (areMasks(x, y) ? mask(`(${x.text} | ${y.text})`) : bitwise('|')(x, y)),
      xor: bitwise('^'),
      select,
    },
    double: {
      number: doubleText,
      add: doubles('+'),
      sub: doubles('-'),
      mul: doubles('*'),
      div: doubles('/'),
      floor: (x) => `__builtin_floor(${x})`,
      smaller: (x, y) => called(smallerDouble, calls, x, y),
      larger: (x, y) => called(largerDouble, calls, x, y),
      addBits: (x, y) =>
        called(ofBitsDouble, calls, `${called(bitsOfDouble, calls, x)} + ${called(bitsOfDouble, calls, y)}`),
      shiftLeft: (x, bits) => called(ofBitsDouble, calls, `${called(bitsOfDouble, calls, x)} << ${bits}`),
    },
    inDouble: (operands, body) => {
      const bindDouble: Bind<string> = (local, value) => {
        lines.push(`  const double ${local}_double = ${value};`)
        return `${local}_double`
      }
      const results = body(
        bindDouble,
        ...operands.map((operand, index) => bindDouble(`operand${index}`, `(double)${f(operand)}`)),
      )
      return {
        toFloat: (result) => float(`(float)${results[result]!}`),
        lowBits: (result) => int(`(i32)(u32)${called(bitsOfDouble, calls, results[result]!)}`),
      }
    },
    call: (of, x) => float(called(functionOf(of), calls, f(x))),
  }
}
