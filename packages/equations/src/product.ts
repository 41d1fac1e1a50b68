import { apply, isOperation, isSame, number, type Expression } from './expression.js'

interface Factor {
  readonly base: Expression
  readonly exponent: number
}

/**
 * A product of powers: a number above the line, one below, and factors that are above where their exponent is positive.
 */
interface Product {
  readonly above: number
  readonly below: number
  readonly factors: readonly Factor[]
}

/** x y, or with exponent -1 x / y, with powers of one base put together. */
export function product(x: Expression, y: Expression, exponent: 1 | -1 = 1): Expression {
  // (a b)^2 stays together
  if (exponent === 1 && isOperation(x, 'mul') && isSame(x, y)) return apply('power', x, number(2))
  const [left, right] = [productOf(x), productOf(y)]
  const [above, below] = exponent === 1 ? [right.above, right.below] : [right.below, right.above]
  const factors: Factor[] = []
  for (const { base, exponent: own } of [
    ...left.factors,
    ...right.factors.map((factor) => ({ ...factor, exponent: exponent * factor.exponent })),
  ]) {
    const at = factors.findIndex((factor) => isSame(factor.base, base))
    if (at < 0) factors.push({ base, exponent: own })
    else factors[at] = { base, exponent: factors[at]!.exponent + own }
  }
  return written({
    above: left.above * above,
    below: left.below * below,
    factors: factors.filter((factor) => factor.exponent !== 0),
  })
}

/** The sign and what is left without it. */
export function withoutSign(x: Expression): { readonly isNegative: boolean; readonly rest: Expression } {
  if ('number' in x) return { isNegative: x.number < 0, rest: number(Math.abs(x.number)) }
  return isOperation(x, 'neg') ? { isNegative: true, rest: x.operands[0]! } : { isNegative: false, rest: x }
}

function productOf(x: Expression): Product {
  if ('number' in x) return { above: x.number, below: 1, factors: [] }
  if (isOperation(x, 'neg')) return { ...productOf(x.operands[0]!), above: -productOf(x.operands[0]!).above }
  if (isOperation(x, 'power')) {
    const [base, exponent] = x.operands as readonly [Expression, Expression]
    if ('number' in exponent && Number.isInteger(exponent.number))
      return { above: 1, below: 1, factors: [{ base, exponent: exponent.number }] }
  }
  if (!isOperation(x, 'mul') && !isOperation(x, 'div'))
    return { above: 1, below: 1, factors: [{ base: x, exponent: 1 }] }
  const [left, right] = [productOf(x.operands[0]!), productOf(x.operands[1]!)]
  const turn = x.operation === 'mul' ? 1 : -1
  const [above, below] = turn === 1 ? [right.above, right.below] : [right.below, right.above]
  return {
    above: left.above * above,
    below: left.below * below,
    factors: [...left.factors, ...right.factors.map((factor) => ({ ...factor, exponent: turn * factor.exponent }))],
  }
}

const order = { parameter: 0, value: 1, derivative: 2 } as const
const rank = ({ base }: Factor): number => ('symbol' in base ? order[base.role] : order.value)

function written({ above, below, factors }: Product): Expression {
  if (above === 0) return number(0)
  // a number below the line stays there only where there is none above
  const [size, divisor] = [Math.abs(above), Math.abs(below)]
  const [top, bottom] = size === 1 ? [1, divisor] : [size / divisor, 1]
  const side = (sign: 1 | -1, coefficient: number): Expression => {
    const powers = factors
      .filter(({ exponent }) => sign * exponent > 0)
      .sort((x, y) => rank(x) - rank(y))
      .map(({ base, exponent }) => (Math.abs(exponent) === 1 ? base : apply('power', base, number(Math.abs(exponent)))))
    const terms = coefficient === 1 && powers.length > 0 ? powers : [number(coefficient), ...powers]
    return terms.reduce((x, y) => apply('mul', x, y))
  }
  const [numerator, denominator] = [side(1, top), side(-1, bottom)]
  const quotient =
    'number' in denominator && denominator.number === 1 ? numerator : apply('div', numerator, denominator)
  if (above * below > 0) return quotient
  return 'number' in quotient ? number(-quotient.number) : apply('neg', quotient)
}
