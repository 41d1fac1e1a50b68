import type { TensorLike } from '@snn/tensor'

/** A `TensorLike` of float32: its data are of one type, so that methods such as `reduce` can be called on them. */
export interface FloatTensor extends TensorLike {
  readonly data: Float32Array
  readonly dtype: 'float32'
}
