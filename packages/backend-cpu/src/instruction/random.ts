import { randomBlock, randomC, randomFunction, randomWords } from '@snn/codegen'
import { fillUniform } from '@snn/tensor/backend'
import { viewOf, type Frame, type Location } from '../frame.js'
import type { Workshop } from '../kernels/workshop.js'
import { sharedWork } from '../machine.js'
import type { Instruction } from './instruction.js'

/** Fills a value with uniform random numbers in [0, 1), counted from the offset at `offset`, by a kernel. */
export class RandomInstruction implements Instruction {
  readonly kind = 'random'
  #kernel = -1

  constructor(
    readonly offset: Location,
    readonly to: Location,
    readonly length: number,
    readonly key: readonly [number, number],
    readonly workshop: Workshop,
  ) {}

  get #blocks(): number {
    return Math.ceil(this.length / randomBlock)
  }

  async load(): Promise<void> {
    this.#kernel = await this.workshop.kernel(
      this.kind,
      null,
      { wasm: randomFunction, c: randomC },
      this.#blocks < sharedWork.random,
    )
    this.workshop.reserve({ words: randomWords.length, scratch: 0, sums: 0 })
  }

  run(frame: Frame): void {
    const { threads, args } = this.workshop
    const offset = viewOf(this.offset(frame), 'int32', [])[0]!
    args.set([this.to(frame).byteOffset, offset, this.length, ...this.key])
    threads.run(this.#kernel, args.byteOffset, this.#blocks, this.#blocks < sharedWork.random ? 'alone' : 'shared')
  }
}

/** The same numbers, where there are no kernels. */
export class PlainRandomInstruction implements Instruction {
  readonly kind = 'plain-random'
  constructor(
    readonly offset: Location,
    readonly to: Location,
    readonly length: number,
    readonly key: readonly [number, number],
  ) {}

  run(frame: Frame): void {
    const offset = viewOf(this.offset(frame), 'int32', [])[0]!
    fillUniform(viewOf(this.to(frame), 'float32', [this.length]), this.key, offset)
  }
}
