import type { Frame } from '../frame.js'

/**
 * One step of a run. Kinds so far: `library` (a group of operations as one ONNX Runtime session), `loop` (a scan),
 * `random` and `copy`. Generated kernels join as one more kind: a class here and a branch in `plan/level.ts`.
 */
export interface Instruction {
  readonly kind: string
  run(frame: Frame): void | Promise<void>
}

/** Milliseconds of computing between two turns of the event loop. */
const sliceMilliseconds = 20

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
