import type { Phase } from '../form/kernel.js'
import type { SteppedKernel } from './blocks.js'

/** What a printer has to know of a phase before it writes its loops, whatever the language. */
export interface PhaseAnalysis {
  /** The steps of one pass over the elements: 0, 1, .. */
  readonly together: readonly number[]
  readonly lastStep: number
  /** Slots that are handed from step to step: the value that is left in each. */
  readonly kept: ReadonlyMap<number, number>
  /** Of each value: whether it is the same for all elements, and whether it differs between the steps of a pass. */
  readonly isUniform: readonly boolean[]
  readonly varies: readonly boolean[]
  readonly usedOperands: readonly number[]
  readonly usedSlots: readonly number[]
  /** Whether an operand has one value for all elements of a row. */
  readonly isUniformAccess: (operand: number) => boolean
  readonly isPooled: (slot: number) => boolean
  /** The number that a value is, where the form says so. */
  readonly knownNumber: (value: number) => number | undefined
}

export function analysePhase(kernel: SteppedKernel, { steps, values, stores, pools }: Phase): PhaseAnalysis {
  const { operands, slots } = kernel
  const together = Array.from({ length: steps === 'once' ? 1 : kernel.stepsAtOnce }, (_, j) => j)
  const isUniformAccess = (operand: number): boolean => ['channel', 'scalar'].includes(operands[operand]!.access)
  const kept = new Map(
    stores.flatMap(({ to, value }) => ('slot' in to && !slots[to.slot]!.isStacked ? [[to.slot, value] as const] : [])),
  )
  const isUniform: boolean[] = []
  const varies: boolean[] = []
  for (const value of values) {
    const parts = 'operands' in value ? value.operands : []
    isUniform.push(
      value.operation === 'load'
        ? isUniformAccess(value.operand)
        : value.operation !== 'scratch' && parts.every((part) => isUniform[part]),
    )
    varies.push(
      value.operation === 'load'
        ? operands[value.operand]!.isMoving
        : value.operation === 'scratch'
          ? slots[value.slot]!.isStacked || kept.has(value.slot)
          : value.operation === 'step' || parts.some((part) => varies[part]),
    )
  }
  return {
    together,
    lastStep: together.length - 1,
    kept,
    isUniform,
    varies,
    usedOperands: unique([
      ...values.flatMap((value) => (value.operation === 'load' ? [value.operand] : [])),
      ...stores.flatMap(({ to }) => ('operand' in to ? [to.operand] : [])),
    ]),
    usedSlots: unique([
      ...values.flatMap((value) => (value.operation === 'scratch' ? [value.slot] : [])),
      ...stores.flatMap(({ to }) => ('slot' in to ? [to.slot] : [])),
    ]),
    isUniformAccess,
    isPooled: (slot) => pools.some((pool) => pool.slot === slot),
    knownNumber(index) {
      const value = values[index]!
      return value.operation === 'number' ? value.number : undefined
    },
  }
}

const unique = (values: readonly number[]): number[] => [...new Set(values)]
