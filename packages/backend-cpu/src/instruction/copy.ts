import { bytesAt, type Frame, type Location } from '../frame.js'
import type { Instruction } from './instruction.js'

/** Copies one value. */
export class CopyInstruction implements Instruction {
  readonly kind = 'copy'
  constructor(
    readonly from: Location,
    readonly to: Location,
    readonly bytes: number,
  ) {}

  run(frame: Frame): void {
    bytesAt(this.to(frame), this.bytes).set(bytesAt(this.from(frame), this.bytes))
  }
}
