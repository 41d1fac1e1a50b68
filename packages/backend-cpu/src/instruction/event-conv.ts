import {
  eventConvC,
  eventConvFunction,
  eventConvPlan,
  eventConvScratch,
  eventConvScratchC,
  eventConvUnits,
  eventConvWords,
  lineBytes,
  sampleNonZeroFunction,
  sampleWords,
  sampledValues,
  type EventConvKernel,
  type EventConvPlan,
} from '@snn/codegen'
import type { Frame, Location } from '../frame.js'
import type { Workshop } from '../kernels/workshop.js'
import { groupWork, sharedWork } from '../machine.js'
import type { SessionCache } from '../session-cache.js'
import { ImagesInstruction, type ImageOperation } from './images.js'
import type { Instruction } from './instruction.js'

/** The kernel of an operation that can skip zeros, and where its weights lie. */
export interface EventForm {
  readonly kernel: EventConvKernel
  readonly weights: Location
  /** Up to which share of values that are not zero it is used. */
  readonly density: number
}

/**
 * A convolution, or a product with a matrix, that looks at its input: groups of images with few values that are not
 * zero are computed by the event-driven kernel, all others by ONNX Runtime. What decides is a sample of the values
 * alone, so that the same input gives the same bits.
 */
export class EventConvInstruction implements Instruction {
  readonly kind = 'conv'
  readonly #dense: ImagesInstruction
  readonly #operation: ImageOperation
  readonly #events: EventForm
  readonly #plan: EventConvPlan
  /** Of a thread, in whatever form the kernel runs. */
  readonly #scratchBytes: number
  /** Images in a group, and the bytes of an image of the input and of the output. */
  readonly #group: number
  readonly #bytes: { readonly x: number; readonly y: number }
  #kernel = -1
  #sample = -1

  constructor(
    operation: ImageOperation,
    events: EventForm,
    readonly workshop: Workshop,
    sessions: SessionCache,
  ) {
    const { channels, filters, groups, plane, windows } = events.kernel
    this.#operation = operation
    this.#events = events
    this.#plan = eventConvPlan(events.kernel)
    this.#scratchBytes = Math.max(eventConvScratch(this.#plan), eventConvScratchC(this.#plan))
    this.#group = Math.min(operation.images, Math.ceil(groupWork / operation.work))
    this.#bytes = { x: 4 * groups * channels * plane[0] * plane[1], y: 4 * groups * filters * windows[0] * windows[1] }
    this.#dense = new ImagesInstruction(operation, workshop, sessions)
  }

  get #groups(): number {
    return Math.ceil(this.#operation.images / this.#group)
  }

  async load(): Promise<void> {
    await this.#dense.load()
    const { images, work } = this.#operation
    this.#kernel = await this.workshop.kernel(
      this.kind,
      this.#plan,
      { wasm: eventConvFunction, c: eventConvC },
      images * work < sharedWork.images,
    )
    this.#sample = await this.workshop.kernel('sample', null, { wasm: sampleNonZeroFunction }, false)
    this.workshop.reserve({
      words: Math.max(eventConvWords.length, sampleWords.length + this.#groups),
      scratch: this.#scratchBytes,
      sums: 0,
    })
  }

  release(): Promise<void> {
    return this.#dense.release()
  }

  async run(frame: Frame): Promise<void> {
    const densities = this.#densities(frame)
    const isSparse = densities.map((density) => density <= this.#events.density)
    for (let first = 0, last = 0; first < isSparse.length; first = last) {
      for (last = first; isSparse[last] === isSparse[first];) last++
      const from = first * this.#group
      const images = Math.min(this.#operation.images, last * this.#group) - from
      if (isSparse[first]) this.#runEvents(frame, from, images, Math.max(...densities.slice(first, last)))
      else await this.#dense.run(frame, from, images)
    }
  }

  /** The share of values that are not zero, of each group; groups of a few values count as dense. */
  #densities(frame: Frame): number[] {
    const { threads, args } = this.workshop
    const counts = new Uint32Array(
      args.buffer,
      args.byteOffset + sampleWords.length * args.BYTES_PER_ELEMENT,
      this.#groups,
    )
    const bytesOf = (group: number): number =>
      Math.min(this.#group, this.#operation.images - group * this.#group) * this.#bytes.x
    const x = this.#operation.inputs[0]!(frame).byteOffset
    const sample = (first: number, last: number): void => {
      if (first >= last || bytesOf(first) < lineBytes) return
      args.set([x + first * bytesOf(0), counts.byteOffset + 4 * first, bytesOf(first)])
      threads.run(
        this.#sample,
        args.byteOffset,
        last - first,
        (last - first) * bytesOf(first) >= sharedWork.events ? 'shared' : 'alone',
      )
    }
    const whole = Math.floor(this.#operation.images / this.#group)
    sample(0, whole)
    sample(whole, this.#groups)
    return Array.from({ length: this.#groups }, (_, group) =>
      bytesOf(group) < lineBytes ? 1 : counts[group]! / sampledValues(bytesOf(group)),
    )
  }

  #runEvents(frame: Frame, from: number, images: number, density: number): void {
    const { weights } = this.#events
    const { inputs, output, work } = this.#operation
    const { threads, args, scratch } = this.workshop
    const { units, together } = eventConvUnits(this.#plan, images, threads.count)
    const values = {
      x: inputs[0]!(frame).byteOffset + from * this.#bytes.x,
      weights: weights(frame).byteOffset,
      y: output(frame).byteOffset + from * this.#bytes.y,
      images,
      together,
      scratch: scratch.byteOffset,
      scratchBytes: this.#scratchBytes,
    }
    args.set(eventConvWords.map((name) => values[name]))
    threads.run(
      this.#kernel,
      args.byteOffset,
      units,
      images * (this.#bytes.x + density * work) >= sharedWork.events ? 'shared' : 'alone',
    )
  }
}
