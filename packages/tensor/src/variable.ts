import type { Storage } from './backend.js'
import type { DType, TypedArray } from './dtype.js'
import type { Shape } from './shape.js'
import type { TensorLike } from './tensor-like.js'
import type { Tensor } from './tensor.js'

/**
 * The only mutable thing: a named cell that holds a parameter, a running statistic, an optimiser moment or carried
 * state. Inside a trace `read` gives the value last assigned in program order; assigned values are committed together
 * at the end of a run, and a failed or aborted run changes nothing. Outside a trace use `set` and `data`.
 */
export interface Variable {
  readonly contract: 1
  readonly name: string
  readonly dtype: DType
  readonly shape: Shape
  /** Grows with every change, so that whoever keeps a copy knows when it is stale. */
  readonly version: number
  /** For backends: where the value lies. */
  readonly storage: Storage
  /** The current value, in a trace. Throws `OUTSIDE_TRACE` elsewhere. */
  read(): Tensor
  /** Makes `value` (same shape and dtype) the current one, in a trace. */
  assign(value: Tensor): void
  /** Replaces the value, outside of traces. The data are copied. */
  set(value: TensorLike): void
  /** A copy of the value on the host. */
  data(): Promise<TypedArray>
  /** For backends: takes over `storage` as the new value, at the end of a run. */
  commit(storage: Storage): void
}
