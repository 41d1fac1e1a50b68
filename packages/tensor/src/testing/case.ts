import { allocate, isFloat, type DType } from '../dtype.js'
import { sizeOf, type Shape } from '../shape.js'
import type { Tensor } from '../tensor.js'
import type { TensorLike } from '../tensor-like.js'

export type Value = Required<TensorLike>

/** One computation that a backend and the reference must agree on. */
export interface Case {
  /** Unique within its primitive. */
  readonly name: string
  readonly inputs: readonly Value[]
  /** Builds the results from placeholders like the inputs; runs inside of a trace. */
  readonly build: (...inputs: Tensor[]) => readonly Tensor[]
  /** Bit-equal, where an operation only moves or selects numbers. Default: within the tolerance. */
  readonly exact?: boolean
}

/** Numbers in [0, 1) that depend on `seed` alone (a linear congruential generator). */
function* fractions(seed: number): Generator<number, never> {
  let state = (seed * 2654435761 + 12345) >>> 0
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    yield state / 2 ** 32
  }
}

/** Floats in [-2, 2), int32 in -5..5, uint8 in 0..9, bool; passed through `map`. */
export function values(dtype: DType, shape: Shape, seed = 1, map: (x: number) => number = (x) => x): Value {
  const data = allocate(dtype, sizeOf(shape))
  const source = fractions(seed)
  for (let i = 0; i < data.length; i++) {
    const u = source.next().value
    if (isFloat(dtype)) data[i] = map(4 * u - 2)
    else if (dtype === 'int32') data[i] = map(Math.floor(11 * u) - 5)
    else data[i] = map(Math.floor((dtype === 'bool' ? 2 : 10) * u))
  }
  return { data, shape, dtype }
}

/** A value with the given elements, in a vector unless `shape` is given. */
export function given(dtype: DType, elements: readonly number[], shape: Shape = [elements.length]): Value {
  const data = allocate(dtype, elements.length)
  data.set(elements)
  return { data, shape, dtype }
}
