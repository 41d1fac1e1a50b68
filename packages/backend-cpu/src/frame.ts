import { bytesPerElement, sizeOf, type DType, type Shape, type TypedArray } from '@snn/tensor'
import type { Block } from './plan/arena.js'

/** What one run works on. */
export interface Frame {
  /** Where the arena begins. */
  readonly arena: Place
  /** Values of this run: arguments, results, Variables. */
  readonly slots: readonly Place[]
  /** How many steps each loop has made, by the number of the loop. */
  readonly iterations: Int32Array
  readonly signal: AbortSignal | undefined
}

/** Where a value begins. */
export interface Place {
  readonly buffer: ArrayBufferLike
  readonly byteOffset: number
}

/** Where a value lies at this point of a run: a slice moves with the step of its loop, a carry alternates. */
export type Location = (frame: Frame) => Place

export function inArena(block: Block): Location {
  let last: Place | undefined
  return ({ arena: { buffer, byteOffset } }) => {
    if (last?.buffer !== buffer || last.byteOffset !== byteOffset + block.offset) last = { buffer, byteOffset: byteOffset + block.offset }
    return last
  }
}

export function inSlot(index: number): Location {
  return ({ slots }) => slots[index]!
}

export function atOffset(location: Location, bytes: (frame: Frame) => number): Location {
  return (frame) => {
    const { buffer, byteOffset } = location(frame)
    return { buffer, byteOffset: byteOffset + bytes(frame) }
  }
}

/** Bytes of a value. */
export function bytesOf({ dtype, shape }: { readonly dtype: DType; readonly shape: Shape }): number {
  return bytesPerElement(dtype) * sizeOf(shape)
}

/** The elements of a value as a typed array over the memory where they lie. */
export function viewOf(place: Place, dtype: DType, shape: Shape): TypedArray {
  const { buffer, byteOffset } = place
  const length = sizeOf(shape)
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, length)
    case 'int32':
      return new Int32Array(buffer, byteOffset, length)
    case 'float64':
      return new Float64Array(buffer, byteOffset, length)
    default:
      return new Uint8Array(buffer, byteOffset, length)
  }
}
