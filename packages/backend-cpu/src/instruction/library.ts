import { writeOnnx, type OnnxModelSpec } from '@snn/onnx'
import { bytesPerElement, sizeOf, type DType, type Node, type Shape } from '@snn/tensor'
import { checkFinite } from '../check.js'
import { viewOf, type Frame, type Location, type Place } from '../frame.js'
import { runMarked, withMarker } from '../in-place.js'
import type { OrtLibrary, OrtSession, OrtTensor } from '../library.js'
import type { SessionCache } from '../session-cache.js'
import type { Instruction } from './instruction.js'

/** A value that a session reads or writes where it lies. */
export interface Binding {
  readonly name: string
  readonly dtype: DType
  readonly shape: Shape
  readonly location: Location
  /** What made it, where results are checked. */
  readonly node?: Node
}

/** Outputs of fewer bytes are copied faster than an error is thrown. */
const copiedBytes = 1 << 16

/** A group of operations as one ONNX Runtime session that writes into the memory it is given. */
export class LibraryInstruction implements Instruction {
  readonly kind = 'library'
  #session: OrtSession | undefined
  /** How a run of a model with the marker ends (see in-place.ts). */
  #endMessage: string | undefined
  /** The tensors of the last run, and where they lie: most stay where they are, as large as they are. */
  readonly #feeds: Record<string, OrtTensor> = {}
  readonly #fetches: Record<string, OrtTensor> = {}
  readonly #bound = new Map<Binding, { readonly place: Place; readonly shape: Shape }>()

  constructor(
    readonly model: OnnxModelSpec,
    readonly inputs: readonly Binding[],
    readonly outputs: readonly Binding[],
    readonly lib: OrtLibrary,
    readonly check: boolean,
    /** Whether it runs many times in a run of the program, in a loop. */
    readonly isRepeated: boolean,
  ) {}

  get session(): OrtSession | undefined {
    return this.#session
  }

  /** Loads the model. `markerEnd`: how the library ends runs of models with the marker, if it does. */
  async load(sessions: SessionCache, markerEnd: string | undefined): Promise<void> {
    const isLarge = this.outputs.reduce((sum, { dtype, shape }) => sum + bytesPerElement(dtype) * sizeOf(shape), 0) >= copiedBytes
    this.#endMessage = isLarge ? markerEnd : undefined
    const model = writeOnnx(this.model)
    this.#session = await sessions.acquire(this.#endMessage === undefined ? model : withMarker(model), this.isRepeated)
  }

  async run(frame: Frame): Promise<void> {
    this.#bind(this.inputs, this.#feeds, frame)
    this.#bind(this.outputs, this.#fetches, frame)
    if (this.#endMessage === undefined) await this.#session!.run(this.#feeds, this.#fetches)
    else await runMarked(this.#session!, this.#feeds, this.#fetches, this.#endMessage)
    if (this.check) for (const { node, dtype, shape, location } of this.outputs) if (node) checkFinite(node, viewOf(location(frame), dtype, shape), dtype)
  }

  #bind(bindings: readonly Binding[], tensors: Record<string, OrtTensor>, frame: Frame): void {
    for (const binding of bindings) {
      const { name, dtype, shape, location } = binding
      const place = location(frame)
      const before = this.#bound.get(binding)
      if (before?.shape === shape && before.place.buffer === place.buffer && before.place.byteOffset === place.byteOffset) continue
      tensors[name] = new this.lib.Tensor(dtype, viewOf(place, dtype, shape), shape)
      this.#bound.set(binding, { place, shape })
    }
  }
}
