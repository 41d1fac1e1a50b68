import { bytesOf } from '@snn/schedule'
import { SnnError, type Backend, type DType, type DeviceTensor, type HostTensor, type Shape, type TypedArray, type Variable } from '@snn/tensor'
import { viewOf, type Span } from '../frame.js'
import { wideBytes, type Memory, type Region } from './memory.js'

/**
 * What outlives a run: values of Variables and tensors left on the device, each in a region of the memory that goes back when the
 * tensor is disposed of or nobody holds it any more.
 */
export class Store {
  readonly #regions = new WeakMap<DeviceTensor, Region>()
  readonly #spares = new WeakMap<Variable, Region>()
  /** Copies of values that Variables were given on the host. */
  readonly #copies = new WeakMap<Variable, { readonly version: number; readonly region: Region }>()
  readonly #lost = new FinalizationRegistry<Region>((region) => this.memory.free(region))

  constructor(
    readonly backend: Backend,
    readonly memory: Memory,
  ) {}

  allocate(bytes: number): Region {
    try {
      return this.memory.allocate(bytes)
    } catch (cause) {
      const { limit } = this.memory
      throw new SnnError(
        'MEMORY_LIMIT',
        `[cpu] a value of ${bytes} bytes does not fit, expected all values together to take at most ${limit} bytes. ` +
          `Use smaller batches or fewer steps at once${limit < wideBytes ? `, or raise cpu({ memoryLimit }): up to ${wideBytes} in Node 24 or newer` : ''}.`,
        { bytes, limit },
        { cause },
      )
    }
  }

  place({ offset }: Region): Span {
    return { buffer: this.memory.buffer, byteOffset: offset }
  }

  #view(region: Region, dtype: DType, shape: Shape): TypedArray {
    return viewOf(this.place(region), dtype, shape)
  }

  /** The value in `region` as a tensor, which owns the region from now on. */
  tensor(region: Region, dtype: DType, shape: Shape): DeviceTensor {
    const tensor = new StoredTensor(this, dtype, shape)
    this.#regions.set(tensor, region)
    this.#lost.register(tensor, region, tensor)
    return tensor
  }

  /** A copy of what a tensor holds. */
  read(tensor: DeviceTensor): TypedArray {
    const own = this.#regions.get(tensor)
    if (!own) throw new SnnError('DISPOSED', '[data] got a call after dispose(), expected none. Read the tensor before.', { what: 'tensor' })
    return this.#view(own, tensor.dtype, tensor.shape).slice()
  }

  free(tensor: DeviceTensor): void {
    const own = this.#take(tensor)
    if (own) this.memory.free(own)
  }

  #take(tensor: DeviceTensor): Region | undefined {
    const region = this.#regions.get(tensor)
    this.#regions.delete(tensor)
    this.#lost.unregister(tensor)
    return region
  }

  /** Where an argument lies: in this memory, or in an array. */
  async argument(tensor: HostTensor | DeviceTensor): Promise<Span> {
    const region = typeof tensor.data === 'function' ? this.#regions.get(tensor as DeviceTensor) : undefined
    if (region) return this.place(region)
    const data = typeof tensor.data === 'function' ? await tensor.data() : tensor.data
    // a library that does not take our memory as shared takes no other either
    return !this.memory.isShared && Object.prototype.toString.call(data.buffer) === '[object SharedArrayBuffer]' ? data.slice() : data
  }

  /** Where the value of a Variable lies in this memory; what lies elsewhere is copied, once for each change. */
  resident(variable: Variable): Span | Promise<Span> {
    const { storage, version } = variable
    const own = storage.kind === 'device' ? this.#regions.get(storage.tensor) : undefined
    if (own) return this.place(own)
    const known = this.#copies.get(variable)
    return known?.version === version ? this.place(known.region) : this.#copied(variable)
  }

  async #copied(variable: Variable): Promise<Span> {
    const { storage, version, dtype, shape } = variable
    const known = this.#copies.get(variable)
    const data = storage.kind === 'host' ? storage.data : await storage.tensor.data()
    const region = known?.region ?? this.#new(variable)
    this.#view(region, dtype, shape).set(data)
    this.#copies.set(variable, { version, region })
    return this.place(region)
  }

  #new(variable: Variable): Region {
    const region = this.allocate(bytesOf(variable))
    this.#lost.register(variable, region, region)
    return region
  }

  /** A region for the next value of a Variable: the one that held the value before the last. */
  spare(variable: Variable): Region {
    const spare = this.#spares.get(variable) ?? this.#new(variable)
    this.#spares.set(variable, spare)
    return spare
  }

  /** Makes the spare region the value of its Variable; where the old value lies becomes the next spare. */
  commit(variable: Variable): void {
    const region = this.#spares.get(variable)!
    this.#lost.unregister(region)
    const { storage } = variable
    const before = (storage.kind === 'device' ? this.#take(storage.tensor) : undefined) ?? this.#copies.get(variable)?.region
    this.#copies.delete(variable)
    this.#spares.delete(variable)
    if (before) {
      this.#spares.set(variable, before)
      this.#lost.unregister(before)
      this.#lost.register(variable, before, before)
    }
    variable.commit({ kind: 'device', tensor: this.tensor(region, variable.dtype, variable.shape) })
  }
}

/** A tensor whose region the store knows. */
class StoredTensor implements DeviceTensor {
  readonly contract = 1
  readonly #store: Store

  constructor(
    store: Store,
    readonly dtype: DType,
    readonly shape: Shape,
  ) {
    this.#store = store
  }

  get backend(): Backend {
    return this.#store.backend
  }

  async data(): Promise<TypedArray> {
    return this.#store.read(this)
  }

  [Symbol.dispose](): void {
    this.#store.free(this)
  }
}
