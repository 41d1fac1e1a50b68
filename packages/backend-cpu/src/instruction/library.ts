import type { OnnxModelSpec } from '@snn/onnx'
import type { DType, Node, Shape } from '@snn/tensor'
import { checkFinite } from '../check.js'
import { viewOf, type Frame, type Location } from '../frame.js'
import type { OrtLibrary, OrtSession, OrtTensor } from '../library.js'
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
  session: OrtSession | undefined

  constructor(
    readonly model: OnnxModelSpec,
    readonly inputs: readonly Binding[],
    readonly outputs: readonly Binding[],
    readonly lib: OrtLibrary,
    readonly check: boolean,
    /** Whether it runs many times in a run of the program, in a loop. */
    readonly isRepeated: boolean,
  ) {}

  async run(frame: Frame): Promise<void> {
    await this.session!.run(this.#bind(this.inputs, frame), this.#bind(this.outputs, frame))
    if (this.check) for (const { node, dtype, shape, location } of this.outputs) if (node) checkFinite(node, viewOf(location(frame), dtype, shape), dtype)
  }

  #bind(bindings: readonly Binding[], frame: Frame): Record<string, OrtTensor> {
    const tensors: Record<string, OrtTensor> = {}
    for (const { name, dtype, shape, location } of bindings) tensors[name] = new this.lib.Tensor(dtype, viewOf(location(frame), dtype, shape), shape)
    return tensors
  }
}
