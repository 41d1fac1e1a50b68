import { nestFunction, type FusedNest } from '@snn/codegen'
import { sizeOf } from '@snn/tensor'
import type { Frame, Location } from '../frame.js'
import type { Workshop } from '../kernels/workshop.js'
import { sharedWork } from '../machine.js'
import type { Division } from '../threads/threads.js'
import type { Instruction } from './instruction.js'

/** A generated kernel of loop nests. */
export class NestInstruction implements Instruction {
  readonly kind = 'nest'
  #kernel = -1
  readonly #division: Division

  constructor(
    readonly fused: FusedNest,
    /** Where the inputs and the output lie. */
    readonly locations: readonly Location[],
    readonly workshop: Workshop,
  ) {
    const { kernel, parts } = fused
    const steps = kernel.loops.reduce((sum, { extents }) => sum + sizeOf(extents), 0)
    this.#division = parts * steps < sharedWork.planes ? 'alone' : 'shared'
  }

  async load(): Promise<void> {
    this.#kernel = await this.workshop.kernel(this.kind, this.fused.kernel, nestFunction)
    this.workshop.reserve({ words: this.locations.length, scratch: 0, sums: 0 })
  }

  run(frame: Frame): void {
    const { threads, args } = this.workshop
    this.locations.forEach((location, i) => (args[i] = location(frame).byteOffset))
    threads.run(this.#kernel, args.byteOffset, this.fused.parts, this.#division)
  }
}
