import {
  argumentArray,
  encodeModule,
  keyOf,
  printUnit,
  type ArgumentArray,
  type CKernel,
  type MemoryType,
  type WasmFunction,
} from '@snn/codegen'
import type { Span } from '../frame.js'
import { loadFfi } from '../library.js'
import type { Region } from '../memory/memory.js'
import type { MemoryAllocator } from '../memory/memory-allocator.js'
import type { Threads } from '../threads/threads.js'
import type { KernelForm } from './form.js'
import { objectOf, type CompiledObject } from './objects.js'

interface Sizes {
  /** Words for arguments, and bytes of scratch and of sums for each thread. */
  readonly words: number
  readonly scratch: number
  readonly sums: number
}

/** How a form becomes a kernel. */
export interface Printers<F> {
  readonly wasm: (form: F, memory: MemoryType) => WasmFunction
  /** undefined: it has no text in C, and stays WebAssembly. */
  readonly c?: (form: F) => CKernel
}

/** Kernels that are compiled and not yet in use. */
interface Ready {
  readonly object: CompiledObject
  readonly kernels: readonly number[]
}

/**
 * What the kernels of a backend share: their compiled modules by their form, the threads, and the places where a kernel
 * finds its arguments, block buffers and partial sums. One kernel runs at a time.
 */
export class Workshop {
  readonly #kernels = new Map<string, Promise<number>>()
  readonly #texts = new Map<number, () => CKernel>()
  readonly #native = new Set<number>()
  readonly #ready: Ready[] = []
  readonly #end = new AbortController()
  #asked = new Set<number>()
  #compiling: Promise<unknown> = Promise.resolve()
  #note: string | undefined
  #sizes: Sizes = { words: 0, scratch: 0, sums: 0 }
  #region: Region | undefined
  readonly #places = new Map<number, Span>()
  #args: ArgumentArray | undefined

  constructor(
    readonly allocator: MemoryAllocator,
    readonly threads: Threads,
    /** Where native kernels are waited for, those that compute little are compiled too: a compiler takes as long. */
    readonly form: Exclude<KernelForm, false>,
  ) {}

  /**
   * The number for `threads.run` of the kernel of this kind and form, which first is WebAssembly. `isSmall`: it
   * computes little.
   */
  async kernel<F>(kind: string, form: F, { wasm, c }: Printers<F>, isSmall: boolean): Promise<number> {
    const key = kind + keyOf(form)
    let known = this.#kernels.get(key)
    if (!known) {
      const { memory } = this.allocator
      known = WebAssembly.compile(encodeModule(wasm(form, memory), memory)).then((module) => this.threads.load(module))
      this.#kernels.set(key, known)
    }
    const kernel = await known
    if (c && (this.form === 'native' || !isSmall)) {
      this.#texts.set(kernel, () => c(form))
      this.#asked.add(kernel)
    }
    return kernel
  }

  /** The kernels that `work` asks for and that can be compiled, in order. */
  async asked(work: () => Promise<void>): Promise<readonly number[]> {
    this.#asked = new Set()
    await work()
    return [...this.#asked]
  }

  /** The kernels as one translation unit of C. */
  unit(kernels: readonly number[]): string {
    return printUnit(
      kernels.map((kernel) => this.#texts.get(kernel)!()),
      this.allocator.memory,
    )
  }

  /**
   * Compiles kernels beside the process, one unit at a time, for `takeReady`. Rejects with why that cannot be; the
   * process ends before that unless it `isAwaited`.
   */
  compile(kernels: readonly number[], isAwaited: boolean): Promise<void> {
    const made = this.#compiling.then(async () => {
      if (kernels.length === 0) this.#note ??= 'WebAssembly: no kernel computes enough to be compiled'
      if (kernels.every((kernel) => this.#native.has(kernel))) return
      loadFfi()
      this.#note = 'native kernels are being compiled'
      this.#ready.push({ object: await objectOf(this.unit(kernels), { isAwaited, signal: this.#end.signal }), kernels })
    })
    this.#compiling = made.catch((error: unknown) => this.#refuse(error))
    return made
  }

  /**
   * Takes what is compiled into use; must not be called while a kernel runs. Throws where it cannot be loaded: kernels
   * remain what they are.
   */
  takeReady(): void {
    for (const { object, kernels } of this.#ready.splice(0)) {
      try {
        this.threads.loadNative(object.path, kernels)
        for (const kernel of kernels) this.#native.add(kernel)
        this.#note = `native: ${object.from}`
      } catch (error) {
        this.#refuse(error)
        throw error
      } finally {
        object.loaded()
      }
    }
  }

  #refuse(error: unknown): void {
    this.#note = `WebAssembly: ${error instanceof Error ? error.message : String(error)}`
  }

  /** Why the kernels are in the form in which they are; undefined where none has been compiled. */
  get note(): string | undefined {
    return this.#note
  }

  /** Ends what is compiled. */
  async dispose(): Promise<void> {
    this.#end.abort()
    await this.#compiling
    for (const { object } of this.#ready.splice(0)) object.loaded()
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
