import {
  argumentArray,
  encodeModule,
  keyOf,
  type ArgumentArray,
  type MemoryType,
  type WasmFunction,
} from '@snn/codegen'
import type { Span } from '../frame.js'
import type { Region } from '../memory/memory.js'
import type { MemoryAllocator } from '../memory/memory-allocator.js'
import type { Threads } from '../threads/threads.js'

interface Sizes {
  /** Words for arguments, and bytes of scratch and of sums for each thread. */
  readonly words: number
  readonly scratch: number
  readonly sums: number
}

/**
 * What the kernels of a backend share: their compiled modules by their form, the threads, and the places where a kernel
 * finds its arguments, block buffers and partial sums. One kernel runs at a time.
 */
export class Workshop {
  readonly #kernels = new Map<string, Promise<number>>()
  #sizes: Sizes = { words: 0, scratch: 0, sums: 0 }
  #region: Region | undefined
  readonly #places = new Map<number, Span>()
  #args: ArgumentArray | undefined

  constructor(
    readonly allocator: MemoryAllocator,
    readonly threads: Threads,
  ) {}

  /**
   * The number for `threads.run` of the kernel of this kind and form, of which `functionOf` gives the instructions for
   * our memory.
   */
  kernel<F>(kind: string, form: F, functionOf: (form: F, memory: MemoryType) => WasmFunction): Promise<number> {
    const key = kind + keyOf(form)
    let known = this.#kernels.get(key)
    if (!known) {
      const { memory } = this.allocator
      known = WebAssembly.compile(encodeModule(functionOf(form, memory), memory)).then((module) =>
        this.threads.load(module),
      )
      this.#kernels.set(key, known)
    }
    return known
  }

  /** Makes room; must not be called while a kernel runs. */
  reserve({ words, scratch, sums }: Sizes): void {
    const sizes = {
      words: Math.max(words, this.#sizes.words),
      scratch: Math.max(scratch, this.#sizes.scratch),
      sums: Math.max(sums, this.#sizes.sums),
    }
    if (
      this.#region &&
      sizes.words === this.#sizes.words &&
      sizes.scratch === this.#sizes.scratch &&
      sizes.sums === this.#sizes.sums
    )
      return
    if (this.#region) this.allocator.free(this.#region)
    this.#sizes = sizes
    this.#places.clear()
    this.#args = undefined
    this.#region = this.allocator.allocate(this.#sumsOffset + sizes.sums * this.threads.count)
  }

  get #scratchOffset(): number {
    return Math.ceil((this.#sizes.words * argumentArray(this.allocator.memory).BYTES_PER_ELEMENT) / 64) * 64
  }

  get #sumsOffset(): number {
    return this.#scratchOffset + Math.ceil((this.#sizes.scratch * this.threads.count) / 64) * 64
  }

  #at(offset: number): Span {
    let place = this.#places.get(offset)
    if (place?.buffer !== this.allocator.memory.buffer)
      this.#places.set(offset, (place = this.allocator.place({ offset: this.#region!.offset + offset, bytes: 0 })))
    return place
  }

  /** The words of arguments, where they lie. */
  get args(): ArgumentArray {
    const { buffer, byteOffset } = this.#at(0)
    if (this.#args?.buffer !== buffer)
      this.#args = new (argumentArray(this.allocator.memory))(buffer, byteOffset, this.#sizes.words)
    return this.#args
  }

  get scratch(): Span {
    return this.#at(this.#scratchOffset)
  }

  get sums(): Span {
    return this.#at(this.#sumsOffset)
  }
}
