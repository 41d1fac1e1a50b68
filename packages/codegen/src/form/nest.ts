import type { Tensor } from '@snn/tensor'
import type { Kind, ScalarPrimitive } from './scalar.js'

/** A whole number that depends on where a loop nest is: `offset` plus, for each axis, its stride times its index. */
export interface Affine {
  readonly offset: number
  readonly strides: readonly number[]
}

/**
 * An element of an operand: the one at `at`, and of indirect access, `stride` times the value of that number further.
 */
export interface NestAccess {
  readonly at: Affine
  readonly through?: { readonly value: number; readonly stride: number }
}

/**
 * Operations on 32-bit words that no primitive stands for: the high word of the product without signs, and division
 * towards zero by what is neither 0 nor -1.
 */
export type WordOperation = 'mulHigh' | 'xor' | 'quotient'

/** One value; operands are numbers of earlier values of the same loops. */
export type NestValue =
  /** Of an input, or of the output (the number behind those of the inputs) as it is by now. */
  | ({ readonly operation: 'load'; readonly kind: Kind; readonly operand: number } & NestAccess)
  | { readonly operation: 'number'; readonly kind: Kind; readonly number: number }
  | { readonly operation: 'index'; readonly kind: 'int32'; readonly at: Affine }
  /** Zeros move in. */
  | {
      readonly operation: 'shiftRight'
      readonly kind: 'int32'
      readonly operands: readonly [number]
      readonly bits: number
    }
  | { readonly operation: ScalarPrimitive | WordOperation; readonly kind: Kind; readonly operands: readonly number[] }

export interface NestStore extends NestAccess {
  readonly value: number
  /** What becomes of the element: the value, or both together. Reductions and scatters are those. */
  readonly combine: 'replace' | 'add' | 'maximum'
}

/** For each index of `extents`, the last axis fastest: where all bounds hold, what is stored. */
export interface Loops {
  readonly extents: readonly number[]
  /** Each lies from 0 to before its size; else nothing is read or written there. */
  readonly bounds: readonly (Affine & { readonly size: number })[]
  readonly values: readonly NestValue[]
  readonly stores: readonly NestStore[]
}

/**
 * Loop nests with affine accesses, one after the other (as `linalg.generic` of MLIR): the form of whatever moves
 * values, adds them up over any axes, or compares them. What the output holds before, and keeps where nothing is
 * stored, is `fill`. The first axis of all loops is that of the parts of the output, which are independent of each
 * other: how many there are is left open, so `size` is that of one, and its extent 1.
 */
export interface NestKernel {
  readonly inputs: readonly Kind[]
  readonly output: { readonly kind: Kind; readonly size: number; readonly fill: number | undefined }
  readonly loops: readonly Loops[]
}

/** A node as loop nests. */
export interface FusedNest {
  readonly kernel: NestKernel
  readonly parts: number
  readonly inputs: readonly Tensor[]
  readonly output: Tensor
}

/**
 * The loops over a whole output in parts of equal size, one after the other, of which each is written by one index of
 * the first axis alone; else in one part.
 */
export function inParts({ inputs, output, loops }: NestKernel): Pick<FusedNest, 'kernel' | 'parts'> {
  const count = loops[0]?.extents[0] ?? 1
  const size = output.size / count
  const isOwn = ({ extents, stores }: Loops): boolean =>
    extents[0] === count && stores.every((store) => store.at.strides[0] === size && isWithin(store, extents, size))
  if (count > 1 && loops.every(isOwn)) {
    return {
      kernel: {
        inputs,
        output: { ...output, size },
        loops: loops.map((each) => ({ ...each, extents: [1, ...each.extents.slice(1)] })),
      },
      parts: count,
    }
  }
  return { kernel: { inputs, output, loops: loops.map(behindOne) }, parts: 1 }
}

/** The same behind an axis with one index. */
function behindOne({ extents, bounds, values, stores }: Loops): Loops {
  const moved = <A extends Affine>(affine: A): A => ({ ...affine, strides: [0, ...affine.strides] })
  return {
    extents: [1, ...extents],
    bounds: bounds.map(moved),
    values: values.map((value) =>
      value.operation === 'load' || value.operation === 'index' ? { ...value, at: moved(value.at) } : value,
    ),
    stores: stores.map((store) => ({ ...store, at: moved(store.at) })),
  }
}

/** Whether no axis but the first leads out of a part; what is accessed indirectly stays in the rows that it names. */
function isWithin({ at, through }: NestStore, extents: readonly number[], part: number): boolean {
  if (through)
    return (
      at.strides.every((stride, axis) => axis === 0 || stride * (extents[axis]! - 1) < part) && through.stride < part
    )
  const ends = [Math.min, Math.max].map((pick) =>
    at.strides.reduce(
      (sum, stride, axis) => sum + (axis === 0 ? 0 : pick(0, stride * (extents[axis]! - 1))),
      at.offset,
    ),
  )
  return ends[0]! >= 0 && ends[1]! < part
}
