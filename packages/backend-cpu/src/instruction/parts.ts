import {
  depthwiseC,
  depthwiseFunction,
  nestC,
  nestFunction,
  planesC,
  planesFunction,
  type FusedDepthwise,
  type FusedNest,
  type FusedPlanes,
} from '@snn/codegen'
import { sizeOf } from '@snn/tensor'
import type { Frame, Location } from '../frame.js'
import type { Printers, Workshop } from '../kernels/workshop.js'
import { sharedWork } from '../machine.js'
import type { Division } from '../threads/threads.js'
import type { Instruction } from './instruction.js'

/**
 * A form whose parts are independent of each other: the kernel that is printed from it, how many there are, and the
 * work of all.
 */
interface Parts<F> {
  readonly kind: 'nest' | 'planes' | 'depthwise'
  readonly form: F
  readonly printers: Printers<F>
  readonly parts: number
  readonly work: number
}

/** Loop nests over the parts of their output. */
export function nestParts({ kernel, parts }: FusedNest): Parts<FusedNest['kernel']> {
  const steps = kernel.loops.reduce((sum, { extents }) => sum + sizeOf(extents), 0)
  return { kind: 'nest', form: kernel, printers: { wasm: nestFunction, c: nestC }, parts, work: parts * steps }
}

/** Pooling over planes. */
export function planeParts({ kernel, planes }: FusedPlanes): Parts<FusedPlanes['kernel']> {
  return {
    kind: 'planes',
    form: kernel,
    printers: { wasm: planesFunction, c: planesC },
    parts: planes,
    work: planes * sizeOf([...kernel.windows, ...kernel.kernel]),
  }
}

/** A depthwise convolution, over its planes. */
export function depthwiseParts({ kernel, planes }: FusedDepthwise): Parts<FusedDepthwise['kernel']> {
  return {
    kind: 'depthwise',
    form: kernel,
    printers: { wasm: depthwiseFunction, c: depthwiseC },
    parts: planes,
    work: planes * sizeOf([...kernel.windows, ...kernel.kernel]),
  }
}

/** A generated kernel over parts, which threads share. */
export class PartsInstruction<F> implements Instruction {
  readonly kind: Parts<F>['kind']
  #kernel = -1
  readonly #division: Division

  constructor(
    readonly fused: Parts<F>,
    /** Where the inputs and the output lie. */
    readonly locations: readonly Location[],
    readonly workshop: Workshop,
  ) {
    this.kind = fused.kind
    this.#division = fused.work < sharedWork.planes ? 'alone' : 'shared'
  }

  async load(): Promise<void> {
    this.#kernel = await this.workshop.kernel(
      this.kind,
      this.fused.form,
      this.fused.printers,
      this.#division === 'alone',
    )
    this.workshop.reserve({ words: this.locations.length, scratch: 0, sums: 0 })
  }

  run(frame: Frame): void {
    const { threads, args } = this.workshop
    this.locations.forEach((location, i) => (args[i] = location(frame).byteOffset))
    threads.run(this.#kernel, args.byteOffset, this.fused.parts, this.#division)
  }
}
