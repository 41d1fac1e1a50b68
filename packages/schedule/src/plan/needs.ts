import type { Tensor, TensorLike, TypedArray } from '@snn/tensor'
import { isPrimitive } from '@snn/tensor/backend'
import type { Classification } from '../classify/classify.js'
import { at, type Place } from '../place.js'
import type { LivePlaces } from './live-places.js'
import type { Stages } from './stages.js'

/** Constants that what is planned finds beside the values of a run. */
export interface Constants {
  /** Values of the reads that are constants of library calls. */
  readonly baked: ReadonlyMap<Tensor, TensorLike>
  /** Baked reads that kernels read, too. */
  readonly residents: Set<Tensor>
  /** The place in the memory of a constant that kernels read. */
  readonly constant: (data: TypedArray) => Place
}

/** What must lie in memory at one level, beside what goes from node to node inside of a group. */
export class Needs {
  readonly #constants: Constants
  readonly #classes: Classification
  readonly #stages: Stages
  readonly #places: LivePlaces
  readonly #made = new Set<Tensor>()
  /** Tensors that do not change between runs: the first library call makes them. */
  readonly statics = new Set<Tensor>()
  /** Parameters for static tensors of outer levels that kernels at this level, or further in, read. */
  readonly outerStatics = new Set<Tensor>()

  constructor(constants: Constants, classes: Classification, stages: Stages, places: LivePlaces) {
    this.#constants = constants
    this.#classes = classes
    this.#stages = stages
    this.#places = places
  }

  /** Whether a tensor that is made at this level is needed in memory. */
  has(tensor: Tensor): boolean {
    return this.#made.has(tensor)
  }

  add(tensor: Tensor): void {
    const { isStatic, isBound, base } = this.#classes
    const own = base(tensor)
    const { node } = own
    if (this.#places.find(own)) return
    if (isPrimitive(node, 'constant') && !isBound(own))
      this.#places.set(own, at({ kind: 'host', data: node.attributes.data }))
    else if (isStatic(own) && !this.#stages.isKernelMade(own)) this.statics.add(own)
    else if (!isBound(own)) this.#made.add(own)
  }

  /** What a kernel reads must lie in the memory that kernels work on. */
  addForKernel(tensor: Tensor): void {
    const { isStatic, isBound, base } = this.#classes
    const own = base(tensor)
    const { node } = own
    if (isBound(own)) {
      if (this.#constants.baked.has(own)) this.#constants.residents.add(own)
      else if (isStatic(own)) this.outerStatics.add(own)
    } else if (isPrimitive(node, 'constant')) this.#places.set(own, this.#constants.constant(node.attributes.data))
    else this.add(own)
  }
}
