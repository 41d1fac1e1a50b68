import { batchSymbol, writeOnnx, type OnnxModelSpec, type OnnxValue } from '@snn/onnx'
import { sizeOf } from '@snn/tensor'
import type { Frame, Location } from '../frame.js'
import { runInPlace, withMarker } from '../in-place.js'
import type { Workshop } from '../kernels/workshop.js'
import type { OrtTensor } from '../library.js'
import * as machine from '../machine.js'
import type { Session, SessionCache } from '../session-cache.js'
import type { SessionValue } from '../threads/threads.js'
import type { Instruction } from './instruction.js'

/** An operation on each of many images by itself. */
export interface ImageOperation {
  /**
   * For any number of images: values whose first size is the batch symbol have one part for each image. All are
   * float32.
   */
  readonly model: OnnxModelSpec
  readonly images: number
  /** Multiply-accumulates of one image. */
  readonly work: number
  /** Where each input and the output of the model lie. */
  readonly inputs: readonly Location[]
  readonly output: Location
}

interface Binding extends SessionValue {
  readonly location: Location
  readonly bytes: number
  /** Tensors by where they begin. */
  readonly tensors: Map<number, { readonly buffer: ArrayBufferLike; readonly tensor: OrtTensor }>
}

/**
 * ONNX Runtime on some images at a time: every thread has a session of its own and takes the next images until none is
 * left.
 */
export class ImagesInstruction implements Instruction {
  readonly kind = 'images'
  readonly #operation: ImageOperation
  readonly #inputs: readonly Binding[]
  readonly #outputs: readonly Binding[]
  #session: Session | undefined

  constructor(
    operation: ImageOperation,
    readonly workshop: Workshop,
    readonly sessions: SessionCache,
  ) {
    const { model, inputs, output } = operation
    this.#operation = operation
    this.#inputs = model.inputs.map((value, i) => bindingOf(value, inputs[i]!))
    this.#outputs = model.outputs.map((value) => bindingOf(value, output))
  }

  async load(): Promise<void> {
    const { runEnd } = this.sessions
    const model = writeOnnx(this.#operation.model)
    this.#session = await this.sessions.acquireForThreads(runEnd ? withMarker(model) : model, {
      inputs: this.#inputs.map(plain),
      outputs: this.#outputs.map(plain),
      end: runEnd,
    })
    this.workshop.reserve({ words: 1 + this.#inputs.length + this.#outputs.length, scratch: 0, sums: 0 })
  }

  async release(): Promise<void> {
    if (this.#session) await this.sessions.release(this.#session)
    this.#session = undefined
  }

  /** Runs all images, or `images` of them from `from` on. */
  async run(frame: Frame, from = 0, images = this.#operation.images): Promise<void> {
    const { own, number } = this.#session!
    const { threads, args } = this.workshop
    const tensors = (bindings: readonly Binding[], first: number, count: number): Record<string, OrtTensor> =>
      Object.fromEntries(bindings.map((binding) => [binding.name, this.#tensor(binding, frame, from + first, count)]))
    const some = (first: number, count: number): Promise<void> =>
      runInPlace(own, tensors(this.#inputs, first, count), tensors(this.#outputs, first, count), this.sessions.runEnd)
    const isShared = number !== undefined && images * this.#operation.work >= machine.sharedWork.images
    const share = this.#share(images, isShared ? threads.count : 1)
    if (!isShared) {
      for (let first = 0; first < images; first += share) await some(first, Math.min(share, images - first))
      return
    }
    const places = [...this.#inputs, ...this.#outputs].map(
      ({ location, isMoving, bytes }) => location(frame).byteOffset + (isMoving ? from * bytes : 0),
    )
    args.set([number, ...places])
    await threads.runSession(args.byteOffset, images, share, some)
  }

  /** How many images are one run. */
  #share(images: number, threads: number): number {
    const { work } = this.#operation
    const moving = [...this.#inputs, ...this.#outputs].filter(({ isMoving }) => isMoving)
    const fixed = this.#inputs.reduce((sum, { isMoving, bytes }) => sum + (isMoving ? 0 : bytes / 4), 0)
    const most = Math.floor(machine.images.bytes / moving.reduce((sum, { bytes }) => sum + bytes, 0))
    const fewest = Math.ceil(Math.max(machine.images.work, fixed * machine.images.places) / work)
    // some for each thread to take while another is late
    const even = threads === 1 ? images : Math.ceil(images / (2 * threads))
    return Math.max(1, Math.min(Math.ceil(images / threads), Math.max(fewest, Math.min(most, even))))
  }

  #tensor(
    { sizes, isMoving, bytes, location, tensors }: Binding,
    frame: Frame,
    first: number,
    count: number,
  ): OrtTensor {
    const { buffer, byteOffset } = location(frame)
    const begin = byteOffset + (isMoving ? first * bytes : 0)
    const kept = tensors.get(begin)
    const dims = isMoving ? [count, ...sizes] : sizes
    if (kept?.buffer === buffer && (!isMoving || kept.tensor.dims[0] === count)) return kept.tensor
    const tensor = new this.sessions.lib.Tensor('float32', new Float32Array(buffer, begin, sizeOf(dims)), dims)
    if (tensors.size >= machine.images.tensors) tensors.clear()
    tensors.set(begin, { buffer, tensor })
    return tensor
  }
}

function bindingOf({ name, shape }: OnnxValue, location: Location): Binding {
  const isMoving = shape![0] === batchSymbol
  const sizes = (isMoving ? shape!.slice(1) : shape!) as readonly number[]
  return { name, sizes, isMoving, location, bytes: 4 * sizeOf(sizes), tensors: new Map() }
}

/** What a thread can be sent. */
function plain({ name, sizes, isMoving }: Binding): SessionValue {
  return { name, sizes, isMoving }
}
