import { SnnError, type Backend, type DType, type Shape, type TypedArray, type Variable } from '@snn/tensor'
import type { DeviceTensor } from '@snn/tensor/backend'
import { bytesOf } from '../place.js'
import type { Allocator } from './allocator.js'

/**
 * What outlives a run: values of Variables and tensors left on the device, each in a region of the memory that goes
 * back when the tensor is disposed of or nobody holds it any more.
 */
export class DeviceValues<Region extends object> {
  readonly #regions = new WeakMap<DeviceTensor, Region>()
  readonly #spares = new WeakMap<Variable, Region>()
  /** Copies of values that Variables were given on the host. */
  readonly #copies = new WeakMap<Variable, { readonly version: number; readonly region: Region }>()
  readonly #lost = new FinalizationRegistry<Region>((region) => this.allocator.free(region))

  constructor(
    readonly backend: Backend,
    readonly allocator: Allocator<Region>,
  ) {}

  /** The value in `region` as a tensor, which owns the region from now on. */
  tensor(region: Region, dtype: DType, shape: Shape): DeviceTensor {
    const tensor = new OwnTensor(this, dtype, shape)
    this.#regions.set(tensor, region)
    this.#lost.register(tensor, region, tensor)
    return tensor
  }

  /** Where a tensor of this backend lies; undefined for those of others. */
  regionOf(tensor: DeviceTensor): Region | undefined {
    return this.#regions.get(tensor)
  }

  /** A copy of what a tensor holds. */
  async read(tensor: DeviceTensor): Promise<TypedArray> {
    const own = this.#regions.get(tensor)
    if (!own)
      throw new SnnError('DISPOSED', '[data] got a call after dispose(), expected none. Read the tensor before.', {
        what: 'tensor',
      })
    return this.allocator.read(own, tensor.dtype, tensor.shape)
  }

  free(tensor: DeviceTensor): void {
    const own = this.#take(tensor)
    if (own) this.allocator.free(own)
  }

  #take(tensor: DeviceTensor): Region | undefined {
    const region = this.#regions.get(tensor)
    this.#regions.delete(tensor)
    this.#lost.unregister(tensor)
    return region
  }

  /** Where the value of a Variable lies on the device; what lies elsewhere is copied, once for each change. */
  resident(variable: Variable): Region | Promise<Region> {
    const { storage, version } = variable
    const own = storage.kind === 'device' ? this.#regions.get(storage.tensor) : undefined
    if (own) return own
    const known = this.#copies.get(variable)
    return known?.version === version ? known.region : this.#copied(variable)
  }

  async #copied(variable: Variable): Promise<Region> {
    const { storage, version } = variable
    const known = this.#copies.get(variable)
    const data = storage.kind === 'host' ? storage.data : await storage.tensor.data()
    const region = known?.region ?? this.#new(variable)
    await this.allocator.write(region, data)
    this.#copies.set(variable, { version, region })
    return region
  }

  #new(variable: Variable): Region {
    const region = this.allocator.allocate(bytesOf(variable))
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
    const before =
      (storage.kind === 'device' ? this.#take(storage.tensor) : undefined) ?? this.#copies.get(variable)?.region
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

/** A tensor whose region `DeviceValues` knows. */
class OwnTensor implements DeviceTensor {
  readonly contract = 1
  readonly #values: Pick<DeviceValues<object>, 'backend' | 'read' | 'free'>

  constructor(
    values: Pick<DeviceValues<object>, 'backend' | 'read' | 'free'>,
    readonly dtype: DType,
    readonly shape: Shape,
  ) {
    this.#values = values
  }

  get backend(): Backend {
    return this.#values.backend
  }

  data(): Promise<TypedArray> {
    return this.#values.read(this)
  }

  [Symbol.dispose](): void {
    this.#values.free(this)
  }
}
