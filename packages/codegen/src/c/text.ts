import type { Kind } from '../form/scalar.js'

export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`)
}

/** `head { lines }` */
export function block(head: string, lines: readonly string[]): string[] {
  return [`${head} {`, ...indented(lines), '}']
}

/** What an element is while it is computed with. */
export function valueType(kind: Kind): 'float' | '_Bool' | 'i32' {
  return kind === 'float32' ? 'float' : kind === 'bool' ? '_Bool' : 'i32'
}

/** What it is in memory: a bool is a byte that is 0 or not. */
export function memoryType(kind: Kind): 'float' | 'i32' | 'u8' {
  return kind === 'float32' ? 'float' : kind === 'int32' ? 'i32' : 'u8'
}

/** An element that lies at `place`. */
export function loaded(kind: Kind, place: string): string {
  return kind === 'bool' ? `${place} != 0` : place
}

/** A number of a kind. */
export function numberText(number: number, kind: Kind): string {
  if (kind === 'bool') return number ? '1' : '0'
  return kind === 'float32' ? floatText(number) : intText(number)
}

export function intText(number: number): string {
  const bits = number | 0
  // C has no negative numbers, only the negatives of others
  return bits === -(2 ** 31) ? '(-2147483647 - 1)' : bits < 0 ? `(${bits})` : String(bits)
}

/** The float32 that is nearest to a number: the shortest text of a float64 names it. */
export function floatText(number: number): string {
  return real(Math.fround(number), 'f')
}

export function doubleText(number: number): string {
  return real(number, '')
}

function real(number: number, suffix: 'f' | ''): string {
  if (Number.isNaN(number)) return `__builtin_nan${suffix}("")`
  const magnitude = Math.abs(number)
  const text =
    magnitude === Infinity
      ? `__builtin_inf${suffix}()`
      : `${/[.e]/.test(String(magnitude)) ? magnitude : `${magnitude}.0`}${suffix}`
  return number < 0 || Object.is(number, -0) ? `(-${text})` : text
}
