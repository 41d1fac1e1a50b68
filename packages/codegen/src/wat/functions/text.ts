type Instruction = (...operands: readonly (string | number)[]) => string

/** Instructions of one lane type, by their names in WebAssembly; operands and results are expressions in folded form. */
function instructions<Name extends string>(type: string, ...names: readonly Name[]): { readonly [N in Name]: Instruction } {
  const printer = (name: string): Instruction => (...operands) => `(${type}.${name} ${operands.join(' ')})`
  return Object.fromEntries(names.map((name) => [name, printer(name)])) as { [N in Name]: Instruction }
}

export const v128 = instructions('v128', 'and', 'andnot', 'or', 'xor')
export const f32x4 = instructions('f32x4', 'abs', 'add', 'sub', 'mul', 'div', 'floor', 'pmin', 'pmax', 'lt', 'gt', 'eq', 'convert_i32x4_s', 'demote_f64x2_zero')
export const f64x2 = instructions('f64x2', 'add', 'sub', 'mul', 'div', 'floor', 'pmin', 'pmax', 'promote_low_f32x4')

const shifted = (type: string, name: string) => (x: string, bits: number): string => `(${type}.${name} ${x} (i32.const ${bits}))`
export const i32x4 = { ...instructions('i32x4', 'add', 'sub'), shl: shifted('i32x4', 'shl'), shr_s: shifted('i32x4', 'shr_s'), shr_u: shifted('i32x4', 'shr_u') }
export const i64x2 = { ...instructions('i64x2', 'add', 'extmul_low_i32x4_u', 'extmul_high_i32x4_u'), shl: shifted('i64x2', 'shl') }

/** `x` in the lanes whose mask is all ones, `y` in the others. */
export const select = (mask: string, x: string, y: string): string => `(v128.bitselect ${x} ${y} ${mask})`

/** Which 32-bit words of `x` (0 to 3) and `y` (4 to 7) make up the result. */
export function words(picked: readonly number[], x: string, y = x): string {
  return `(i8x16.shuffle ${picked.flatMap((word) => [0, 1, 2, 3].map((byte) => 4 * word + byte)).join(' ')} ${x} ${y})`
}

/**
 * The same number in every lane, as a global that is named by its type and value: V8 builds a `v128.const` anew from three instructions
 * wherever it stands, a global is one load.
 */
const number = (type: 'f32x4' | 'f64x2' | 'i32x4', value: number): string => `(global.get $${type}:${String(value).replace('Infinity', 'inf')})`
export const f32 = (value: number): string => number('f32x4', Math.fround(value))
export const f64 = (value: number): string => number('f64x2', value)
export const i32 = (value: number): string => number('i32x4', value)

/** The globals that `text` reads, each once. */
export function globalsOf(text: string): string[] {
  const names = new Set([...text.matchAll(/global\.get \$([^)]+)/g)].map(([, name]) => name!))
  return [...names].sort().map((name) => {
    const [type, value] = name.split(':') as [string, string]
    return `(global $${name} v128 (v128.const ${type} ${Array(Number(type.slice(-1))).fill(value).join(' ')}))`
  })
}

/** c0 + c1 x + c2 x^2 + .. by Horner's rule. */
export function polynomial({ add, mul }: typeof f32x4 | typeof f64x2, x: string, coefficients: readonly string[]): string {
  return coefficients.reduceRight((sum, c) => add(mul(sum, x), c))
}

/** Stores a value in a new local and gives the expression that reads it. */
export type Bind = (local: string, value: string) => string

/** A function from v128 to v128. `body` gives the result, and binds what is used more than once. */
export function define(name: string, parameters: readonly string[], body: (bind: Bind, ...parameters: string[]) => string): string {
  const locals: string[] = []
  const lines: string[] = []
  const bind: Bind = (local, value) => {
    locals.push(`(local $${local} v128)`)
    lines.push(`(local.set $${local} ${value})`)
    return `(local.get $${local})`
  }
  const result = body(bind, ...parameters.map((parameter) => `(local.get $${parameter})`))
  return [`(func $${name} ${parameters.map((parameter) => `(param $${parameter} v128)`).join(' ')} (result v128)`, ...locals, ...lines, `${result})`].join('\n')
}

export const call = (name: string, ...operands: readonly string[]): string => `(call $${name} ${operands.join(' ')})`
