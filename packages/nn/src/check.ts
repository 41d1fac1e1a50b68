import { SnnError } from '@snn/tensor'
import { checkMembers, wrongArgument } from '@snn/tensor/library'

/** Throws `ARGUMENT` unless all are positive whole numbers. */
export function checkSizes(operation: string, sizes: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(sizes))
    check(operation, name, value, Number.isSafeInteger(value) && value > 0, 'a positive whole number')
}

/** Throws `ARGUMENT` unless all are finite numbers above 0. */
export function checkPositive(operation: string, numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers))
    check(operation, name, value, Number.isFinite(value) && value > 0, 'a finite number above 0')
}

/** Throws `ARGUMENT` unless p lies in [0, 1). */
export function checkProbability(operation: string, p: number): void {
  check(operation, 'p', p, p >= 0 && p < 1, 'a probability of at least 0 and below 1')
}

/** Throws `ARGUMENT` with what was `expected` unless `valid`. */
export function check(
  operation: string,
  name: string,
  value: number | string | boolean | readonly number[],
  valid: boolean,
  expected: string,
): void {
  if (!valid)
    throw new SnnError(
      'ARGUMENT',
      `[${operation}] ${name} ${typeof value === 'object' ? JSON.stringify(value) : value}, expected ${expected}. Correct it.`,
      { name, value },
    )
}

/** Throws `ARGUMENT` unless `groups` divides all `sizes`. */
export function checkGroups(operation: string, groups: number, sizes: Readonly<Record<string, number>>): void {
  checkSizes(operation, { ...sizes, groups })
  if (Object.values(sizes).every((n) => n % groups === 0)) return
  const list = Object.entries(sizes)
    .map(([name, n]) => `${n} ${name}`)
    .join(' and ')
  throw new SnnError(
    'ARGUMENT',
    `[${operation}] ${list} in ${groups} groups, expected multiples of the groups. Change one of them.`,
    { name: 'groups', value: groups },
  )
}

/** Throws `ARGUMENT` unless `net` is a Network. */
export function checkNetwork(operation: string, net: unknown): void {
  checkMembers(operation, net, 'net', ['nodes', 'run()'], 'a Network such as sequential(..)')
}

/** Throws `ARGUMENT` unless `part` is a layer or a Network. */
export function checkPart(operation: string, part: unknown, name: string): void {
  const { nodes, variables, apply, step } = (part ?? {}) as Readonly<Record<string, unknown>>
  const fits =
    typeof part === 'object' &&
    (nodes !== undefined || (variables !== undefined && (typeof apply === 'function' || typeof step === 'function')))
  if (!fits) throw wrongArgument(operation, name, part, 'a layer such as linear(2, 1), or a network')
}

/** A number of time steps. Throws `ARGUMENT` unless it is a whole number of at least 1. */
export function checkSteps(T: number, operation: string): number {
  if (Number.isSafeInteger(T) && T >= 1) return T
  throw new SnnError('ARGUMENT', `[${operation}] ${T} time steps, expected a whole number of at least 1.`, {
    name: 'T',
    value: T,
  })
}
