import type { Frame, Location } from '../frame.js'
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
    const from = this.from(frame)
    const to = this.to(frame)
    new Uint8Array(to.buffer, to.byteOffset, this.bytes).set(new Uint8Array(from.buffer, from.byteOffset, this.bytes))
  }
}
