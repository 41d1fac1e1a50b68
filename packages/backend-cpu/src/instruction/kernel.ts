import { argumentWords, divide, kernelC, kernelFunction, operandWord, type Blocks, type Fused } from '@snn/codegen'
import { bytesOf } from '@snn/schedule'
import { viewOf, type Frame, type Location } from '../frame.js'
import type { Workshop } from '../kernels/workshop.js'
import { sharedWork } from '../machine.js'
import type { Division } from '../threads/threads.js'
import type { Instruction } from './instruction.js'

/** A generated kernel over values in the memory. */
export class KernelInstruction implements Instruction {
  readonly kind = 'kernel'
  #kernel = -1
  readonly #blocks: Blocks
  readonly #division: Division
  /** Bytes of all sums of one thread, one after the other. */
  readonly #sumBytes: number
  readonly #bytes: readonly number[]

  constructor(
    readonly fused: Fused,
    /** Where each operand of the kernel lies. */
    readonly locations: readonly Location[],
    readonly workshop: Workshop,
  ) {
    const {
      kernel,
      length,
      tensors,
      space: { outer, count, inner },
    } = fused
    this.#blocks = divide(fused)
    const operations = kernel.phases.reduce(
      (sum, { steps, values }) => sum + values.length * (steps === 'once' ? 1 : length),
      0,
    )
    const isSmall = outer * count * inner * operations < sharedWork.kernel
    this.#bytes = tensors.map(bytesOf)
    this.#sumBytes = kernel.operands.reduce((sum, { role }, i) => sum + (role === 'sum' ? this.#bytes[i]! : 0), 0)
    this.#division = isSmall ? 'alone' : this.#sumBytes > 0 ? 'fixed' : 'shared'
  }

  async load(): Promise<void> {
    const { kernel } = this.fused
    this.#kernel = await this.workshop.kernel(
      this.kind,
      this.#blocks.kernel,
      { wasm: kernelFunction, c: kernelC },
      this.#division === 'alone',
    )
    this.workshop.reserve({
      words: operandWord(kernel.operands.length),
      scratch: this.#blocks.scratchBytes,
      sums: this.#sumBytes,
    })
  }

  run(frame: Frame): void {
    const {
      kernel: { operands },
      length,
    } = this.fused
    const { threads, args, scratch, sums } = this.workshop
    for (let i = 0; i < argumentWords.length; i++) {
      const name = argumentWords[i]!
      args[i] = name === 'scratch' ? scratch.byteOffset : this.#blocks.words[name]
    }
    let sumOffset = 0
    for (let i = 0; i < operands.length; i++) {
      const { role, isMoving } = operands[i]!
      const bytes = this.#bytes[i]!
      if (role === 'sum') {
        args[operandWord(i)] = sums.byteOffset + sumOffset
        args[operandWord(i) + 1] = this.#sumBytes
        sumOffset += bytes
      } else {
        args[operandWord(i)] = this.locations[i]!(frame).byteOffset
        args[operandWord(i) + 1] = isMoving ? bytes / length : 0
      }
    }
    const threadCount = this.#division === 'alone' ? 1 : threads.count
    if (this.#sumBytes > 0) new Float32Array(sums.buffer, sums.byteOffset, (threadCount * this.#sumBytes) / 4).fill(0)
    threads.run(this.#kernel, args.byteOffset, this.#blocks.count, this.#division)
    if (this.#sumBytes > 0) this.#addSums(frame, threadCount)
  }

  /** Adds what each thread has summed up, in the order of the threads. */
  #addSums(frame: Frame, threadCount: number): void {
    const { kernel, tensors } = this.fused
    const { sums } = this.workshop
    let offset = 0
    kernel.operands.forEach(({ role }, i) => {
      if (role !== 'sum') return
      const { shape } = tensors[i]!
      const total = viewOf(this.locations[i]!(frame), 'float32', shape)
      total.set(viewOf({ buffer: sums.buffer, byteOffset: sums.byteOffset + offset }, 'float32', shape))
      for (let thread = 1; thread < threadCount; thread++) {
        const part = viewOf(
          { buffer: sums.buffer, byteOffset: sums.byteOffset + thread * this.#sumBytes + offset },
          'float32',
          shape,
        )
        for (let k = 0; k < part.length; k++) total[k]! += part[k]!
      }
      offset += this.#bytes[i]!
    })
  }
}
