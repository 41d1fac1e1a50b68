import { planesFunction, type FusedPlanes } from '@snn/codegen'
import type { Frame, Location } from '../frame.js'
import type { Workshop } from '../kernels/workshop.js'
import { sharedWork } from '../machine.js'
import type { Division } from '../threads/threads.js'
import type { Instruction } from './instruction.js'

/** A generated kernel over planes: pooling and the like. */
export class PlanesInstruction implements Instruction {
  readonly kind = 'planes'
  #kernel = -1
  readonly #division: Division

  constructor(
    readonly fused: FusedPlanes,
    /** Where the inputs and the output lie. */
    readonly locations: readonly Location[],
    readonly workshop: Workshop,
  ) {
    const { kernel, windows } = fused.kernel
    this.#division = fused.planes * windows[0] * windows[1] * kernel[0] * kernel[1] < sharedWork.planes ? 'alone' : 'shared'
  }

  async load(): Promise<void> {
    this.#kernel = await this.workshop.kernel(this.kind, this.fused.kernel, planesFunction)
    this.workshop.reserve({ words: this.locations.length, scratch: 0, sums: 0 })
  }

  run(frame: Frame): void {
    const { threads, args } = this.workshop
    this.locations.forEach((location, i) => (args[i] = location(frame).byteOffset))
    threads.run(this.#kernel, args.byteOffset, this.fused.planes, this.#division)
  }
}
