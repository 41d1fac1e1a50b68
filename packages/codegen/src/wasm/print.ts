import { mostPages, type MemoryType } from '../layout/memory-type.js'
import { argumentLoad, takingFloats } from './argument.js'
import type { Instruction, Type, Variable, Vector, WasmFunction } from './instruction.js'
import { keyOfVector } from './vector.js'

/** The module that `encodeModule` encodes, as text for readers. */
export function printModule(run: WasmFunction, memory: MemoryType): string {
  const { isShared, is64 = false } = memory
  const functions = [run, ...(is64 ? [takingFloats(run)] : [])]
  const globals = new Set<string>()
  const texts: string[] = []
  for (let i = 0; i < functions.length; i++)
    texts.push(printFunction(functions[i]!, { is64, functions, globals, isExported: i === (is64 ? 1 : 0) }))
  const limits = isShared ? `1 ${mostPages(memory)} shared` : '0'
  return (
    [
      '(module',
      `(import "memory" "memory" (memory ${is64 ? 'i64 ' : ''}${limits}))`,
      ...[...globals].map((key) => `(global ${globalName(key)} v128 (v128.const ${key}))`),
      ...texts,
    ].join('\n') + ')'
  )
}

interface ModuleParts {
  readonly is64: boolean
  readonly functions: WasmFunction[]
  readonly globals: Set<string>
  readonly isExported: boolean
}

/** As text names numbers. */
function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value).replace('Infinity', 'inf').replace('NaN', 'nan')
}

function vectorText(vector: Vector): string {
  return keyOfVector(vector).replaceAll('Infinity', 'inf').replaceAll('NaN', 'nan')
}

/** `$f32x4:0.5`, after its type and number. */
function globalName(key: string): string {
  const [lanes, value] = key.split(' ')
  return `$${lanes}:${value}`
}

function printFunction(
  { name, parameters, result, body }: WasmFunction,
  { is64, functions, globals, isExported }: ModuleParts,
): string {
  const variables = new Map<string, Type>(parameters.map((parameter) => [parameter.name, parameter.type]))
  const typeText = (type: Type): string => (type === 'word' ? (is64 ? 'i64' : 'i32') : type)
  const nameOf = ({ name: local, type }: Variable): string => {
    variables.set(local, type)
    return `$${local}`
  }
  const form = (...parts: readonly string[]): string => `(${parts.filter((part) => part !== '').join(' ')})`
  const inOne = (instruction: Instruction): string => text(instruction).join(' ')

  /** An instruction as lines: one, unless it holds others that are no operands. */
  const text = (instruction: Instruction): string[] => {
    switch (instruction.kind) {
      case 'plain': {
        const { name: operation } = (is64 ? instruction.operation.wide : undefined) ?? instruction.operation
        const operands = instruction.operands.map(inOne)
        return [
          operation === ''
            ? operands[0]!
            : form(
                operation,
                instruction.offset ? `offset=${instruction.offset}` : '',
                instruction.lanes.join(' '),
                ...operands,
              ),
        ]
      }
      case 'constant':
        return [
          form(
            `${typeText(instruction.type)}.const`,
            numberText(instruction.type === 'i32' ? instruction.value | 0 : instruction.value),
          ),
        ]
      case 'vector':
        return [form('v128.const', vectorText(instruction))]
      case 'global': {
        const key = vectorText(instruction)
        globals.add(key)
        return [form('global.get', globalName(key))]
      }
      case 'argument':
        return text(argumentLoad(instruction, is64))
      case 'variable':
        return [form('local.get', nameOf(instruction))]
      case 'set':
      case 'tee': {
        // variables are numbered as they are encoded: the value comes first
        const value = inOne(instruction.value)
        return [form(`local.${instruction.kind}`, nameOf(instruction.variable), value)]
      }
      case 'call': {
        const operands = instruction.operands.map(inOne)
        if (!functions.includes(instruction.of)) functions.push(instruction.of)
        return [form('call', `$${instruction.of.name}`, ...operands)]
      }
      case 'block':
      case 'loop':
        return [`(${instruction.kind} $${instruction.label}`, ...instruction.body.flatMap(text), ')']
      case 'if':
        return [
          `(if ${inOne(instruction.condition)} (then`,
          ...instruction.body.flatMap(text),
          ...(instruction.otherwise.length > 0 ? [') (else', ...instruction.otherwise.flatMap(text)] : []),
          '))',
        ]
      case 'branch':
        return [
          instruction.condition
            ? form('br_if', `$${instruction.label}`, inOne(instruction.condition))
            : form('br', `$${instruction.label}`),
        ]
    }
  }

  const lines = body.flatMap(text)
  const signature = [
    ...parameters.map((parameter) => `(param $${parameter.name} ${typeText(parameter.type)})`),
    ...(result === undefined ? [] : [`(result ${typeText(result)})`]),
  ]
  const locals = [...variables].slice(parameters.length).map(([local, type]) => `(local $${local} ${typeText(type)})`)
  return [
    `(func $${name} ${[...(isExported ? ['(export "run")'] : []), ...signature].join(' ')}`,
    ...locals,
    ...lines,
    ')',
  ].join('\n')
}
