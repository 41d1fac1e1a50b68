import { bytesPerElement } from '@snn/tensor/backend'
import type { Kernel, Operand, Phase, Store } from '../form/kernel.js'
import type { ScalarValue } from '../form/scalar.js'
import { argumentWords, operandWord } from '../layout/arguments.js'
import { blocksIn, inSteps, type SteppedKernel } from '../layout/blocks.js'
import type { MemoryType } from '../layout/memory-type.js'
import { analysePhase } from '../layout/phase.js'
import { loadFloat, storeFloat } from './access.js'
import { argument } from './argument.js'
import { countdown } from './flow.js'
import {
  branch,
  call,
  loop,
  rewriter,
  set,
  tee,
  variable,
  when,
  words,
  type Instruction,
  type Value,
  type Variable,
  type Vector,
  type WasmFunction,
  type Word,
} from './instruction.js'
import { load, loadEverywhere, store as storeElements, type Count } from './memory.js'
import { numberOf, operationOn } from './operation.js'
import { poolingFunction } from './pooling.js'
import { printModule } from './print.js'
import { args, first, last, runFunction, thread } from './run-function.js'
import { f32x4, i32x4, keyOfVector, v128, vector, zeros, type Vec } from './vector.js'
import { add, addFloats, and, bytes, div, gt, lowBits, lt, mul, rem, shr, sub } from './word.js'

const addressArgument = (operand: number): Value<'word'> => argument(args, operandWord(operand))
const strideArgument = (operand: number): Value<'word'> => argument(args, operandWord(operand) + 1)
const given = (name: (typeof argumentWords)[number]): Value<'word'> => argument(args, argumentWords.indexOf(name))

/**
 * `n` elements from `element` on, the `start`-th of row `row`, of channel `c`; `at`, `atByte` and `end` count in a
 * block, `t` is the step.
 */
const { c, row, start, element, n, at, atByte, end, t, blocks, scratch } = words(
  'c',
  'row',
  'start',
  'element',
  'n',
  'at',
  'atByte',
  'end',
  't',
  'blocks',
  'scratch',
)
/** Where the block of an operand begins in the first step, and in step `j` of those that are computed at once. */
const operandStart = (operand: number): Variable<'word'> => variable('word', `p${operand}`)
const operandAt = (operand: number, j: number): Variable<'word'> => variable('word', `q${operand}_${j}`)
/** Where a slot begins, and its block of step `j`. */
const slotStart = (slot: number): Variable<'word'> => variable('word', `b${slot}`)
const slotAt = (slot: number, j: number): Variable<'word'> => variable('word', `s${slot}_${j}`)

/** A kernel as WebAssembly text, for readers. */
export function printKernel(kernel: Kernel, memory: MemoryType): string {
  return printModule(kernelFunction(inSteps(kernel)), memory)
}

/**
 * `run(args, first, last, thread)` computes the blocks from `first` to before `last`. Blocks are counted row by row; a
 * row is the `inner` elements of one channel. Four elements are computed at a time, eight in a pass of a loop; an
 * output may be the same memory as an input of access `full` that is read in the same step, or before.
 */
export function kernelFunction(kernel: SteppedKernel): WasmFunction {
  const { operands, slots } = kernel
  const plain = slots.flatMap(({ isStacked }, i) => (isStacked ? [] : [i]))
  const stacked = slots.flatMap(({ isStacked }, i) => (isStacked ? [i] : []))
  const pools = kernel.phases.flatMap((phase) => phase.pools)
  const elementsOf = ([height, width]: readonly [number, number]): number => height * width

  /** Of the first element of a block, in the first step. */
  const begin = (operand: Operand, i: number): Value<'word'> => {
    const size = bytesPerElement(operand.kind)
    const pool = pools.find((other) => other.operand === i)
    if (pool)
      return add(
        addressArgument(i),
        mul(div(element, elementsOf(pool.kernel.plane)), mul(size, elementsOf(pool.kernel.windows))),
      )
    const base = operand.role === 'sum' ? add(addressArgument(i), mul(strideArgument(i), thread)) : addressArgument(i)
    if (operand.access === 'scalar') return base
    return add(base, mul(size, operand.access === 'channel' ? c : operand.access === 'last' ? start : element))
  }
  /** Of a plain slot: its last block. */
  const slotBegin = (slot: number): Value<'word'> => {
    const lastBlock = blocksIn(slot, kernel, 1) - 1
    const before = plain
      .slice(0, slots[slot]!.isStacked ? plain.length : plain.indexOf(slot))
      .reduce((sum, other) => sum + blocksIn(other, kernel, 1), 0)
    return add(
      scratch,
      mul(
        bytes(given('block')),
        slots[slot]!.isStacked ? add(before, mul(stacked.indexOf(slot), given('length'))) : before + lastBlock,
      ),
    )
  }

  const { instructions, constants } = withoutConstants(
    kernel.phases.flatMap((phase, i) => phaseInstructions(kernel, phase, `${i}`)),
  )
  return runFunction([
    ...constants,
    set(scratch, add(given('scratch'), mul(given('scratchBytes'), thread))),
    ...slots.map((_, slot) => set(slotStart(slot), slotBegin(slot))),
    set(blocks, sub(last, first)),
    countdown('blocks', blocks, [
      set(row, div(first, given('blocksPerRow'))),
      set(start, mul(given('block'), rem(first, given('blocksPerRow')))),
      set(c, rem(row, given('count'))),
      set(element, add(mul(row, given('inner')), start)),
      set(n, sub(given('inner'), start)),
      when(gt(n, given('block')), [set(n, given('block'))]),
      ...operands.map((operand, i) => set(operandStart(i), begin(operand, i))),
      ...instructions,
      set(first, add(first, 1)),
    ]),
  ])
}

/**
 * Reads constants from variables `k0`, `k1`, .. : V8 builds a constant in a loop anew each time, from three
 * instructions unless it is zero.
 */
function withoutConstants(instructions: readonly Instruction[]): {
  readonly instructions: readonly Instruction[]
  readonly constants: readonly Instruction[]
} {
  const kept = new Map<string, { readonly variable: Variable<'v128'>; readonly value: Vector }>()
  const replace = (of: Instruction): Instruction | undefined => {
    if (of.kind !== 'vector' || of.values.every((x) => Object.is(x, 0))) return undefined
    const key = keyOfVector(of)
    const known = kept.get(key) ?? { variable: variable('v128', `k${kept.size}`), value: of }
    kept.set(key, known)
    return known.variable
  }
  const changed = instructions.map(rewriter(replace))
  return { instructions: changed, constants: [...kept.values()].map(({ variable: to, value }) => set(to, value)) }
}

/**
 * A phase: `stepsAtOnce` steps in one pass over the elements. Elements are counted in bytes of four-byte elements, in
 * `at`, and an address is where a block begins in that step plus that.
 */
function phaseInstructions(kernel: SteppedKernel, phase: Phase, name: string): Instruction[] {
  const { operands, slots } = kernel
  const { steps, values, stores, pools } = phase
  const { together, lastStep, kept, isUniform, varies, usedOperands, usedSlots, ...facts } = analysePhase(kernel, phase)
  const { isUniformAccess, isPooled, knownNumber } = facts
  /** What is written when all elements are computed: nothing else of a step is needed in the next. */
  const isWrittenLast = (value: number): boolean =>
    stores.some((store) => store.value === value && 'operand' in store.to && isUniformAccess(store.to.operand))
  const valueAt = (value: number, j: number): Variable<'v128'> =>
    variable('v128', `v${name}_${value}${varies[value] && (isUniform[value] || isWrittenLast(value)) ? `_${j}` : ''}`)
  /** Eight sums of a store: element i is added to that of i mod 8, what is left over to the first. */
  const sums = (store: number): readonly [Variable<'v128'>, Variable<'v128'>] => [
    variable('v128', `a${name}_${store}`),
    variable('v128', `d${name}_${store}`),
  ]
  const carry = (slot: number): Variable<'v128'> => variable('v128', `c${name}_${slot}`)

  const pointerOf = (operand: number, j: number): Variable<'word'> =>
    operandAt(operand, operands[operand]!.isMoving ? j : 0)
  const blockAt = (slot: number, j: number): Variable<'word'> =>
    slotAt(slot, slots[slot]!.isStacked || isPooled(slot) ? j : 0)
  const addressOf = (operand: number, j: number): Value<'word'> =>
    add(pointerOf(operand, j), bytesPerElement(operands[operand]!.kind) === 4 ? at : atByte)
  const inSlot = (slot: number, j: number): Value<'word'> => add(blockAt(slot, j), at)
  const stepAt = (j: number): Value<'word'> => (j === 0 ? t : add(t, steps === 'descending' ? -j : j))

  const compute = (value: ScalarValue, count: Count, from: number, j: number): Vec => {
    switch (value.operation) {
      case 'load':
        return isUniformAccess(value.operand)
          ? loadEverywhere(value.kind, pointerOf(value.operand, j))
          : load(value.kind, count, addressOf(value.operand, j), from * bytesPerElement(value.kind))
      case 'scratch':
        // what the step before has left
        if (kept.has(value.slot))
          return j > 0 ? carry(value.slot) : load('float32', count, inSlot(value.slot, lastStep), 4 * from)
        return load('float32', count, inSlot(value.slot, j), 4 * from)
      case 'number':
        return numberOf(value.number, value.kind)
      case 'step':
        return i32x4.splat(lowBits(stepAt(j)))
      default:
        return operationOn(
          value.operation,
          value.operands.map((operand) => valueAt(operand, j)),
          values[value.operands[0]!]!.kind,
          value.kind,
          value.operands.map(knownNumber),
        )
    }
  }
  const assign = (count: Count, uniform: boolean, from: number, j: number): Instruction[] =>
    values.flatMap((value, i) =>
      isUniform[i] === uniform && (j === 0 || varies[i]) ? [set(valueAt(i, j), compute(value, count, from, j))] : [],
    )

  const operandOf = (store: Store): Operand | undefined =>
    'operand' in store.to ? operands[store.to.operand] : undefined
  /** Adds `value`, of which only the first lane counts when there is one left. */
  const accumulate = (into: Vec, value: Vec, count: Count): Vec =>
    f32x4.add(into, count === 4 ? value : v128.and(value, vector('i32x4', -1, 0, 0, 0)))
  const write = (store: Store, i: number, count: Count, from: number, j: number): Instruction[] => {
    const value = valueAt(store.value, j)
    if ('slot' in store.to) {
      const { slot } = store.to
      return slots[slot]!.isStacked || isPooled(slot) || j === lastStep
        ? [storeElements('float32', count, inSlot(slot, j), value, 4 * from)]
        : []
    }
    const { role, access, kind } = operands[store.to.operand]!
    const sum = sums(i)[from / 4]!
    if (role === 'sum' && isUniformAccess(store.to.operand)) return [set(sum, accumulate(sum, value, count))]
    const address = addressOf(store.to.operand, j)
    if (role === 'sum' && access === 'last')
      return [
        storeElements('float32', count, address, f32x4.add(load('float32', count, address, 4 * from), value), 4 * from),
      ]
    return isUniformAccess(store.to.operand)
      ? []
      : [storeElements(kind, count, address, value, from * bytesPerElement(kind))]
  }
  /** What is written once for a row. */
  const writeRow = (store: Store, i: number): Instruction[] => {
    const operand = operandOf(store)
    if (!operand || operand.access === 'full' || operand.access === 'last') return []
    const pointer = (j: number): Variable<'word'> => pointerOf((store.to as { readonly operand: number }).operand, j)
    if (operand.role === 'output')
      return together.map((j) => storeElements(operand.kind, 1, pointer(j), valueAt(store.value, j)))
    const [low, high] = sums(i)
    const lane = (k: number): Value<'f32'> => f32x4.extract_lane(k, low)
    return [
      set(low, f32x4.add(low, high)),
      storeFloat(
        pointer(0),
        addFloats(loadFloat(pointer(0)), addFloats(addFloats(lane(0), lane(1)), addFloats(lane(2), lane(3)))),
      ),
    ]
  }

  /** Elements, `count` of them, from the first on: all steps. */
  const elements = (count: Count, from: number): Instruction[] =>
    together.flatMap((j) => [
      ...assign(count, false, from, j),
      ...stores.flatMap((store, i) => write(store, i, count, from, j)),
      ...(j < lastStep ? [...kept].map(([slot, value]) => set(carry(slot), valueAt(value, j))) : []),
    ])
  const usesBytes = usedOperands.some((i) => !isUniformAccess(i) && bytesPerElement(operands[i]!.kind) === 1)
  /** `number` elements a pass while `at` is before element `until`. */
  const passes = (label: string, number: number, until: Word, body: readonly Instruction[]): Instruction[] => [
    set(end, bytes(until)),
    when(lt(at, end), [
      loop(label, [
        ...(usesBytes ? [set(atByte, shr(at, 2))] : []),
        ...body,
        branch(label, lt(tee(at, add(at, 4 * number)), end)),
      ]),
    ]),
  ]

  const blockBytes = bytes(given('block'))
  /** A slot's block of a step: of what is pooled, the last block is that of the last step. */
  const blockOf = (slot: number, j: number): Value<'word'> => {
    if (slots[slot]!.isStacked) return add(slotStart(slot), mul(blockBytes, stepAt(j)))
    return isPooled(slot) && j < lastStep ? add(slotStart(slot), mul(blockBytes, j - lastStep)) : slotStart(slot)
  }
  const operandOfStep = (operand: number, j: number): Value<'word'> =>
    operands[operand]!.isMoving
      ? add(operandStart(operand), mul(strideArgument(operand), stepAt(j)))
      : operandStart(operand)
  const eachStep = (place: (j: number) => Variable<'word'>, value: (j: number) => Value<'word'>): Instruction[] =>
    together.flatMap((j) => (j > 0 && place(j).name === place(0).name ? [] : [set(place(j), value(j))]))
  const pooling = pools.map((pool) => ({ ...pool, function: poolingFunction(`pool${pool.operand}`, pool.kernel) }))

  const step: Instruction[] = [
    ...usedOperands.flatMap((i) =>
      eachStep(
        (j) => pointerOf(i, j),
        (j) => operandOfStep(i, j),
      ),
    ),
    ...usedSlots.flatMap((slot) =>
      eachStep(
        (j) => blockAt(slot, j),
        (j) => blockOf(slot, j),
      ),
    ),
    ...together.flatMap((j) => assign(4, true, 0, j)),
    ...stores.flatMap((store, i) => (operandOf(store)?.role === 'sum' ? sums(i).map((sum) => set(sum, zeros)) : [])),
    set(at, 0),
    ...passes(`eights${name}`, 8, and(n, -8), [...elements(4, 0), ...elements(4, 4)]),
    ...passes(`ones${name}`, 1, n, elements(1, 0)),
    ...stores.flatMap(writeRow),
    ...together.flatMap((j) =>
      pooling.map(({ slot, operand, kernel: { plane }, function: pool }) =>
        call(pool, blockOf(slot, j), operandOfStep(operand, j), div(n, plane[0] * plane[1])),
      ),
    ),
  ]
  if (steps === 'once') return [set(t, 0), ...step]
  const by = together.length
  const [from, forward] = steps === 'ascending' ? [0, by] : [sub(given('length'), 1), -by]
  return [
    set(t, from),
    loop(`steps${name}`, [...step, set(t, add(t, forward)), branch(`steps${name}`, lt(t, given('length')))]),
  ]
}
