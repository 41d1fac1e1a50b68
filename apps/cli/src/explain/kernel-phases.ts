import type { Kernel, Phase, ScalarValue, Store } from '@snn/codegen'
import { apply, isOperation, number, printExpression, symbol, type Expression } from '@snn/equations/formula'

/**
 * The lines of one phase of a kernel: before the steps, in each step from the first or from the last, or after them.
 */
export interface KernelPhase {
  readonly steps: Phase['steps']
  readonly lines: readonly string[]
}

/**
 * What a kernel computes for one element, in the order and with the operations that it has: nothing is simplified.
 * Every line is one store, or a value that several need, r1, r2, ..
 */
export function kernelPhases({ phases, slots }: Kernel, operandNames: readonly string[]): KernelPhase[] {
  const slotNames = namesOfSlots(
    phases,
    slots.map(({ isStacked }) => isStacked),
    operandNames,
  )
  return phases.map((phase) => ({ steps: phase.steps, lines: phaseLines(phase, operandNames, slotNames) }))
}

/**
 * A buffer is called as what it is filled from: the state v[0], or one that it stacks; other values that are kept of
 * each step are k1[t], k2[t], ..
 */
function namesOfSlots(
  phases: readonly Phase[],
  isStacked: readonly boolean[],
  operandNames: readonly string[],
): string[] {
  const names = isStacked.map((_, slot) => `b${slot}`)
  let kept = 0
  for (const { values, stores } of phases) {
    for (const { to, value } of stores) {
      const from = values[value]!
      if (!('slot' in to) || names[to.slot] !== `b${to.slot}`) continue
      if (from.operation === 'load') names[to.slot] = operandNames[from.operand]!.replace(/\[.*\]$/, '')
      else if (isStacked[to.slot])
        names[to.slot] = from.operation === 'scratch' ? `${names[from.slot]!}[t]` : `k${++kept}[t]`
    }
  }
  return names
}

function phaseLines(
  { values, stores }: Phase,
  operandNames: readonly string[],
  slotNames: readonly string[],
): string[] {
  const made: Expression[] = []
  for (const value of values) made.push(expressionOf(value, made, operandNames, slotNames))
  const uses = values.map(
    (_, i) =>
      values.reduce(
        (sum, value) => sum + ('operands' in value ? value.operands.filter((operand) => operand === i).length : 0),
        0,
      ) + stores.filter((store) => store.value === i).length,
  )
  const names = new Map<Expression, string>()
  const nameOf = (x: Expression): string | undefined => names.get(x)
  const overwritten = overwrittenBeforeUse(values, stores)
  const lines: string[] = []
  made.forEach((x, i) => {
    if (!isOperation(x) || (uses[i]! < 2 && !overwritten.has(i))) return
    const text = printExpression(x, nameOf)
    const name = `r${names.size + 1}`
    names.set(x, name)
    lines.push(`${name} = ${text}`)
  })
  for (const { to, value } of stores) {
    const target = 'slot' in to ? slotNames[to.slot]! : operandNames[to.operand]!
    lines.push(
      `${target} ${'operand' in to && operandNames[to.operand]!.startsWith('Σ') ? '+=' : '='} ${printExpression(made[value]!, nameOf)}`,
    )
  }
  return lines
}

/** As programs are written. */
const written: Readonly<Record<string, string>> = { mul: 'times', pow: 'power' }

function expressionOf(
  value: ScalarValue,
  made: readonly Expression[],
  operandNames: readonly string[],
  slotNames: readonly string[],
): Expression {
  switch (value.operation) {
    case 'load':
      return symbol(operandNames[value.operand]!)
    case 'scratch':
      return symbol(slotNames[value.slot]!)
    case 'number':
      return number(value.number)
    case 'step':
      return symbol('t')
    default:
      return apply(written[value.operation] ?? value.operation, ...value.operands.map((operand) => made[operand]!))
  }
}

/** Values that are stored after a buffer which they are computed from has changed: they are computed before. */
function overwrittenBeforeUse(values: readonly ScalarValue[], stores: readonly Store[]): Set<number> {
  // operands come before what is made of them
  const reads: ReadonlySet<number>[] = []
  for (const value of values)
    reads.push(
      new Set(
        value.operation === 'scratch'
          ? [value.slot]
          : 'operands' in value
            ? value.operands.flatMap((operand) => [...reads[operand]!])
            : [],
      ),
    )
  const changed = new Set<number>()
  const found = new Set<number>()
  for (const { to, value } of stores) {
    if ([...reads[value]!].some((slot) => changed.has(slot))) found.add(value)
    if ('slot' in to) changed.add(to.slot)
  }
  return found
}
