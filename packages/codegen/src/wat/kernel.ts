import { blocksIn, type Kernel, type Operand, type Phase, type Store } from '../kernel.js'
import type { MemoryType } from '../memory-type.js'
import { bytesOf, type ScalarValue } from '../scalar.js'
import { functions, functionsFor, type FunctionName } from './functions.js'
import { printLoad, printSplat, printStore, type Lanes } from './memory.js'
import { printModule } from './module.js'
import { printNumber, printOperation } from './operation.js'
import { poolingFunction } from './pooling.js'
import { add, bytes, countdown, get, i32, mul, set } from './text.js'

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
  /** Of a plain slot: its last block. */
  const slotStart = (slot: number): string => {
    const last = blocksIn(slot, kernel, 1) - 1
    const blocks = plain.slice(0, slots[slot]!.isStacked ? plain.length : plain.indexOf(slot)).reduce((sum, other) => sum + blocksIn(other, kernel, 1), 0)
    const before = slots[slot]!.isStacked ? add(i32(blocks), mul(i32(stacked.indexOf(slot)), argument('length'))) : i32(blocks + last)
    return add(get('scratch'), mul(bytes(argument('block')), before))
  }

  const together = Array.from({ length: kernel.stepsAtOnce }, (_, j) => j)
  const locals = ['c', 'row', 'start', 'element', 'n', 'at', 'atByte', 'end', 't', 'blocks', 'scratch', ...operands.flatMap((_, i) => [`p${i}`, ...together.map((j) => `q${i}_${j}`)]), ...slots.flatMap((_, i) => [`b${i}`, ...together.map((j) => `s${i}_${j}`)])]
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

/**
 * A phase: `stepsAtOnce` steps in one pass over the elements. Elements are counted in bytes of four-byte elements, in local `at`, and an
 * address is where a block begins in that step, `q` of an operand and `s` of a slot, plus that.
 */
function printPhase(kernel: Kernel, { steps, values, stores, pools }: Phase, name: string): { readonly text: readonly string[]; readonly locals: readonly string[] } {
  const { operands, slots } = kernel
  const together = Array.from({ length: steps === 'once' ? 1 : kernel.stepsAtOnce }, (_, j) => j)
  const lastStep = together.length - 1
  const isUniformAccess = (operand: number): boolean => ['channel', 'scalar'].includes(operands[operand]!.access)
  const kept = new Map(stores.flatMap(({ to, value }) => ('slot' in to && !slots[to.slot]!.isStacked ? [[to.slot, value] as const] : [])))
  const isPooled = (slot: number): boolean => pools.some((pool) => pool.slot === slot)

  /** The same for all elements; other in each step. */
  const isUniform: boolean[] = []
  const varies: boolean[] = []
  for (const value of values) {
    const parts = 'operands' in value ? value.operands : []
    isUniform.push(value.operation === 'load' ? isUniformAccess(value.operand) : value.operation !== 'scratch' && parts.every((part) => isUniform[part]))
    varies.push(value.operation === 'load' ? operands[value.operand]!.isMoving : value.operation === 'scratch' ? slots[value.slot]!.isStacked || kept.has(value.slot) : value.operation === 'step' || parts.some((part) => varies[part]))
  }
  /** What is written when all elements are computed: nothing else of a step is needed in the next. */
  const isWrittenLast = (value: number): boolean => stores.some((store) => store.value === value && 'operand' in store.to && isUniformAccess(store.to.operand))
  const local = (value: number, j: number): string => `v${name}_${value}${varies[value] && (isUniform[value] || isWrittenLast(value)) ? `_${j}` : ''}`
  const sum = (store: number): string => `a${name}_${store}`
  const carry = (slot: number): string => `c${name}_${slot}`

  const pointerOf = (operand: number, j: number): string => `q${operand}_${operands[operand]!.isMoving ? j : 0}`
  const slotOf = (slot: number, j: number): string => `s${slot}_${slots[slot]!.isStacked || isPooled(slot) ? j : 0}`
  const addressOf = (operand: number, j: number): string => add(get(pointerOf(operand, j)), get(bytesOf(operands[operand]!.kind) === 4 ? 'at' : 'atByte'))
  const scratch = (slot: number, j: number): string => add(get(slotOf(slot, j)), get('at'))
  const stepAt = (j: number): string => (j === 0 ? get('t') : add(get('t'), i32(steps === 'descending' ? -j : j)))

  const compute = (value: ScalarValue, lanes: Lanes, first: number, j: number): string => {
    switch (value.operation) {
      case 'load':
        return isUniformAccess(value.operand) ? printSplat(value.kind, get(pointerOf(value.operand, j))) : printLoad(value.kind, lanes, addressOf(value.operand, j), first * bytesOf(value.kind))
      case 'scratch':
        // what the step before has left
        if (kept.has(value.slot)) return j > 0 ? get(carry(value.slot)) : printLoad('float', lanes, scratch(value.slot, lastStep), 4 * first)
        return printLoad('float', lanes, scratch(value.slot, j), 4 * first)
      case 'number':
        return printNumber(value.number, value.kind)
      case 'step':
        return `(i32x4.splat ${stepAt(j)})`
      default:
        return printOperation(value.operation, value.operands.map((operand) => get(local(operand, j))), values[value.operands[0]!]!.kind, value.kind, value.operands.map(numberOf))
    }
  }
  const numberOf = (index: number): number | undefined => {
    const value = values[index]!
    return value.operation === 'number' ? value.number : undefined
  }
  const assign = (lanes: Lanes, uniform: boolean, first: number, j: number): string[] =>
    values.flatMap((value, i) => (isUniform[i] === uniform && (j === 0 || varies[i]) ? [set(local(i, j), compute(value, lanes, first, j))] : []))

  const operandOf = (store: Store): Operand | undefined => ('operand' in store.to ? operands[store.to.operand] : undefined)
  /** Adds `value`, of which only the first lane counts when there is one left. */
  const accumulate = (into: string, value: string, lanes: Lanes): string => `(f32x4.add ${into} ${lanes === 4 ? value : `(v128.and ${value} (v128.const i32x4 -1 0 0 0))`})`
  const write = (store: Store, i: number, lanes: Lanes, first: number, j: number): string[] => {
    const value = get(local(store.value, j))
    if ('slot' in store.to) {
      const { slot } = store.to
      return slots[slot]!.isStacked || isPooled(slot) || j === lastStep ? [printStore('float', lanes, scratch(slot, j), value, 4 * first)] : []
    }
    const { role, access, kind } = operands[store.to.operand]!
    if (role === 'sum' && isUniformAccess(store.to.operand)) return [set(sum(i), accumulate(get(sum(i)), value, lanes))]
    const address = addressOf(store.to.operand, j)
    if (role === 'sum' && access === 'last') return [printStore('float', lanes, address, `(f32x4.add ${printLoad('float', lanes, address, 4 * first)} ${value})`, 4 * first)]
    return isUniformAccess(store.to.operand) ? [] : [printStore(kind, lanes, address, value, first * bytesOf(kind))]
  }
  /** What is written once for a row. */
  const writeRow = (store: Store, i: number): string[] => {
    const operand = operandOf(store)
    if (!operand || operand.access === 'full' || operand.access === 'last') return []
    const pointer = (j: number): string => get(pointerOf((store.to as { readonly operand: number }).operand, j))
    if (operand.role === 'output') return together.map((j) => printStore(operand.kind, 1, pointer(j), get(local(store.value, j))))
    const lane = (n: number): string => `(f32x4.extract_lane ${n} ${get(sum(i))})`
    return [`(f32.store ${pointer(0)} (f32.add (f32.load ${pointer(0)}) (f32.add (f32.add ${lane(0)} ${lane(1)}) (f32.add ${lane(2)} ${lane(3)}))))`]
  }

  const usedOperands = [...new Set([...values.flatMap((value) => (value.operation === 'load' ? [value.operand] : [])), ...stores.flatMap(({ to }) => ('operand' in to ? [to.operand] : []))])]
  const usedSlots = [...new Set([...values.flatMap((value) => (value.operation === 'scratch' ? [value.slot] : [])), ...stores.flatMap(({ to }) => ('slot' in to ? [to.slot] : []))])]
  /** Elements, `lanes` of them, from the first on: all steps. */
  const vector = (lanes: Lanes, first: number): string[] =>
    together.flatMap((j) => [
      ...assign(lanes, false, first, j),
      ...stores.flatMap((store, i) => write(store, i, lanes, first, j)),
      ...(j < lastStep ? [...kept].map(([slot, value]) => set(carry(slot), get(local(value, j)))) : []),
    ])
  const usesBytes = usedOperands.some((i) => !isUniformAccess(i) && bytesOf(operands[i]!.kind) === 1)
  /** `number` elements a pass while `at` is before `end`. */
  const elements = (label: string, number: number, end: string, body: readonly string[]): string[] => [
    set('end', bytes(end)),
    `(if (i32.lt_u ${get('at')} ${get('end')}) (then (loop $${label}`,
    ...(usesBytes ? [set('atByte', `(i32.shr_u ${get('at')} ${i32(2)})`)] : []),
    ...body,
    `(br_if $${label} (i32.lt_u (local.tee $at ${add(get('at'), i32(4 * number))}) ${get('end')})))))`,
  ]

  const blockBytes = bytes(argument('block'))
  /** A slot's block of a step: of what is pooled, the last block is that of the last step. */
  const blockOf = (slot: number, j: number): string => {
    if (slots[slot]!.isStacked) return add(get(`b${slot}`), mul(blockBytes, stepAt(j)))
    return isPooled(slot) && j < lastStep ? add(get(`b${slot}`), mul(blockBytes, i32(j - lastStep))) : get(`b${slot}`)
  }
  const operandAt = (operand: number, j: number): string => (operands[operand]!.isMoving ? add(get(`p${operand}`), mul(word(operandWord(operand) + 1), stepAt(j))) : get(`p${operand}`))
  const eachStep = (names: (j: number) => string, place: (j: number) => string): string[] => together.flatMap((j) => (j > 0 && names(j) === names(0) ? [] : [set(names(j), place(j))]))

  const step = [
    ...usedOperands.flatMap((i) => eachStep((j) => pointerOf(i, j), (j) => operandAt(i, j))),
    ...usedSlots.flatMap((slot) => eachStep((j) => slotOf(slot, j), (j) => blockOf(slot, j))),
    ...together.flatMap((j) => assign(4, true, 0, j)),
    ...stores.flatMap((store, i) => (operandOf(store)?.role === 'sum' ? [set(sum(i), '(v128.const i32x4 0 0 0 0)')] : [])),
    set('at', i32(0)),
    ...elements(`eights${name}`, 8, `(i32.and ${get('n')} ${i32(-8)})`, [...vector(4, 0), ...vector(4, 4)]),
    ...elements(`ones${name}`, 1, get('n'), vector(1, 0)),
    ...stores.flatMap(writeRow),
    ...together.flatMap((j) => pools.map(({ slot, operand, kernel: { plane } }) => `(call $pool${operand} ${blockOf(slot, j)} ${operandAt(operand, j)} (i32.div_u ${get('n')} ${i32(plane[0] * plane[1])}))`)),
  ]
  const locals = new Set([...values.flatMap((_, i) => together.map((j) => local(i, j))), ...stores.flatMap((store, i) => (operandOf(store)?.role === 'sum' ? [sum(i)] : [])), ...[...kept.keys()].map(carry)])
  if (steps === 'once') return { text: [set('t', i32(0)), ...step], locals: [...locals] }
  const by = together.length
  const [from, forward] = steps === 'ascending' ? [i32(0), by] : [`(i32.sub ${argument('length')} ${i32(1)})`, -by]
  const text = [set('t', from), `(loop $steps${name}`, ...step, set('t', add(get('t'), i32(forward))), `(br_if $steps${name} (i32.lt_u ${get('t')} ${argument('length')})))`]
  return { text, locals: [...locals] }
}
