import type { Storage } from './backend.js'
import { allocate, type DType, type TypedArray } from './dtype.js'
import { checkObject } from './check.js'
import { SnnError } from './error.js'
import { checkShape, formatShape, sameShape, sizeOf, type Shape } from './shape.js'
import { hostTensor, type TensorLike } from './tensor-like.js'
import type { Tensor } from './tensor.js'
import { assignVariable, readVariable } from './variable-values.js'
import type { Variable } from './variable.js'

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
  return variable({ data: allocate(dtype, sizeOf(shape)), shape, dtype }, options)
}
