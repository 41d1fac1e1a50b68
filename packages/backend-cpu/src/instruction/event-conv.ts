import { eventConvScratch, eventConvWords, lineBytes, printEventConv, printSampleNonZero, rowBlocks, sampleWords, sampledValues, type EventConvKernel } from '@snn/codegen'
import type { OnnxModelSpec } from '@snn/onnx'
import { sizeOf, type Shape, type Tensor } from '@snn/tensor'
import { atOffset, type Frame, type Location } from '../frame.js'
import type { Workshop } from '../kernels/workshop.js'
import type { OrtLibrary } from '../library.js'
import { LibraryInstruction, type Binding } from './library.js'
import type { KernelCall } from './instruction.js'

/**
 * Up to this share of values that are not zero, the event-driven kernel is faster than ONNX Runtime. `npm run sparse-conv` in apps/bench, for
 * the convolutions of ResNet-20 on one thread of an AMD EPYC (Zen 3): 2.1 to 3.4 times as fast at 5 %, 1.1 to 1.5 times at 17 %, equally fast at
 * 20 % (stride 2 from 16 channels) to 33 %, and 0.6 to 0.8 times as fast at 50 %. With more weights and zeros at random places the dense form
 * wins earlier, but real spikes leave out whole channels: a converted ResNet-18 (`npm run resnet18`) takes 2.1 s so, 2.4 s with a limit of 12 % for
 * its last layers, and 2.9 s with 20 % and 8 %. For products with a matrix the limit is 18 % (256 x 256) to 13 % (784 x 256).
 */
function measuredDensity({ windows }: EventConvKernel): number {
  return windows[0] * windows[1] === 1 ? 0.15 : 0.3
}

/** Multiply-accumulates of the images that are computed in the same way, so that a choice costs little. */
const groupWork = 2 ** 23
/** Fewer multiply-accumulates than this are done before another thread has woken up. */
const sharedWork = 2 ** 18

/** A convolution, or a product with a matrix, that is computed in either way. */
export interface ConvPlan {
  readonly kernel: EventConvKernel
  readonly input: Tensor
  readonly output: Tensor
  /** Images in `input` and `output`. */
  readonly images: number
  /** The dense form, for any number of images. */
  readonly model: OnnxModelSpec
}

interface EventConvOptions {
  readonly workshop: Workshop
  readonly lib: OrtLibrary
  /** Up to which share of values that are not zero events are computed; undefined: as measured. */
  readonly eventDensity: number | undefined
  readonly isRepeated: boolean
}

/**
 * A convolution that looks at its input: groups of images with few values that are not zero are computed by the event-driven kernel, all
 * others by ONNX Runtime. What decides is a sample of the values alone, so that the same input gives the same bits.
 */
export class EventConvInstruction implements KernelCall {
  readonly kind = 'conv'
  readonly dense: LibraryInstruction
  readonly #workshop: Workshop
  readonly #plan: ConvPlan
  readonly #eventDensity: number
  readonly #locations: { readonly x: Location; readonly weights: Location; readonly y: Location }
  /** Images in a group, and the bytes of an image of the input and of the output. */
  readonly #group: number
  readonly #bytes: { readonly x: number; readonly y: number }
  /** The images that the dense form computes now. */
  #from = 0
  #count: number
  #kernel = -1
  #sample = -1

  constructor(plan: ConvPlan, locations: { readonly x: Location; readonly weights: Location; readonly y: Location }, { workshop, lib, eventDensity, isRepeated }: EventConvOptions) {
    const { images, input, output, model } = plan
    this.#plan = plan
    this.#locations = locations
    this.#workshop = workshop
    this.#eventDensity = eventDensity ?? measuredDensity(plan.kernel)
    this.#group = Math.min(images, Math.ceil(groupWork / workOf(plan)))
    this.#bytes = { x: (4 * sizeOf(input.shape)) / images, y: (4 * sizeOf(output.shape)) / images }
    this.#count = images
    const bind = (name: string, { shape }: Tensor, location: Location, bytes: number): Binding => {
      const image = shape.slice(shape.length - model.inputs[0]!.shape!.length + 1)
      const now = (): Shape => [this.#count, ...image]
      return { name, dtype: 'float32', get shape() { return now() }, location: atOffset(location, () => this.#from * bytes) }
    }
    this.dense = new LibraryInstruction(model, [bind(model.inputs[0]!.name, input, locations.x, this.#bytes.x)], [bind(model.outputs[0]!.name, output, locations.y, this.#bytes.y)], lib, false, isRepeated)
  }

  get #groups(): number {
    return Math.ceil(this.#plan.images / this.#group)
  }

  /** Loads the kernels; the dense form is loaded as any other session. */
  async load(): Promise<void> {
    const { kernel } = this.#plan
    this.#kernel = await this.#workshop.kernel(this.kind, kernel, printEventConv)
    this.#sample = await this.#workshop.kernel('sample', null, (_, memory) => printSampleNonZero(memory))
    this.#workshop.reserve({ words: Math.max(eventConvWords.length, sampleWords.length + this.#groups), scratch: eventConvScratch(kernel), sums: 0 })
  }

  async run(frame: Frame): Promise<void> {
    const { images } = this.#plan
    if (this.#eventDensity === 0) return this.dense.run(frame)
    const densities = this.#densities(frame)
    const isSparse = densities.map((density) => density <= this.#eventDensity)
    for (let first = 0, last = 0; first < isSparse.length; first = last) {
      for (last = first; isSparse[last] === isSparse[first]; ) last++
      this.#from = first * this.#group
      this.#count = Math.min(images, last * this.#group) - this.#from
      if (!isSparse[first]) await this.dense.run(frame)
      else this.#runEvents(frame, Math.max(...densities.slice(first, last)))
    }
  }

  /** The share of values that are not zero, of each group; groups of a few values count as dense. */
  #densities(frame: Frame): number[] {
    const { threads, args } = this.#workshop
    const words = new Uint32Array(args.buffer, args.byteOffset, sampleWords.length + this.#groups)
    const counts = args.byteOffset + 4 * sampleWords.length
    const bytesOf = (group: number): number => Math.min(this.#group, this.#plan.images - group * this.#group) * this.#bytes.x
    const x = this.#locations.x(frame).byteOffset
    const sample = (first: number, last: number): void => {
      if (first >= last || bytesOf(first) < lineBytes) return
      words.set([x + first * bytesOf(0), counts + 4 * first, bytesOf(first)])
      threads.run(this.#sample, args.byteOffset, last - first, (last - first) * bytesOf(first) >= sharedWork ? 'shared' : 'alone')
    }
    const whole = Math.floor(this.#plan.images / this.#group)
    sample(0, whole)
    sample(whole, this.#groups)
    return Array.from({ length: this.#groups }, (_, group) => (bytesOf(group) < lineBytes ? 1 : words[sampleWords.length + group]! / sampledValues(bytesOf(group))))
  }

  #runEvents(frame: Frame, density: number): void {
    const { kernel } = this.#plan
    const { threads, args, scratch } = this.#workshop
    const units = this.#count * kernel.groups * rowBlocks(kernel)
    const { x, weights, y } = this.#locations
    const values = {
      x: x(frame).byteOffset + this.#from * this.#bytes.x,
      weights: weights(frame).byteOffset,
      y: y(frame).byteOffset + this.#from * this.#bytes.y,
      scratch: scratch.byteOffset,
      scratchBytes: eventConvScratch(kernel),
    }
    new Uint32Array(args.buffer, args.byteOffset, eventConvWords.length).set(eventConvWords.map((name) => values[name]))
    threads.run(this.#kernel, args.byteOffset, units, this.#count * (this.#bytes.x + density * workOf(this.#plan)) >= sharedWork ? 'shared' : 'alone')
  }
}

/** Multiply-accumulates of one image, computed densely. */
function workOf({ kernel: { channels, filters, groups, kernel, windows } }: ConvPlan): number {
  return groups * filters * channels * kernel[0] * kernel[1] * windows[0] * windows[1]
}
