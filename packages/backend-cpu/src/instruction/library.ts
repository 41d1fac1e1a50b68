import { writeOnnx, type OnnxModelSpec } from '@snn/onnx'
import { bytesOf } from '@snn/schedule'
import type { DType, Shape } from '@snn/tensor'
import type { Node } from '@snn/tensor/backend'
import { checkFinite } from '../check.js'
import { viewOf, type Frame, type Location, type Span } from '../frame.js'
import { runInPlace, withMarker, type RunEnd } from '../in-place.js'
import type { OrtTensor } from '../library.js'
import { copiedBytes } from '../machine.js'
import type { Session, SessionCache } from '../session-cache.js'
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

/** A group of operations as one ONNX Runtime session that writes into the memory it is given. */
export class LibraryInstruction implements Instruction {
  readonly kind = 'library'
  #session: Session | undefined
  #end: RunEnd | undefined
  /** The tensors of the last run, and where they lie: most stay where they are, as large as they are. */
  readonly #feeds: Record<string, OrtTensor> = {}
  readonly #fetches: Record<string, OrtTensor> = {}
  readonly #bound = new Map<Binding, { readonly place: Span; readonly shape: Shape }>()

  constructor(
    readonly model: OnnxModelSpec,
    readonly inputs: readonly Binding[],
    readonly outputs: readonly Binding[],
    readonly sessions: SessionCache,
    readonly check: boolean,
  ) {}

  async load(): Promise<void> {
    const { sessions } = this
    const isLarge = this.outputs.reduce((sum, output) => sum + bytesOf(output), 0) >= copiedBytes
    this.#end = isLarge ? sessions.runEnd : undefined
    const model = writeOnnx(this.model)
    this.#session = await sessions.acquire(this.#end ? withMarker(model) : model)
  }

  async release(): Promise<void> {
    if (this.#session) await this.sessions.release(this.#session)
    this.#session = undefined
  }

  async run(frame: Frame): Promise<void> {
    this.#bind(this.inputs, this.#feeds, frame)
    this.#bind(this.outputs, this.#fetches, frame)
    await runInPlace(this.#session!.own, this.#feeds, this.#fetches, this.#end)
    if (this.check)
      for (const { node, dtype, shape, location } of this.outputs)
        if (node) checkFinite(node, viewOf(location(frame), dtype, shape), dtype)
  }

  #bind(bindings: readonly Binding[], tensors: Record<string, OrtTensor>, frame: Frame): void {
    for (const binding of bindings) {
      const { name, dtype, shape, location } = binding
      const place = location(frame)
      const before = this.#bound.get(binding)
      if (
        before?.shape === shape &&
        before.place.buffer === place.buffer &&
        before.place.byteOffset === place.byteOffset
      )
        continue
      tensors[name] = new this.sessions.lib.Tensor(dtype, viewOf(place, dtype, shape), shape)
      this.#bound.set(binding, { place, shape })
    }
  }
}
