import type { Tensor } from '@snn/tensor'
import type { Fused } from './kernel-builder.js'
import { pruned, type Kernel, type Phase } from './kernel.js'

/** The same kernel without the outputs and sums that are not wanted, and without what only they need. */
export function narrow(fused: Fused, isWanted: (output: Tensor) => boolean): Fused {
  const {
    kernel: { operands, slots, phases },
    tensors,
  } = fused
  const isKept = operands.map(({ role }, i) => role === 'input' || isWanted(tensors[i]!))
  if (isKept.every(Boolean)) return fused
  const kept = phases
    .map(({ steps, values, stores, pools }) => {
      const wanted = stores.filter(({ to }) => 'slot' in to || isKept[to.operand]!)
      return { steps, ...pruned(values, wanted), pools: pools.filter(({ operand }) => isKept[operand]!) }
    })
    .filter(({ stores }) => stores.length > 0)
  const used = new Set(kept.flatMap(operandsOf))
  const numbers = new Map([...operands.keys()].filter((i) => used.has(i)).map((i, to) => [i, to]))
  const remaining = [...numbers.keys()]
  const kernel: Kernel = {
    operands: remaining.map((i) => operands[i]!),
    slots,
    phases: kept.map((phase) => renumbered(phase, numbers)),
  }
  const alongMiddle = kernel.operands.some(({ access }) => access === 'channel' || access === 'last')
  const { outer, count, inner } = fused.space
  return {
    kernel,
    tensors: remaining.map((i) => tensors[i]!),
    space: alongMiddle ? fused.space : { outer: 1, count: 1, inner: outer * count * inner },
    length: fused.length,
    plane: kernel.phases.some(({ pools }) => pools.length > 0) ? fused.plane : 1,
  }
}

function operandsOf({ values, stores, pools }: Phase): number[] {
  return [
    ...values.flatMap((value) => (value.operation === 'load' ? [value.operand] : [])),
    ...stores.flatMap(({ to }) => ('operand' in to ? [to.operand] : [])),
    ...pools.map(({ operand }) => operand),
  ]
}

function renumbered({ steps, values, stores, pools }: Phase, numbers: ReadonlyMap<number, number>): Phase {
  const at = (operand: number): number => numbers.get(operand)!
  return {
    steps,
    values: values.map((value) => (value.operation === 'load' ? { ...value, operand: at(value.operand) } : value)),
    stores: stores.map(({ to, value }) => ({ to: 'operand' in to ? { operand: at(to.operand) } : to, value })),
    pools: pools.map((pool) => ({ ...pool, operand: at(pool.operand) })),
  }
}
