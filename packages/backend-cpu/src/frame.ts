import type { Base, Place } from '@snn/schedule'
import { sizeOf, type DType, type Shape, type TypedArray } from '@snn/tensor'

/** Values of a run: what is given to it and what it makes. */
export type Slots = Readonly<Record<'parameter' | 'result' | 'read' | 'next' | 'constant', readonly Span[]>>

/** What one run works on. */
export interface Frame {
  /** Where the arena begins. */
  readonly arena: Span
  readonly slots: Slots
  /** How many steps each loop has made, by the number of the loop. */
  readonly iterations: Int32Array
  readonly signal: AbortSignal | undefined
}

/** Where a value begins. */
export interface Span {
  readonly buffer: ArrayBufferLike
  readonly byteOffset: number
}

/** Where a value lies at this point of a run: a place of the plan as a function. */
export type Location = (frame: Frame) => Span

export function locate(place: Place): Location {
  if (place.kind === 'address')
    return place.offset === 0 && place.steps.length === 0 ? beginOf(place.base) : further(beginOf(place.base), place)
  const { loop, end } = place
  const [first, last] = [place.first && locate(place.first), place.last && locate(place.last)]
  const between = place.between.map(locate)
  return (frame) => {
    const iteration = frame.iterations[loop]!
    const now =
      iteration === 0 && first ? first : iteration === end && last ? last : between[iteration % between.length]!
    return now(frame)
  }
}

function further(begin: Location, { offset, steps }: Extract<Place, { kind: 'address' }>): Location {
  return (frame) => {
    const { buffer, byteOffset } = begin(frame)
    return {
      buffer,
      byteOffset: steps.reduce((sum, { loop, bytes }) => sum + frame.iterations[loop]! * bytes, byteOffset + offset),
    }
  }
}

function beginOf(base: Base): Location {
  if (base.kind === 'host') return () => base.data
  if (base.kind !== 'block') return ({ slots }) => slots[base.kind][base.index]!
  const { block } = base
  let last: Span | undefined
  return ({ arena: { buffer, byteOffset } }) => {
    if (last?.buffer !== buffer || last.byteOffset !== byteOffset + block.offset)
      last = { buffer, byteOffset: byteOffset + block.offset }
    return last
  }
}

/** The bytes from where a value begins. */
export function bytesAt({ buffer, byteOffset }: Span, bytes: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset, bytes)
}

/** The elements of a value as a typed array over the memory where they lie. */
export function viewOf(span: Span, dtype: DType, shape: Shape): TypedArray {
  const { buffer, byteOffset } = span
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
