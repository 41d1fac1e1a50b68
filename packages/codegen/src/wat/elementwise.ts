import type { ScalarKernel } from '../scalar.js'
import { bytesOf, printLoad, printSplat, printStore, type Lanes } from './memory.js'
import { printNumber, printOperation } from './operation.js'

const get = (name: string): string => `(local.get $${name})`
const set = (name: string, value: string): string => `(local.set $${name} ${value})`
const advance = (name: string, bytes: number): string => set(name, `(i32.add ${get(name)} (i32.const ${bytes}))`)

/** `body` as often as `counter` says; `counter` ends at 0. */
function loop(label: string, counter: string, body: readonly string[]): string[] {
  return [`(if ${get(counter)} (then (loop $${label}`, ...body, `(br_if $${label} (local.tee $${counter} (i32.sub ${get(counter)} (i32.const 1)))))))`]
}

/**
 * A kernel as WebAssembly text: `run(inputs.., outputs.., outer, count, inner)`, all addresses and sizes, over the imported memory
 * `memory.memory`. Every input is read once and every result written once, four elements at a time; an output may be the same memory as
 * an input of access `full` and the same kind.
 */
export function printElementwise({ inputs, values, outputs }: ScalarKernel): string {
  const pointers = [...inputs.map((_, i) => `x${i}`), ...outputs.map((_, i) => `y${i}`)]
  const local = (value: number): string => `v${value}`
  const operandOf = (value: number): string => get(local(value))
  const isPerElement = (value: number): boolean => {
    const form = values[value]!
    return !(form.operation === 'number' || (form.operation === 'input' && inputs[form.input]!.access !== 'full' && inputs[form.input]!.access !== 'last'))
  }

  const splat = (access: 'scalar' | 'channel'): string[] =>
    values.flatMap((value, i) => {
      if (value.operation !== 'input' || inputs[value.input]!.access !== access) return []
      return [set(local(i), printSplat(value.kind, get(access === 'channel' ? `c${value.input}` : `x${value.input}`)))]
    })
  const numbers = values.flatMap((value, i) => (value.operation === 'number' ? [set(local(i), printNumber(value.number, value.kind))] : []))

  const elements = (lanes: Lanes): string[] => [
    ...values.flatMap((value, i) => {
      if (!isPerElement(i)) return []
      if (value.operation === 'input') return [set(local(i), printLoad(value.kind, lanes, get(inputs[value.input]!.access === 'last' ? `c${value.input}` : `x${value.input}`)))]
      if (value.operation === 'number') return []
      return [set(local(i), printOperation(value.operation, value.operands.map(operandOf), values[value.operands[0]!]!.kind, value.kind))]
    }),
    ...outputs.map((value, i) => printStore(values[value]!.kind, lanes, get(`y${i}`), operandOf(value))),
    ...inputs.flatMap(({ access, kind }, i) => (access === 'full' ? [advance(`x${i}`, lanes * bytesOf(kind))] : access === 'last' ? [advance(`c${i}`, lanes * bytesOf(kind))] : [])),
    ...outputs.map((value, i) => advance(`y${i}`, lanes * bytesOf(values[value]!.kind))),
  ]

  const start = (access: 'channel' | 'last'): string[] => inputs.flatMap((input, i) => (input.access === access ? [set(`c${i}`, get(`x${i}`))] : []))
  const next = inputs.flatMap(({ access, kind }, i) => (access === 'channel' ? [advance(`c${i}`, bytesOf(kind))] : []))

  return [
    '(module',
    '(import "memory" "memory" (memory 0))',
    `(func (export "run") ${[...pointers, 'outer', 'count', 'inner'].map((name) => `(param $${name} i32)`).join(' ')}`,
    '(local $c i32) (local $n i32)',
    ...inputs.flatMap(({ access }, i) => (access === 'channel' || access === 'last' ? [`(local $c${i} i32)`] : [])),
    ...values.map((_, i) => `(local $${local(i)} v128)`),
    ...numbers,
    ...splat('scalar'),
    ...loop('outers', 'outer', [
      ...start('channel'),
      set('c', get('count')),
      ...loop('channels', 'c', [
        ...splat('channel'),
        ...start('last'),
        set('n', `(i32.shr_u ${get('inner')} (i32.const 2))`),
        ...loop('fours', 'n', elements(4)),
        set('n', `(i32.and ${get('inner')} (i32.const 3))`),
        ...loop('ones', 'n', elements(1)),
        ...next,
      ]),
    ]),
    '))',
  ].join('\n')
}
