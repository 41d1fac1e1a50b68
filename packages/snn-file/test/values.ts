import type { TensorLike } from '@snn/tensor'

/** Numbers in [-1, 1), the same for the same seed. */
export function random(length: number, seed: number): Float32Array {
  let state = seed * 2654435761 + 1
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) | 0
    return ((state >>> 8) / (1 << 24)) * 2 - 1
  })
}

export function randomTensor(
  shape: readonly number[],
  seed: number,
): Required<TensorLike> & { readonly data: Float32Array } {
  return {
    data: random(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
    shape,
    dtype: 'float32',
  }
}
