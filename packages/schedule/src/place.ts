import { sizeOf, type DType, type Shape, type TypedArray } from '@snn/tensor'
import { bytesPerElement } from '@snn/tensor/backend'
import type { Block } from './plan/arena.js'

/** What a place is counted from. */
export type Base =
  /** A block of the arena. */
  | { readonly kind: 'block'; readonly block: Block }
  /**
   * A value that a run is given or makes: an argument, a result, what a Variable holds that is read, or its next value.
   */
  | { readonly kind: 'parameter' | 'result' | 'read' | 'next'; readonly index: number }
  /** A constant that lies in the memory of the device, by its number. */
  | { readonly kind: 'constant'; readonly index: number }
  /** A constant where it was made. */
  | { readonly kind: 'host'; readonly data: TypedArray }

/** So many bytes further in each iteration of a loop. */
export interface Step {
  readonly loop: number
  readonly bytes: number
}

/** `offset` bytes behind where `base` begins, and the steps of the loops around. */
export interface Address {
  readonly kind: 'address'
  readonly base: Base
  readonly offset: number
  readonly steps: readonly Step[]
}

/**
 * Other places in the iterations of a loop: `first` in the first, `last` in the one of the number `end`, and `between`
 * in turn in all others.
 */
export interface Turns {
  readonly kind: 'turns'
  readonly loop: number
  readonly end: number
  readonly first?: Place
  readonly last?: Place
  /** Iteration i has that of i modulo their number. */
  readonly between: readonly [Place, ...Place[]]
}

/** Where a value lies at each point of a run: as data, from which a backend makes addresses. */
export type Place = Address | Turns

/** The place at the beginning of something. */
export function at(base: Base): Place {
  return { kind: 'address', base, offset: 0, steps: [] }
}

/** `place`, so many bytes further, and further with each iteration of a loop. */
export function moved(place: Place, offset: number, step?: Step): Place {
  if (place.kind === 'address')
    return {
      ...place,
      offset: place.offset + offset,
      steps: step && step.bytes !== 0 ? [...place.steps, step] : place.steps,
    }
  const {
    first,
    last,
    between: [one, ...others],
    ...rest
  } = place
  const further = (each: Place): Place => moved(each, offset, step)
  return {
    ...rest,
    ...(first && { first: further(first) }),
    ...(last && { last: further(last) }),
    between: [further(one), ...others.map(further)],
  }
}

/** The blocks of the arena that a place is in. */
export function* blocksOf(place: Place): Generator<Block> {
  if (place.kind === 'address') {
    if (place.base.kind === 'block') yield place.base.block
    return
  }
  for (const each of [place.first, place.last, ...place.between]) if (each) yield* blocksOf(each)
}

/** Bytes of a value. */
export function bytesOf({ dtype, shape }: { readonly dtype: DType; readonly shape: Shape }): number {
  return bytesPerElement(dtype) * sizeOf(shape)
}
