import type { Storage } from './backend.js'
import { allocate, type DType, type TypedArray } from './dtype.js'
import { checkObject } from './check.js'
import { SnnError } from './error.js'
import { checkShape, formatShape, sameShape, type Shape } from './shape.js'
import { hostTensor, type TensorLike } from './tensor-like.js'
import type { Tensor } from './tensor.js'
import { assignVariable, readVariable } from './variable-values.js'

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

class VariableCell implements Variable {
  readonly contract = 1
  version = 0
  constructor(
    readonly name: string,
    readonly dtype: DType,
    readonly shape: Shape,
    public storage: Storage,
  ) {}

  read(): Tensor {
    return readVariable(this)
  }

  assign(value: Tensor): void {
    this.#check('assign', value.shape, value.dtype)
    assignVariable(this, value)
  }

  set(value: TensorLike): void {
    const { data, shape, dtype } = hostTensor(value, `${this.name}.set`)
    this.#check('set', shape, value.dtype === undefined && this.dtype === 'bool' && dtype === 'uint8' ? 'bool' : dtype)
    this.commit({ kind: 'host', data: data.slice() })
  }

  async data(): Promise<TypedArray> {
    return this.storage.kind === 'host' ? this.storage.data.slice() : this.storage.tensor.data()
  }

  commit(storage: Storage): void {
    if (this.storage.kind === 'device' && (storage.kind !== 'device' || storage.tensor !== this.storage.tensor))
      this.storage.tensor[Symbol.dispose]()
    this.storage = storage
    this.version++
  }

  #check(operation: string, shape: Shape, dtype: DType): void {
    if (!sameShape(shape, this.shape)) {
      throw new SnnError(
        'SHAPE',
        `[${this.name}.${operation}] value of shape ${formatShape(shape)}, expected ${formatShape(this.shape)}. A Variable keeps its shape.`,
        { shapes: [shape, this.shape] },
      )
    }
    if (dtype !== this.dtype) {
      throw new SnnError(
        'DTYPE',
        `[${this.name}.${operation}] value of dtype ${dtype}, expected ${this.dtype}. Cast it.`,
        { dtypes: [dtype, this.dtype] },
      )
    }
  }
}

/** A new Variable holding a copy of `value`. The name appears in errors and state dicts. */
export function variable(value: TensorLike, options: { readonly name?: string } = {}): Variable {
  checkObject('variable', options)
  const { data, shape, dtype } = hostTensor(value, 'variable')
  return new VariableCell(options.name ?? 'variable', dtype, [...shape], { kind: 'host', data: data.slice() })
}

/** A Variable of zeros. */
export function zerosVariable(
  shape: Shape,
  options: { readonly name?: string; readonly dtype?: DType } = {},
): Variable {
  checkObject('zerosVariable', options)
  checkShape(shape, 'zerosVariable')
  const dtype = options.dtype ?? 'float32'
  return variable(
    {
      data: allocate(
        dtype,
        shape.reduce((a, b) => a * b, 1),
      ),
      shape,
      dtype,
    },
    options,
  )
}
