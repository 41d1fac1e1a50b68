import type { Kernel, Operand, Phase, Store } from '../form/kernel.js'
import type { ScalarValue } from '../form/scalar.js'
import { argumentWords, operandWord } from '../layout/arguments.js'
import { blocksIn, inSteps, type SteppedKernel } from '../layout/blocks.js'
import { analysePhase } from '../layout/phase.js'
import { addTerms, sumPiece, total } from './helpers.js'
import { operationOn, type Use } from './operation.js'
import { poolingFunction } from './pooling.js'
import { block, loaded, memoryType, numberText, valueType } from './text.js'
import { printUnit, type CFunction, type CKernel } from './unit.js'

const argument = (index: number): string => `(word)a[${index}]`
const addressArgument = (operand: number): string => argument(operandWord(operand))
const strideArgument = (operand: number): string => argument(operandWord(operand) + 1)

/** A kernel as a whole translation unit, for readers. */
export function printKernelC(kernel: Kernel): string {
  return printUnit([kernelC(inSteps(kernel))], { is64: false })
}

/**
 * A fused kernel as C, over the same blocks, buffers and partial sums as in WebAssembly, with the same bits. The
 * elements of a block are one loop, with all steps that are computed at once inside; an output may be the same memory
 * as an input of access `full` that is read in the same step, or before.
 */
export function kernelC(kernel: SteppedKernel): CKernel {
  const { operands, slots } = kernel
  const calls = new Set<CFunction>()
  const use: Use = (of) => (calls.add(of), of.name)
  const plain = slots.flatMap(({ isStacked }, i) => (isStacked ? [] : [i]))
  const stacked = slots.flatMap(({ isStacked }, i) => (isStacked ? [i] : []))
  const pools = kernel.phases.flatMap((phase) => phase.pools)

  /** Of the first element of a block, in the first step. */
  const begin = (operand: Operand, i: number): string => {
    const { role, access } = operand
    const base = `memory + ${addressArgument(i)}${role === 'sum' ? ` + ${strideArgument(i)} * thread` : ''}`
    const pool = pools.find((other) => other.operand === i)
    const element = pool
      ? ` + element / ${product(pool.kernel.plane)} * ${product(pool.kernel.windows)}`
      : access === 'scalar'
        ? ''
        : ` + ${access === 'channel' ? 'c' : access === 'last' ? 'start' : 'element'}`
    const type = pointerTo(operand)
    return `${type}const p${i} = (${type})(${base})${element};`
  }
  /** Of a plain slot: its last block. */
  const slotBegin = (slot: number): string => {
    const { isStacked } = slots[slot]!
    const before = plain
      .slice(0, isStacked ? plain.length : plain.indexOf(slot))
      .reduce((sum, other) => sum + blocksIn(other, kernel, 1), 0)
    const blocks = isStacked
      ? `(${before} + ${stacked.indexOf(slot)} * length)`
      : String(before + blocksIn(slot, kernel, 1) - 1)
    const type = slotType(kernel, slot)
    return `${type} *const b${slot} = (${type} *)scratch + block * ${blocks};`
  }
  const body = [
    ...argumentWords.map((name, i) => `const word ${name === 'scratch' ? 'buffers' : name} = ${argument(i)};`),
    'u8 *const scratch = memory + buffers + scratchBytes * thread;',
    ...slots.map((_, slot) => slotBegin(slot)),
    ...block('for (word b = first; b < last; b++)', [
      'const word row = b / blocksPerRow, start = block * (b % blocksPerRow);',
      'const word c = row % count, element = row * inner + start;',
      'const word n = inner - start < block ? inner - start : block;',
      ...operands.map(begin),
      ...kernel.phases.flatMap((phase) => phaseLines(kernel, phase, use)),
    ]),
  ]
  return { body, calls: [...calls] }
}

const product = ([height, width]: readonly [number, number]): number => height * width

/** The type of where an operand lies. */
function pointerTo({ kind, role }: Operand): string {
  return `${role === 'input' ? 'const ' : ''}${memoryType(kind)} *`
}

/** Flags are kept as words. */
function slotType({ slots }: SteppedKernel, slot: number): 'float' | 'i32' {
  return slots[slot]!.kind === 'float32' ? 'float' : 'i32'
}

function phaseLines(kernel: SteppedKernel, phase: Phase, use: Use): string[] {
  const { operands, slots } = kernel
  const { steps, values, stores, pools } = phase
  const { together, lastStep, kept, isUniform, varies, usedOperands, usedSlots, ...facts } = analysePhase(kernel, phase)
  const { isUniformAccess, isPooled, knownNumber } = facts
  const valueAt = (value: number, j: number): string => `v${value}_${varies[value] ? j : 0}`
  const operandAt = (operand: number, j: number): string => `q${operand}_${operands[operand]!.isMoving ? j : 0}`
  const slotAt = (slot: number, j: number): string => `s${slot}_${slots[slot]!.isStacked || isPooled(slot) ? j : 0}`
  const stepAt = (j: number): string => (j === 0 ? 't' : `t ${steps === 'descending' ? '-' : '+'} ${j}`)

  const compute = (value: ScalarValue, j: number): string => {
    switch (value.operation) {
      case 'load':
        return loaded(
          value.kind,
          isUniformAccess(value.operand) ? `*${operandAt(value.operand, j)}` : `${operandAt(value.operand, j)}[i]`,
        )
      case 'scratch':
        // what the step before has left
        if (kept.has(value.slot) && j > 0) return valueAt(kept.get(value.slot)!, j - 1)
        return loaded(value.kind, `${slotAt(value.slot, kept.has(value.slot) ? lastStep : j)}[i]`)
      case 'number':
        return numberText(value.number, value.kind)
      case 'step':
        return `(i32)(${stepAt(j)})`
      default:
        return operationOn(
          value.operation,
          value.operands.map((operand) => valueAt(operand, j)),
          values[value.operands[0]!]!.kind,
          value.kind,
          use,
          value.operands.map(knownNumber),
        )
    }
  }
  const assign = (uniform: boolean, j: number): string[] =>
    values.flatMap((value, i) =>
      isUniform[i] === uniform && (j === 0 || varies[i])
        ? [`const ${valueType(value.kind)} ${valueAt(i, j)} = ${compute(value, j)};`]
        : [],
    )

  const operandOf = ({ to }: Store): (Operand & { readonly index: number }) | undefined =>
    'operand' in to ? { ...operands[to.operand]!, index: to.operand } : undefined
  const isSum = (store: Store): boolean => operandOf(store)?.role === 'sum' && isUniformAccess(operandOf(store)!.index)
  /** What is written when all elements are computed: of those that differ, the last. */
  const isLate = (store: Store): boolean =>
    operandOf(store)?.role === 'output' && isUniformAccess(operandOf(store)!.index)
  const lateAt = (store: number, j: number): string =>
    isUniform[stores[store]!.value] ? valueAt(stores[store]!.value, j) : `w${store}_${j}`
  const write = (store: Store, i: number, j: number): string[] => {
    const value = valueAt(store.value, j)
    if ('slot' in store.to) {
      const { slot } = store.to
      return slots[slot]!.isStacked || isPooled(slot) || j === lastStep ? [`${slotAt(slot, j)}[i] = ${value};`] : []
    }
    if (isSum(store)) return [`terms${i}[${j}][i - from] = ${value};`]
    if (isLate(store)) return isUniform[store.value] ? [] : [`${lateAt(i, j)} = ${value};`]
    return [`${operandAt(store.to.operand, j)}[i] ${operandOf(store)!.role === 'sum' ? '+=' : '='} ${value};`]
  }
  const elements = together.flatMap((j) => [...assign(false, j), ...stores.flatMap((store, i) => write(store, i, j))])
  const sums = stores.flatMap((store, i) => (isSum(store) ? [{ store: i, operand: operandOf(store)!.index }] : []))
  const late = stores.flatMap((store, i) =>
    isLate(store) ? together.map((j) => ({ store: i, j, ...operandOf(store)! })) : [],
  )

  const loop = (from: string, to: string): string[] => [
    'INDEPENDENT',
    ...block(`for (word i = ${from}; i < ${to}; i++)`, elements),
  ]
  const inPieces = block(`for (word from = 0; from < n; from += ${sumPiece})`, [
    `const word to = n - from < ${sumPiece} ? n : from + ${sumPiece};`,
    ...sums.map(({ store }) => `float terms${store}[${together.length}][${sumPiece}];`),
    ...loop('from', 'to'),
    ...sums.map(
      ({ store }) =>
        `${use(addTerms)}(sums${store}, (const float (*)[${sumPiece}])terms${store}, ${together.length}, to - from);`,
    ),
  ])

  const eachStep = (place: (j: number) => string, declare: (j: number) => string): string[] =>
    together.flatMap((j) => (j > 0 && place(j) === place(0) ? [] : [declare(j)]))
  /** An operand in a step. */
  const operandOfStep = (operand: number, j: number): string => {
    return operands[operand]!.isMoving
      ? `(${pointerTo(operands[operand]!)})((const u8 *)p${operand} + ${strideArgument(operand)} * (${stepAt(j)}))`
      : `p${operand}`
  }
  /** A slot's block of a step: of what is pooled, the last block is that of the last step. */
  const blockOf = (slot: number, j: number): string => {
    if (slots[slot]!.isStacked) return `b${slot} + block * (${stepAt(j)})`
    return isPooled(slot) && j < lastStep ? `b${slot} - block * ${lastStep - j}` : `b${slot}`
  }
  const step = [
    ...usedOperands.flatMap((i) =>
      eachStep(
        (j) => operandAt(i, j),
        (j) => `${pointerTo(operands[i]!)}const ${operandAt(i, j)} = ${operandOfStep(i, j)};`,
      ),
    ),
    ...usedSlots.flatMap((slot) =>
      eachStep(
        (j) => slotAt(slot, j),
        (j) => `${slotType(kernel, slot)} *const ${slotAt(slot, j)} = ${blockOf(slot, j)};`,
      ),
    ),
    ...together.flatMap((j) => assign(true, j)),
    ...sums.map(({ store }) => `float sums${store}[8] = {0};`),
    ...late.flatMap(({ store, j, kind }) =>
      isUniform[stores[store]!.value] ? [] : [`${valueType(kind)} ${lateAt(store, j)} = 0;`],
    ),
    ...(elements.length === 0 ? [] : sums.length > 0 ? inPieces : loop('0', 'n')),
    ...sums.map(({ store, operand }) => `*${operandAt(operand, 0)} += ${use(total)}(sums${store});`),
    ...late.map(({ store, j, index }) => `*${operandAt(index, j)} = ${lateAt(store, j)};`),
    ...together.flatMap((j) =>
      pools.map(({ slot, operand, kernel: form }) => {
        const planes = `n / ${product(form.plane)}`
        return `${use(poolingFunction(form))}(${blockOf(slot, j)}, ${operandOfStep(operand, j)}, ${planes});`
      }),
    ),
  ]
  if (steps === 'once') return block('', ['const word t = 0;', ...step])
  const by = together.length
  return block(
    steps === 'ascending'
      ? `for (word t = 0; t < length; t += ${by})`
      : `for (word t = length - 1; t >= 0; t -= ${by})`,
    step,
  )
}
