/**
 * WebAssembly as a tree: instructions with their operands, as the text format folds them (WebAssembly 2.0; opcodes from
 * chapter 5.4 of its specification). How wide an address is stays open: `encodeModule` and `printModule` are told.
 */

/**
 * What an instruction gives. A `word` is an address or a count, as wide as addresses are; an `i32` is a condition, or
 * what a lane holds.
 */
export type Type = 'word' | 'i32' | 'f32' | 'f64' | 'v128'

export interface Operation {
  readonly name: string
  readonly code: readonly number[]
  /** Of one that reads or writes memory: the logarithm of its bytes. */
  readonly align?: number
  /** What stands for it where addresses have 64 bits. Default: the same. */
  readonly wide?: Operation
}

/**
 * An operation on operands; `lanes` are the numbers of lanes that it names. Without a name it gives its operand as it
 * is.
 */
export interface Plain {
  readonly kind: 'plain'
  readonly type: Type | undefined
  readonly operation: Operation
  readonly operands: readonly Value[]
  readonly offset: number
  readonly lanes: readonly number[]
}

export interface Constant {
  readonly kind: 'constant'
  readonly type: 'word' | 'i32' | 'f32'
  readonly value: number
}

/**
 * A number for each lane; from a global, it is one load, where V8 builds a constant anew from three instructions
 * wherever it stands.
 */
export interface Vector {
  readonly kind: 'vector' | 'global'
  readonly type: 'v128'
  readonly lanes: Lanes
  readonly values: readonly number[]
}

export type Lanes = 'i16x8' | 'i32x4' | 'f32x4' | 'f64x2'

/** Word `index` of those that lie at address `at`, written with the `argumentArray` of the memory. */
export interface Argument {
  readonly kind: 'argument'
  readonly type: 'word'
  readonly at: Value<'word'>
  readonly index: number
}

/** A local variable, or a parameter, of the function that it stands in; with a type of its own for each name. */
export interface Variable<T extends Type = Type> {
  readonly kind: 'variable'
  readonly type: T
  readonly name: string
}

/** Gives a variable a value; a `tee` gives the value on. */
export interface Assignment {
  readonly kind: 'set' | 'tee'
  readonly type: Type | undefined
  readonly variable: Variable
  readonly value: Value
}

export interface Call {
  readonly kind: 'call'
  readonly type: Type | undefined
  readonly of: WasmFunction
  readonly operands: readonly Value[]
}

/** A branch to a block goes to its end, one to a loop to its beginning. */
export interface Block {
  readonly kind: 'block' | 'loop'
  readonly type: undefined
  readonly label: string
  readonly body: readonly Instruction[]
}

export interface If {
  readonly kind: 'if'
  readonly type: undefined
  readonly condition: Value<'i32'>
  readonly body: readonly Instruction[]
  readonly otherwise: readonly Instruction[]
}

export interface Branch {
  readonly kind: 'branch'
  readonly type: undefined
  readonly label: string
  readonly condition: Value<'i32'> | undefined
}

export type Value<T extends Type = Type> = (Plain | Constant | Vector | Argument | Variable | Assignment | Call) & {
  readonly type: T
}
export type Instruction = Plain | Constant | Vector | Argument | Variable | Assignment | Call | Block | If | Branch

/** A function; its local variables are those that its body names. */
export interface WasmFunction<T extends Type | undefined = Type | undefined> {
  readonly name: string
  readonly parameters: readonly Variable[]
  readonly result: T
  readonly body: readonly Instruction[]
}

/** Whole numbers can be written where a word is wanted. */
export type Word = Value<'word'> | number

const noLanes: readonly number[] = []

export function plain<T extends Type | undefined>(
  operation: Operation,
  type: T,
  operands: readonly Value[],
  offset = 0,
  lanes = noLanes,
): Plain & { readonly type: T } {
  return { kind: 'plain', type, operation, operands, offset, lanes }
}

/** Variables by their names. */
function variables<T extends Type>(type: T) {
  return <N extends string>(...names: readonly N[]): { readonly [K in N]: Variable<T> } =>
    Object.fromEntries(names.map((name) => [name, variable(type, name)])) as { [K in N]: Variable<T> }
}

export function variable<T extends Type>(type: T, name: string): Variable<T> {
  return { kind: 'variable', type, name }
}

export const words = variables('word')
export const vectors = variables('v128')

export function set<T extends Type>(
  to: Variable<T>,
  value: NoInfer<Value<T> | (T extends 'word' ? number : never)>,
): Assignment {
  return { kind: 'set', type: undefined, variable: to, value: typeof value === 'number' ? word(value) : value }
}

export function tee<T extends Type>(to: Variable<T>, value: NoInfer<Value<T>>): Assignment & { readonly type: T } {
  return { kind: 'tee', type: to.type, variable: to, value }
}

export function call<T extends Type | undefined>(
  of: WasmFunction<T>,
  ...operands: readonly Value[]
): Call & { readonly type: T } {
  return { kind: 'call', type: of.result, of, operands }
}

export function block(label: string, body: readonly Instruction[]): Block {
  return { kind: 'block', type: undefined, label, body }
}

export function loop(label: string, body: readonly Instruction[]): Block {
  return { kind: 'loop', type: undefined, label, body }
}

export function when(
  condition: Value<'i32'>,
  body: readonly Instruction[],
  otherwise: readonly Instruction[] = [],
): If {
  return { kind: 'if', type: undefined, condition, body, otherwise }
}

export function branch(label: string, condition?: Value<'i32'>): Branch {
  return { kind: 'branch', type: undefined, label, condition }
}

export function word(value: Word): Value<'word'> {
  return typeof value === 'number' ? { kind: 'constant', type: 'word', value } : value
}

export const i32 = (value: number): Constant & { readonly type: 'i32' } => ({ kind: 'constant', type: 'i32', value })
export const float = (value: number): Constant & { readonly type: 'f32' } => ({ kind: 'constant', type: 'f32', value })

/**
 * Gives instructions with parts of them replaced: `replace` says what stands for one, or undefined to look at its
 * parts. What has no such part stays.
 */
export function rewriter(
  replace: (of: Instruction) => Instruction | undefined,
): <I extends Instruction>(instruction: I) => I {
  const one = <I extends Instruction>(instruction: I): I => (replace(instruction) ?? changed(instruction)) as I
  const all = <I extends Instruction>(parts: readonly I[]): readonly I[] => {
    const rewritten = parts.map(one)
    return rewritten.some((part, i) => part !== parts[i]) ? rewritten : parts
  }
  const changed = (of: Instruction): Instruction => {
    switch (of.kind) {
      case 'plain':
      case 'call': {
        const operands = all(of.operands)
        return operands === of.operands ? of : { ...of, operands }
      }
      case 'set':
      case 'tee': {
        const value = one(of.value)
        return value === of.value ? of : { ...of, value }
      }
      case 'block':
      case 'loop':
        return { ...of, body: all(of.body) }
      case 'if':
        return { ...of, condition: one(of.condition), body: all(of.body), otherwise: all(of.otherwise) }
      case 'branch':
        return of.condition ? { ...of, condition: one(of.condition) } : of
      case 'argument':
        return { ...of, at: one(of.at) }
      default:
        return of
    }
  }
  return one
}
