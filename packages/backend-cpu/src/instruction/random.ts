import { fillUniform } from '@snn/tensor'
import { viewOf, type Frame, type Location } from '../frame.js'
import type { Instruction } from './instruction.js'

/** Fills a value with uniform random numbers in [0, 1), counted from the offset at `offset`. */
export class RandomInstruction implements Instruction {
  readonly kind = 'random'
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
