import type { Graph } from '@snn/tensor'
import { atOffset, bytesOf, type Frame, type Location } from '../frame.js'
import type { Entry } from './level.js'

export interface CarryOptions {
  readonly body: Graph
  readonly carries: number
  readonly length: number
  /** Number of the loop in `frame.iterations`. */
  readonly loop: number
  /** Where the carries are before the first step, and where all outputs of the scan go. */
  readonly initial: readonly Entry[]
  readonly outputs: readonly Entry[]
  /** Where each stacked result of the current step goes. */
  readonly ys: readonly Entry[]
  /** The step index of an iteration. */
  readonly step: (iteration: number) => number
  /** A new place that lives as long as the loop. */
  readonly loopBlock: (bytes: number) => Location
}

interface Copy {
  readonly from: Entry
  readonly to: Entry
  readonly bytes: number
}

/** Where each carry lies as a step begins and ends, and what is copied before and after the loop. */
export interface CarryPlaces {
  readonly before: readonly Entry[]
  readonly after: readonly Entry[]
  readonly prologue: readonly Copy[]
  readonly epilogue: readonly Copy[]
}

/**
 * Places of carried state such that no step copies any. A carry enters the first step where its initial value lies and
 * leaves the last one where the result goes; between, it alternates between two buffers. A carry that is also stacked (as it
 * enters a step, or as it leaves it) lives in the stack itself.
 */
export function carryPlaces(options: CarryOptions): CarryPlaces {
  const { body, carries, length, loop, initial, outputs, ys, step, loopBlock } = options
  const before: Entry[] = []
  const after: Entry[] = []
  const prologue: Copy[] = []
  const epilogue: Copy[] = []
  const stacked = body.results.slice(carries)
  const iteration = (frame: Frame): number => frame.iterations[loop]!
  const last = length - 1

  for (let c = 0; c < carries; c++) {
    const bytes = bytesOf(body.parameters[c]!)
    const first = initial[c]!
    const final = outputs[c]!
    const entering = stacked.indexOf(body.parameters[c]!)
    const leaving = stacked.indexOf(body.results[c]!)
    const slot = (stack: Entry, shift: number): Location => atOffset(stack.location, (frame) => step(iteration(frame) + shift) * bytes)

    if (entering >= 0) {
      const stack = outputs[carries + entering]!
      prologue.push({ from: first, to: { location: atOffset(stack.location, () => step(0) * bytes), blocks: stack.blocks }, bytes })
      before.push(ys[entering]!)
      after.push(transient(choose((frame) => iteration(frame) === last, final.location, slot(stack, 1))))
    } else if (leaving >= 0) {
      const stack = outputs[carries + leaving]!
      before.push(transient(choose((frame) => iteration(frame) === 0, first.location, slot(stack, -1))))
      after.push(ys[leaving]!)
      epilogue.push({ from: { location: atOffset(stack.location, () => step(last) * bytes), blocks: stack.blocks }, to: final, bytes })
    } else {
      const even = length > 1 ? loopBlock(bytes) : first.location
      const odd = length > 2 ? loopBlock(bytes) : even
      const buffer = (shift: number): Location => choose((frame) => (iteration(frame) + shift) % 2 === 0, even, odd)
      before.push(transient(choose((frame) => iteration(frame) === 0, first.location, buffer(-1))))
      after.push(transient(choose((frame) => iteration(frame) === last, final.location, buffer(0))))
    }
  }
  return { before, after, prologue, epilogue }
}

function choose(condition: (frame: Frame) => boolean, yes: Location, no: Location): Location {
  return (frame) => (condition(frame) ? yes(frame) : no(frame))
}

/** A place inside blocks that live as long as the whole loop. */
function transient(location: Location): Entry {
  return { location, blocks: [] }
}
