import { stridesOf } from '@snn/tensor/library'
import type { Loops, NestKernel, NestValue } from '../form/nest.js'

/**
 * Where in its loops each value is computed, and each bound looked at: behind the last axis that it depends on; -1 for
 * none.
 */
export interface NestOrder {
  readonly values: readonly number[]
  readonly bounds: readonly number[]
  /**
   * Whether each element of the output is met once, in the order in which they lie: what lies outside of bounds is
   * filled as it is met.
   */
  readonly isDense: boolean
}

export function nestOrder({ inputs }: NestKernel, loops: Loops): NestOrder {
  const values: number[] = []
  for (const value of loops.values) values.push(depthOf(value, values, loops, inputs.length))
  return { values, bounds: loops.bounds.map(({ strides }) => lastAxis(strides)), isDense: isDense(loops) }
}

function depthOf(value: NestValue, depths: readonly number[], { extents }: Loops, output: number): number {
  switch (value.operation) {
    case 'number':
      return -1
    case 'index':
      return lastAxis(value.at.strides)
    case 'load':
      if (value.operand === output) return extents.length - 1
      return Math.max(lastAxis(value.at.strides), value.through ? depths[value.through.value]! : -1)
    default:
      return Math.max(...value.operands.map((operand) => depths[operand]!))
  }
}

/** The last axis along which something moves. */
function lastAxis(strides: readonly number[]): number {
  return strides.reduce((last, stride, axis) => (stride !== 0 ? axis : last), -1)
}

function isDense({ extents, stores }: Loops): boolean {
  const [one, ...others] = stores
  const inOrder = stridesOf(extents)
  return (
    others.length === 0 &&
    one!.combine === 'replace' &&
    !one!.through &&
    one!.at.offset === 0 &&
    one!.at.strides.every((stride, axis) => stride === inOrder[axis] || extents[axis] === 1)
  )
}

/** Whether the whole output is filled before its loops run: they do not meet, or fill, each element themselves. */
export function isFilledFirst({ output, loops }: NestKernel): boolean {
  return output.fill !== undefined && !(loops.length === 1 && isDense(loops[0]!))
}
