import type { Kernel, Operand, Phase, Store } from '../kernel.js'
import type { MemoryType } from '../memory-type.js'
import { bytesOf, type ScalarValue } from '../scalar.js'
import { functions, functionsFor, type FunctionName } from './functions.js'
import { printLoad, printSplat, printStore, type Lanes } from './memory.js'
import { printModule } from './module.js'
import { printNumber, printOperation } from './operation.js'
import { poolingFunction } from './pooling.js'
import { add, countdown, get, i32, mul, set } from './text.js'

/**
 * Where `run` finds what it needs, as words from its first argument on; then come, for each operand, its address and the bytes
 * from one step to the next (for a sum: from one thread's array to the next).
 */
export const argumentWords = ['length', 'count', 'inner', 'block', 'blocksPerRow', 'scratch', 'scratchBytes'] as const

/** Number of the word with the address of operand `index`. */
export function operandWord(index: number): number {
  return argumentWords.length + 2 * index
}

const word = (index: number): string => `(i32.load offset=${4 * index} ${get('args')})`
const argument = (name: (typeof argumentWords)[number]): string => word(argumentWords.indexOf(name))

/**
 * A kernel as WebAssembly text: `run(args, first, last, thread)` computes the blocks from `first` to before `last`, over the imported
 * memory `memory.memory`. Blocks are counted row by row; a row is the `inner` elements of one channel. Four elements are computed at a
 * time, eight in a pass of a loop; an output may be the same memory as an input of access `full` that is read in the same step, or before.
 */
export function printKernel(kernel: Kernel, memory: MemoryType): string {
  const { operands, slots } = kernel
  const plain = slots.flatMap(({ isStacked }, i) => (isStacked ? [] : [i]))
  const stacked = slots.flatMap(({ isStacked }, i) => (isStacked ? [i] : []))
  const phases = kernel.phases.map((phase, i) => printPhase(kernel, phase, `${i}`))
  const { lines, constants } = withoutConstants(phases.flatMap(({ text }) => text))

  const pools = kernel.phases.flatMap((phase) => phase.pools)
  const elementsOf = ([height, width]: readonly [number, number]): string => i32(height * width)

  /** Of the first element of a block, in the first step. */
  const start = (operand: Operand, i: number): string => {
    const size = i32(bytesOf(operand.kind))
    const pool = pools.find((other) => other.operand === i)
    if (pool) return add(word(operandWord(i)), mul(`(i32.div_u ${get('element')} ${elementsOf(pool.kernel.plane)})`, mul(size, elementsOf(pool.kernel.windows))))
    const base = operand.role === 'sum' ? add(word(operandWord(i)), mul(word(operandWord(i) + 1), get('thread'))) : word(operandWord(i))
    if (operand.access === 'scalar') return base
    if (operand.access === 'channel') return add(base, mul(size, get('c')))
    return add(base, mul(size, operand.access === 'last' ? get('start') : get('element')))
  }
  const slotStart = (slot: number): string => {
    const block = mul(i32(4), argument('block'))
    const before = slots[slot]!.isStacked ? add(i32(plain.length), mul(i32(stacked.indexOf(slot)), argument('length'))) : i32(plain.indexOf(slot))
    return add(get('scratch'), mul(block, before))
  }

  const locals = ['c', 'row', 'start', 'element', 'n', 'left', 't', 'blocks', 'scratch', ...operands.flatMap((_, i) => [`p${i}`, `q${i}`]), ...slots.flatMap((_, i) => [`b${i}`, `s${i}`])]
  return printModule(memory, [
    ...functionsFor(calledBy(kernel)),
    ...pools.flatMap(({ operand, kernel: planes }) => poolingFunction(`pool${operand}`, planes)),
    '(func (export "run") (param $args i32) (param $first i32) (param $last i32) (param $thread i32)',
    ...locals.map((name) => `(local $${name} i32)`),
    ...phases.flatMap(({ locals: own }) => own.map((name) => `(local $${name} v128)`)),
    ...constants.map((_, i) => `(local $k${i} v128)`),
    ...constants.map((value, i) => set(`k${i}`, value)),
    set('scratch', add(argument('scratch'), mul(argument('scratchBytes'), get('thread')))),
    ...slots.map((_, slot) => set(`b${slot}`, slotStart(slot))),
    set('blocks', `(i32.sub ${get('last')} ${get('first')})`),
    ...countdown('blocks', 'blocks', [
      set('row', `(i32.div_u ${get('first')} ${argument('blocksPerRow')})`),
      set('start', mul(argument('block'), `(i32.rem_u ${get('first')} ${argument('blocksPerRow')})`)),
      set('c', `(i32.rem_u ${get('row')} ${argument('count')})`),
      set('element', add(mul(get('row'), argument('inner')), get('start'))),
      set('n', `(i32.sub ${argument('inner')} ${get('start')})`),
      `(if (i32.gt_u ${get('n')} ${argument('block')}) (then ${set('n', argument('block'))}))`,
      ...operands.map((operand, i) => set(`p${i}`, start(operand, i))),
      ...lines,
      set('first', add(get('first'), i32(1))),
    ]),
    ')',
  ])
}

/** Reads constants from locals `k0`, `k1`, .. : V8 builds a constant in a loop anew each time, from three instructions unless it is zero. */
function withoutConstants(text: readonly string[]): { readonly lines: readonly string[]; readonly constants: readonly string[] } {
  const constants: string[] = []
  const local = (constant: string): string => get(`k${constants.includes(constant) ? constants.indexOf(constant) : constants.push(constant) - 1}`)
  return { lines: text.map((line) => line.replaceAll(/\(v128\.const \w+ (?!0 0 0 0\))[^)]*\)/g, local)), constants }
}

function calledBy({ phases }: Kernel): FunctionName[] {
  return phases.flatMap(({ values }) => values.map(({ operation }) => operation)).filter((operation): operation is FunctionName => operation in functions)
}

function printPhase({ operands, slots }: Kernel, { steps, values, stores, pools }: Phase, name: string): { readonly text: readonly string[]; readonly locals: readonly string[] } {
  const local = (value: number): string => `v${name}_${value}`
  const sum = (store: number): string => `a${name}_${store}`
  const isUniform = values.reduce<boolean[]>((known, value) => {
    if (value.operation === 'scratch') known.push(false)
    else if (value.operation === 'load') known.push(['channel', 'scalar'].includes(operands[value.operand]!.access))
    else known.push(!('operands' in value) || value.operands.every((operand) => known[operand]))
    return known
  }, [])

  const compute = (value: ScalarValue, lanes: Lanes, first: number): string => {
    switch (value.operation) {
      case 'load':
        return ['channel', 'scalar'].includes(operands[value.operand]!.access) ? printSplat(value.kind, get(`q${value.operand}`)) : printLoad(value.kind, lanes, get(`q${value.operand}`), first * bytesOf(value.kind))
      case 'scratch':
        return printLoad('float', lanes, get(`s${value.slot}`), 4 * first)
      case 'number':
        return printNumber(value.number, value.kind)
      case 'step':
        return `(i32x4.splat ${get('t')})`
      default:
        return printOperation(value.operation, value.operands.map((operand) => get(local(operand))), values[value.operands[0]!]!.kind, value.kind, value.operands.map(numberOf))
    }
  }
  const numberOf = (index: number): number | undefined => {
    const value = values[index]!
    return value.operation === 'number' ? value.number : undefined
  }
  const assign = (lanes: Lanes, uniform: boolean, first = 0): string[] => values.flatMap((value, i) => (isUniform[i] === uniform ? [set(local(i), compute(value, lanes, first))] : []))

  const operandOf = (store: Store): Operand | undefined => ('operand' in store.to ? operands[store.to.operand] : undefined)
  /** Adds `value`, of which only the first lane counts when there is one left. */
  const accumulate = (into: string, value: number, lanes: Lanes): string =>
    `(f32x4.add ${into} ${lanes === 4 ? get(local(value)) : `(v128.and ${get(local(value))} (v128.const i32x4 -1 0 0 0))`})`
  const write = (store: Store, i: number, lanes: Lanes, first: number): string[] => {
    const value = get(local(store.value))
    if ('slot' in store.to) return [printStore('float', lanes, get(`s${store.to.slot}`), value, 4 * first)]
    const { role, access, kind } = operands[store.to.operand]!
    const pointer = get(`q${store.to.operand}`)
    if (role === 'sum' && access === 'last') return [printStore('float', lanes, pointer, `(f32x4.add ${printLoad('float', lanes, pointer, 4 * first)} ${value})`, 4 * first)]
    if (role === 'sum') return [set(sum(i), accumulate(get(sum(i)), store.value, lanes))]
    return access === 'full' || access === 'last' ? [printStore(kind, lanes, pointer, value, first * bytesOf(kind))] : []
  }
  /** What is written once for a row. */
  const writeRow = (store: Store, i: number): string[] => {
    const operand = operandOf(store)
    if (!operand || operand.access === 'full' || operand.access === 'last') return []
    const pointer = get(`q${(store.to as { readonly operand: number }).operand}`)
    if (operand.role === 'output') return [printStore(operand.kind, 1, pointer, get(local(store.value)))]
    const lane = (n: number): string => `(f32x4.extract_lane ${n} ${get(sum(i))})`
    return [`(f32.store ${pointer} (f32.add (f32.load ${pointer}) (f32.add (f32.add ${lane(0)} ${lane(1)}) (f32.add ${lane(2)} ${lane(3)}))))`]
  }

  const usedOperands = new Set([...values.flatMap((value) => (value.operation === 'load' ? [value.operand] : [])), ...stores.flatMap(({ to }) => ('operand' in to ? [to.operand] : []))])
  const usedSlots = new Set([...values.flatMap((value) => (value.operation === 'scratch' ? [value.slot] : [])), ...stores.flatMap(({ to }) => ('slot' in to ? [to.slot] : []))])
  const advance = (by: number): string[] => [
    ...[...usedOperands].flatMap((i) => (['full', 'last'].includes(operands[i]!.access) ? [set(`q${i}`, add(get(`q${i}`), i32(by * bytesOf(operands[i]!.kind))))] : [])),
    ...[...usedSlots].map((slot) => set(`s${slot}`, add(get(`s${slot}`), i32(4 * by)))),
  ]
  /** So many elements, `lanes` at a time. */
  const elements = (number: number, lanes: Lanes): string[] => {
    const starts = Array.from({ length: number / lanes }, (_, i) => i * lanes)
    return [...starts.flatMap((first) => [...assign(lanes, false, first), ...stores.flatMap((store, i) => write(store, i, lanes, first))]), ...advance(number)]
  }

  const step = [
    ...[...usedOperands].map((i) => set(`q${i}`, operands[i]!.isMoving ? add(get(`p${i}`), mul(word(operandWord(i) + 1), get('t'))) : get(`p${i}`))),
    ...[...usedSlots].map((slot) => set(`s${slot}`, slots[slot]!.isStacked ? add(get(`b${slot}`), mul(mul(i32(4), argument('block')), get('t'))) : get(`b${slot}`))),
    ...assign(4, true),
    ...stores.flatMap((store, i) => (operandOf(store)?.role === 'sum' ? [set(sum(i), '(v128.const i32x4 0 0 0 0)')] : [])),
    set('left', `(i32.shr_u ${get('n')} ${i32(3)})`),
    ...countdown(`eights${name}`, 'left', elements(8, 4)),
    set('left', `(i32.and ${get('n')} ${i32(7)})`),
    ...countdown(`ones${name}`, 'left', elements(1, 1)),
    ...stores.flatMap(writeRow),
    ...pools.map(({ slot, operand, kernel: { plane } }) => `(call $pool${operand} ${get(`b${slot}`)} ${add(get(`p${operand}`), mul(word(operandWord(operand) + 1), get('t')))} (i32.div_u ${get('n')} ${i32(plane[0] * plane[1])}))`),
  ]
  const locals = [...values.map((_, i) => local(i)), ...stores.flatMap((store, i) => (operandOf(store)?.role === 'sum' ? [sum(i)] : []))]
  if (steps === 'once') return { text: [set('t', i32(0)), ...step], locals }
  const [from, by] = steps === 'ascending' ? [i32(0), 1] : [`(i32.sub ${argument('length')} ${i32(1)})`, -1]
  const text = [set('t', from), `(loop $steps${name}`, ...step, set('t', add(get('t'), i32(by))), `(br_if $steps${name} (i32.lt_u ${get('t')} ${argument('length')})))`]
  return { text, locals }
}
