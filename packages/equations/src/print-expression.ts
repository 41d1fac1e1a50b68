import { isOperation, type Expression, type Operation } from './expression.js'

const strength = { sum: 1, product: 2, power: 3, atom: 4 } as const
type Strength = (typeof strength)[keyof typeof strength]

interface Printed {
  readonly text: string
  /** How tightly its outermost operation binds. */
  readonly binds: Strength
}

const infix: Readonly<Record<string, string>> = {
  less: '<',
  lessEqual: '≤',
  greater: '>',
  greaterEqual: '≥',
  equal: '=',
  and: 'and',
  or: 'or',
}
const functions: Readonly<Record<string, string>> = {
  sigmoid: 'σ',
  minimum: 'min',
  maximum: 'max',
  sqrt: '√',
  reduceSum: 'sum',
  reduceMax: 'max',
}
const superscripts: Readonly<Record<number, string>> = { 2: '²', 3: '³', 4: '⁴' }
const constants: readonly (readonly [value: number, text: string])[] = [
  [Math.PI, 'π'],
  [2 * Math.PI, '2π'],
  [Math.PI / 2, 'π/2'],
  [1 / Math.PI, '1/π'],
  [Math.sqrt(Math.PI), '√π'],
  [1 / Math.sqrt(Math.PI), '1/√π'],
  [Math.sqrt(2 * Math.PI), '√(2π)'],
]

/** A formula as text: products by juxtaposition, as in `(1 - s) v`. An operation that has a name is written by it. */
export function printExpression(x: Expression, nameOf: (x: Operation) => string | undefined = () => undefined): string {
  const print = (of: Expression): Printed => {
    const name = isOperation(of) ? nameOf(of) : undefined
    if (name !== undefined) return { text: name, binds: strength.atom }
    if ('symbol' in of) return { text: of.symbol, binds: strength.atom }
    if ('number' in of) return printNumber(of.number)
    return printOperation(of, print)
  }
  return print(x).text
}

/** To the seven digits of float32, and by name for what comes from pi. */
function printNumber(value: number): Printed {
  const known = constants.find(([constant]) => Math.abs(Math.abs(value) / constant - 1) < 1e-6)
  const text = known ? known[1] : String(Number(Math.abs(value).toPrecision(6))).replace('Infinity', '∞')
  const isFraction = text.includes('/')
  return value < 0
    ? { text: `-${text}`, binds: strength.sum }
    : { text, binds: isFraction ? strength.product : strength.atom }
}

const isSum = (x: Expression): boolean => isOperation(x, 'add') || isOperation(x, 'sub')

function printOperation({ operation, operands }: Operation, print: (x: Expression) => Printed): Printed {
  const at = (i: number, least: Strength): string => {
    const { text, binds } = print(operands[i]!)
    return binds >= least ? text : `(${text})`
  }
  switch (operation) {
    case 'add':
      return {
        text: `${at(0, strength.sum)} + ${at(1, isSum(operands[1]!) ? strength.sum : strength.product)}`,
        binds: strength.sum,
      }
    case 'sub':
      return { text: `${at(0, strength.sum)} - ${at(1, strength.product)}`, binds: strength.sum }
    case 'neg':
      return { text: `-${at(0, strength.product)}`, binds: strength.sum }
    case 'mul': {
      // a quotient among factors needs parentheses, to be read as one
      const left = at(0, isOperation(operands[0]!, 'mul') ? strength.product : strength.power)
      return { text: `${left} ${at(1, strength.power)}`, binds: strength.product }
    }
    case 'times':
      return { text: `${at(0, strength.product)} * ${at(1, strength.power)}`, binds: strength.product }
    case 'div':
      return { text: `${at(0, strength.product)} / ${at(1, strength.power)}`, binds: strength.product }
    case 'power': {
      const exponent = operands[1]!
      const raised = 'number' in exponent ? superscripts[exponent.number] : undefined
      return { text: `${at(0, strength.atom)}${raised ?? `^${at(1, strength.atom)}`}`, binds: strength.power }
    }
    case 'select':
      return {
        text: `(${at(1, strength.sum)} if ${print(operands[0]!).text} else ${at(2, strength.sum)})`,
        binds: strength.atom,
      }
    case 'cases':
      return { text: `1 where ${at(0, strength.sum)}, else 0`, binds: strength.sum }
    case 'cast':
      // 1 where it holds, else 0
      return { text: `[${at(0, strength.sum)}]`, binds: strength.atom }
    case 'abs':
      return { text: `|${at(0, strength.sum)}|`, binds: strength.atom }
    case 'floor':
      return { text: `⌊${at(0, strength.sum)}⌋`, binds: strength.atom }
    case 'not':
      return { text: `not ${at(0, strength.atom)}`, binds: strength.sum }
    default:
      if (operation in infix)
        return { text: `${at(0, strength.sum)} ${infix[operation]!} ${at(1, strength.sum)}`, binds: strength.sum }
      return {
        text: `${functions[operation] ?? operation}(${operands.map((operand) => print(operand).text).join(', ')})`,
        binds: strength.atom,
      }
  }
}
