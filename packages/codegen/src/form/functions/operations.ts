/**
 * What a printer offers the functions below, each on one element: `V` is a float32, its 32 bits as a whole number, or a
 * mask, all ones or all zeros; `D` is a float64 or its 64 bits.
 */
export interface Operations<V, D> {
  readonly float: Arithmetic<V> & {
    readonly abs: (x: V) => V
    readonly less: (x: V, y: V) => V
    readonly greater: (x: V, y: V) => V
    readonly equal: (x: V, y: V) => V
    readonly ofInt: (x: V) => V
  }
  readonly int: {
    readonly number: (value: number) => V
    readonly add: (x: V, y: V) => V
    readonly sub: (x: V, y: V) => V
    readonly shiftLeft: (x: V, bits: number) => V
    /** The sign moves in. */
    readonly shiftRight: (x: V, bits: number) => V
  }
  readonly bits: {
    readonly and: (x: V, y: V) => V
    /** x and not y. */
    readonly without: (x: V, y: V) => V
    readonly or: (x: V, y: V) => V
    readonly xor: (x: V, y: V) => V
    /** The bits of x where the mask is one, those of y elsewhere. */
    readonly select: (mask: V, x: V, y: V) => V
  }
  readonly double: Arithmetic<D> & {
    readonly addBits: (x: D, y: D) => D
    readonly shiftLeft: (x: D, bits: number) => D
  }
  /**
   * Computes with float64: `body` takes the operands as such, and gives what `toFloat` rounds and `lowBits` cuts to 32
   * bits. A printer of vectors runs it once for each part that fits one.
   */
  readonly inDouble: (operands: readonly V[], body: (bind: Bind<D>, ...operands: D[]) => readonly D[]) => Doubles<V>
  readonly call: (of: ScalarFunction, x: V) => V
}

/** Results of `inDouble`, by their index. */
export interface Doubles<V> {
  readonly toFloat: (result: number) => V
  readonly lowBits: (result: number) => V
}

interface Arithmetic<T> {
  /** Rounded to the type. */
  readonly number: (value: number) => T
  readonly add: (x: T, y: T) => T
  readonly sub: (x: T, y: T) => T
  readonly mul: (x: T, y: T) => T
  readonly div: (x: T, y: T) => T
  readonly floor: (x: T) => T
  /** y < x ? y : x */
  readonly smaller: (x: T, y: T) => T
  /** x < y ? y : x */
  readonly larger: (x: T, y: T) => T
}

/** Keeps a value that is used more than once, under a name. */
export type Bind<T> = (name: string, value: T) => T

/** A function of `parameters` float32. */
export interface ScalarFunction {
  readonly name: string
  readonly parameters: 1 | 2
  readonly body: <V, D>(operations: Operations<V, D>, bind: Bind<V>, x: V, y: V) => V
}

export function define(
  name: string,
  parameters: ScalarFunction['parameters'],
  body: ScalarFunction['body'],
): ScalarFunction {
  return { name, parameters, body }
}

/** c0 + c1 x + c2 x^2 + .. by Horner's rule. */
export function polynomial<T>(
  { number, add, mul }: Pick<Arithmetic<T>, 'number' | 'add' | 'mul'>,
  x: T,
  coefficients: readonly number[],
): T {
  return coefficients.map(number).reduceRight((sum, c) => add(mul(sum, x), c))
}
