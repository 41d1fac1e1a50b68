import type { Fused, FusedNest, FusedPlanes } from '@snn/codegen'
import type { Tensor } from '@snn/tensor'
import type { Graph } from '@snn/tensor/backend'
import type { ImageNode } from './classify/image-operations.js'
import type { Place } from './place.js'

/**
 * Operations of a library as one call: `graph` is computed from its parameters, which lie at `inputs`, and constants.
 */
export interface LibraryTask {
  readonly kind: 'library'
  readonly graph: Graph
  /** What tensors behind the graph stand for that are constants outside. */
  readonly substitutions: ReadonlyMap<Tensor, Tensor>
  readonly inputs: readonly Place[]
  readonly outputs: readonly Place[]
}

/** An operation on each of many images by itself; `inputs` as `inputsOf` names them. */
export interface ImagesTask {
  readonly kind: 'images'
  readonly found: ImageNode
  readonly inputs: readonly Place[]
  readonly output: Place
}

/** A generated kernel: elementwise operations and sums, or the steps of a scan. */
export interface KernelTask {
  readonly kind: 'kernel'
  readonly fused: Fused
  /** Where each operand of the kernel lies. */
  readonly places: readonly Place[]
}

/** A generated kernel of loop nests: what moves values, or adds them up. */
export interface NestTask {
  readonly kind: 'nest'
  readonly fused: FusedNest
  readonly inputs: readonly Place[]
  readonly output: Place
}

/** A generated kernel over planes: pooling. */
export interface PlanesTask {
  readonly kind: 'planes'
  readonly fused: FusedPlanes
  readonly inputs: readonly Place[]
  readonly output: Place
}

/** Uniform random numbers in [0, 1), counted from the int32 at `offset`. */
export interface RandomTask {
  readonly kind: 'random'
  readonly key: readonly [number, number]
  readonly length: number
  readonly offset: Place
  readonly output: Place
}

/** The steps of a scan: places follow its iteration, so nothing moves between steps. */
export interface LoopTask {
  readonly kind: 'loop'
  readonly loop: number
  readonly length: number
  readonly reverse: boolean
  readonly body: readonly Task[]
  /** Where the body reads the index of the step. */
  readonly index: Place
}

/** Bytes that go from one place to another. */
export interface CopyTask {
  readonly kind: 'copy'
  readonly from: Place
  readonly to: Place
  readonly bytes: number
}

/** One step of a run, as data. */
export type Task = LibraryTask | ImagesTask | KernelTask | NestTask | PlanesTask | RandomTask | LoopTask | CopyTask
