import { viewOf, type Frame, type Location } from '../frame.js'
import { runAll, type Instruction } from './instruction.js'

/** The steps of a scan. The body's locations follow `frame.iterations[loop]`, so nothing moves between steps. */
export class LoopInstruction implements Instruction {
  readonly kind = 'loop'
  constructor(
    readonly loop: number,
    readonly length: number,
    readonly reverse: boolean,
    readonly body: readonly Instruction[],
    /** Where the body reads the step index t. */
    readonly index: Location | undefined,
  ) {}

  async run(frame: Frame): Promise<void> {
    for (let i = 0; i < this.length; i++) {
      frame.iterations[this.loop] = i
      if (this.index) viewOf(this.index(frame), 'int32', [])[0] = this.reverse ? this.length - 1 - i : i
      await runAll(this.body, frame)
    }
  }
}
