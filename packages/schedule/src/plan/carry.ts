import type { Graph } from '@snn/tensor/backend'
import { bytesOf, moved, type Place, type Step } from '../place.js'

export interface CarryOptions {
  readonly body: Graph
  readonly carries: number
  readonly length: number
  readonly reverse: boolean
  /** Number of the loop. */
  readonly loop: number
  /** Where the carries are before the first step, and where all outputs of the scan go. */
  readonly initial: readonly Place[]
  readonly outputs: readonly Place[]
  /** Where each stacked result of the current step goes. */
  readonly ys: readonly Place[]
  /** A new place that lives as long as the loop. */
  readonly loopBlock: (bytes: number) => Place
}

interface Copy {
  readonly from: Place
  readonly to: Place
  readonly bytes: number
}

/** Where each carry lies as a step begins and ends, and what is copied before and after the loop. */
export interface CarryPlaces {
  readonly before: readonly Place[]
  readonly after: readonly Place[]
  readonly prologue: readonly Copy[]
  readonly epilogue: readonly Copy[]
}

/**
 * Where step t lies of what has `bytes` for each step of a loop, with t that of the iteration, or so many iterations
 * later.
 */
export function stepOf(
  stack: Place,
  bytes: number,
  { loop, length, reverse }: { readonly loop: number; readonly length: number; readonly reverse: boolean },
  later = 0,
): Place {
  const step: Step = { loop, bytes: reverse ? -bytes : bytes }
  return moved(stack, reverse ? (length - 1 - later) * bytes : later * bytes, step)
}

/**
 * Places of carried state such that no step copies any. A carry enters the first step where its initial value lies and
 * leaves the last one where the result goes; between, it alternates between two buffers. A carry that is also stacked
 * (as it enters a step, or as it leaves it) lives in the stack itself.
 */
export function carryPlaces(options: CarryOptions): CarryPlaces {
  const { body, carries, length, reverse, loop, initial, outputs, ys, loopBlock } = options
  const before: Place[] = []
  const after: Place[] = []
  const prologue: Copy[] = []
  const epilogue: Copy[] = []
  const stacked = body.results.slice(carries)
  const end = length - 1
  const [firstStep, lastStep] = reverse ? [end, 0] : [0, end]

  for (let c = 0; c < carries; c++) {
    const bytes = bytesOf(body.parameters[c]!)
    const first = initial[c]!
    const last = outputs[c]!
    const entering = stacked.indexOf(body.parameters[c]!)
    const leaving = stacked.indexOf(body.results[c]!)

    if (entering >= 0) {
      const stack = outputs[carries + entering]!
      prologue.push({ from: first, to: moved(stack, firstStep * bytes), bytes })
      before.push(ys[entering]!)
      after.push({ kind: 'turns', loop, end, last, between: [stepOf(stack, bytes, options, 1)] })
    } else if (leaving >= 0) {
      const stack = outputs[carries + leaving]!
      before.push({ kind: 'turns', loop, end, first, between: [stepOf(stack, bytes, options, -1)] })
      after.push(ys[leaving]!)
      epilogue.push({ from: moved(stack, lastStep * bytes), to: last, bytes })
    } else {
      const even = length > 1 ? loopBlock(bytes) : first
      const odd = length > 2 ? loopBlock(bytes) : even
      before.push({ kind: 'turns', loop, end, first, between: [odd, even] })
      after.push({ kind: 'turns', loop, end, last, between: [even, odd] })
    }
  }
  return { before, after, prologue, epilogue }
}
