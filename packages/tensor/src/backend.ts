/**
 * The contract between @snn/tensor and the backends.
 *
 * A backend IS: a compiler from a `Program` (a pure graph over time, already differentiated and simplified) to an
 * `Executable`, and the owner of whatever memory that needs.
 * A backend IS NOT: a tensor library. It builds no graphs, knows nothing of neurons, layers or gradients, has no eager
 * operations, and never changes the meaning of a primitive: the reference backend says what each one means, and the
 * conformance suite in `@snn/tensor/testing` holds every backend to it.
 */
import type { DType, TypedArray } from './dtype.js'
import type { Graph } from './graph.js'
import type { Shape } from './shape.js'
import type { HostTensor } from './tensor-like.js'
import type { Tensor } from './tensor.js'
import type { Variable } from './variable.js'

/**
 * What to run: `parameters` are the arguments (placeholders), `results` the values to return.
 * Reads of Variables appear in the graph as `read` nodes; `assigns` are committed together after everything else.
 * The passes have removed `customGradient` and `stopGradient`, unused scan outputs and common subexpressions.
 */
export interface Program extends Graph {
  readonly assigns: readonly Assign[]
}

/** A value that a Variable holds after a run. */
export interface Assign {
  readonly variable: Variable
  readonly value: Tensor
}

/** A value that stays on the device. `data()` copies it to the host. */
export interface DeviceTensor extends Disposable {
  readonly contract: 1
  readonly backend: Backend
  readonly dtype: DType
  readonly shape: Shape
  data(): Promise<TypedArray>
}

/** Where the value of a Variable lies: in host memory, or in a buffer of the backend that wrote it last. */
export type Storage =
  | { readonly kind: 'host'; readonly data: TypedArray }
  | { readonly kind: 'device'; readonly tensor: DeviceTensor }

export interface CompileOptions {
  /** 'nan': a non-finite float result is the error `NOT_FINITE` naming the place, and nothing is committed. */
  readonly check?: 'nan' | undefined
}

export interface RunOptions {
  /** Checked between instructions. An aborted run throws `signal.reason` and changes no Variable. */
  readonly signal?: AbortSignal | undefined
  /** 'device' returns DeviceTensors of this backend. Default 'host'. */
  readonly output?: 'host' | 'device' | undefined
}

/** A compiled program. */
export interface Executable {
  /** Bytes of device memory it holds beyond its arguments, results and Variables. */
  readonly bytes: number
  /** Runs once. Arguments fit the parameters in order, dtype and shape. Runs of one backend never overlap. */
  run(
    inputs: readonly (HostTensor | DeviceTensor)[],
    options?: RunOptions,
  ): Promise<readonly (HostTensor | DeviceTensor)[]>
  dispose(): Promise<void>
}

/** A compiler of programs, and the owner of their memory. `dispose` frees all of it. */
export interface Backend {
  readonly contract: 1
  /** `reference`, `cpu`, `cuda`, .. */
  readonly name: string
  /** Throws `UNSUPPORTED` for a primitive or dtype it cannot run, naming the place, before it takes memory. */
  compile(program: Program, options?: CompileOptions): Promise<Executable>
  dispose(): Promise<void>
}
