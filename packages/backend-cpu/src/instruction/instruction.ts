import type { Frame } from '../frame.js'
import { sliceMilliseconds } from '../machine.js'

/**
 * One step of a run: `library` (a group of operations as one ONNX Runtime session), `loop` (a scan), `copy`, and what
 * works on the memory: `images` (an operation on each image in sessions of all threads), and the generated kernels
 * `kernel` (elementwise operations, sums and scans), `planes` (pooling and the like), `conv` (a convolution that may
 * skip zeros) and `random`.
 */
export interface Instruction {
  readonly kind: string
  /** Takes what runs need. */
  load?(): Promise<void>
  /** Gives back what was loaded. */
  release?(): Promise<void>
  run(frame: Frame): void | Promise<void>
}

/** Runs a list in order; an abort is seen between two instructions. */
export async function runAll(instructions: readonly Instruction[], frame: Frame): Promise<void> {
  let turn = performance.now()
  for (const instruction of instructions) {
    frame.signal?.throwIfAborted()
    const pending = instruction.run(frame)
    if (pending) {
      await pending
      turn = performance.now()
    } else if (performance.now() - turn > sliceMilliseconds) {
      await new Promise((resolve) => setTimeout(resolve))
      turn = performance.now()
    }
  }
}
