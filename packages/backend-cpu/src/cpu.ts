import { lowerGraph, writeOnnx } from '@snn/onnx'
import { DeviceValues } from '@snn/schedule'
import { SnnError, placeholder, type Backend } from '@snn/tensor'
import type { CompileOptions, Executable, Program } from '@snn/tensor/backend'
import { checkObject, describeValue } from '@snn/tensor/library'
import { createExecutable } from './executable.js'
import type { Span } from './frame.js'
import { runEndOf, type RunEnd } from './in-place.js'
import { kernelForms, type KernelForm } from './kernels/form.js'
import { checkNative } from './kernels/native.js'
import { Workshop } from './kernels/workshop.js'
import { libraryFile, loadLibrary, takesSharedMemory, type OrtLibrary } from './library.js'
import { nativeAfter } from './machine.js'
import { Memory, narrowBytes, wideBytes, type Region } from './memory/memory.js'
import { MemoryAllocator } from './memory/memory-allocator.js'
import { SessionCache } from './session-cache.js'
import { Threads, workerThreads } from './threads/threads.js'

export interface CpuOptions {
  /** Threads that compute. Default: the number of cores. */
  readonly threads?: number
  /** Another build of ONNX Runtime than onnxruntime-node, such as onnxruntime-web. */
  readonly lib?: OrtLibrary
  /**
   * In which form elementwise operations, scans, convolutions that skip zeros and the like run as generated kernels;
   * all give the same bits, so that when native ones come changes no result.
   *
   *   'auto'    default: as WebAssembly at once. A program that goes on computing gets native kernels between two runs,
   *             where there are koffi, an optional peer, and a C compiler (`CC`, else cc, clang, gcc or zig cc), which
   *             works beside it at the lowest priority. Compiled objects are kept in the user's cache folder
   *   'native'  every program waits for its native kernels; `BACKEND_UNAVAILABLE` where there can be none. Zeros are
   *             skipped where more of the values are not zero, see `eventDensity`: then sums of convolutions are in
   *             another order than that of ONNX Runtime
   *   'wasm'    as WebAssembly
   *   false     not at all: everything is left to ONNX Runtime
   *
   * `true` is the old word for 'auto'.
   */
  readonly kernels?: KernelForm | true
  /**
   * Up to which share of input values that are not zero a convolution of a spiking network, or a product with a matrix,
   * is computed event by event; 0: never. Default: where ONNX Runtime became faster when it was measured: 0.17, for
   * windows of 1 x 1 0.05, for products with a matrix of at least 128 columns 0.1; with `kernels: 'native'` 0.4, 0.3
   * and 0.2.
   */
  readonly eventDensity?: number
  /**
   * Most bytes that all values together may take. Default 2^32 - 2^16, nearly 4 GiB: what 32-bit addresses reach. More,
   * up to 2^34, makes a memory with 64-bit addresses, in Node 24 or newer: neurons take 1.05 times as long,
   * convolutions that skip zeros 1.1 to 1.2 times.
   */
  readonly memoryLimit?: number
}

/** How a backend computes. */
export interface CpuInfo {
  readonly threads: number
  readonly kernels: {
    /** What was asked for. */
    readonly asked: KernelForm
    /** How often kernels have run so far, in each form. */
    readonly runs: { readonly wasm: number; readonly native: number }
    /** Why in that form. */
    readonly why: string
  }
}

/** The CPU backend, which can say how it computes. */
export interface Cpu extends Backend {
  /** How it has computed so far, and why. */
  info(): CpuInfo
}

/**
 * The CPU backend: programs as lists of instructions over one arena of memory; groups of tensor operations are ONNX
 * Runtime sessions that read and write the arena in place.
 *
 * Throws `BACKEND_UNAVAILABLE` where onnxruntime-node is not installed or has no binary for the machine, or native
 * kernels are asked for and there can be none.
 */
export async function cpu(options: CpuOptions = {}): Promise<Cpu> {
  checkObject('cpu', options)
  const { threads = 0, eventDensity, memoryLimit = narrowBytes } = options
  const kernels = options.kernels === undefined || options.kernels === true ? 'auto' : options.kernels
  if (!Number.isSafeInteger(threads) || threads < 0) {
    throw new SnnError(
      'ARGUMENT',
      `[cpu] threads ${threads}, expected a whole number of at least 1, or 0 for all cores.`,
      { name: 'threads', value: threads },
    )
  }
  if (eventDensity !== undefined && !(eventDensity >= 0 && eventDensity <= 1)) {
    throw new SnnError('ARGUMENT', `[cpu] eventDensity ${eventDensity}, expected a share from 0 to 1.`, {
      name: 'eventDensity',
      value: eventDensity,
    })
  }
  if (!(memoryLimit > 0 && memoryLimit <= wideBytes)) {
    throw new SnnError(
      'ARGUMENT',
      `[cpu] memoryLimit ${memoryLimit}, expected bytes up to ${wideBytes}, the most that a memory can have.`,
      { name: 'memoryLimit', value: memoryLimit },
    )
  }
  if (!kernelForms.includes(kernels)) {
    throw new SnnError(
      'ARGUMENT',
      `[cpu] kernels ${describeValue(kernels)}, expected 'auto', 'native', 'wasm' or false.`,
      { name: 'kernels', value: kernels },
    )
  }
  if (kernels === 'native') await checkNative()
  const lib = options.lib ?? (await loadLibrary())
  const x = placeholder([1])
  const doubling = writeOnnx(lowerGraph({ parameters: [x], results: [x.add(x)] }))
  const modules = threads === 1 ? undefined : workerThreads()
  const memory = createMemory(modules !== undefined && (await takesSharedMemory(lib, doubling)), memoryLimit)
  const [workers, runEnd] = await Promise.all([
    Threads.start(
      memory,
      threads === 0 ? coreCount() : threads,
      memory.isShared ? modules : undefined,
      options.lib ? undefined : libraryFile(),
    ),
    runEndOf(lib, doubling),
  ])
  return new CpuBackend(lib, runEnd, threads, memory, workers, kernels, eventDensity)
}

/**
 * Owns what all executables share: the memory with the arena in it, the sessions, and the kernels. Runs one program at
 * a time.
 */
export class CpuBackend implements Backend {
  readonly contract = 1
  readonly name = 'cpu'
  readonly sessions: SessionCache
  readonly allocator: MemoryAllocator
  readonly values: DeviceValues<Region>
  readonly workshop: Workshop | undefined
  readonly #workers: Threads
  #arena: Region | undefined
  #last: Promise<unknown> = Promise.resolve()
  #disposed = false

  constructor(
    readonly lib: OrtLibrary,
    runEnd: RunEnd | undefined,
    threads: number,
    memory: Memory,
    workers: Threads,
    readonly kernels: KernelForm,
    readonly eventDensity: number | undefined,
  ) {
    this.allocator = new MemoryAllocator(memory)
    this.values = new DeviceValues(this, this.allocator)
    this.#workers = workers
    this.workshop = kernels !== false ? new Workshop(this.allocator, workers, kernels) : undefined
    this.sessions = new SessionCache(lib, sessionOptions(threads), runEnd, workers.haveSessions ? workers : undefined)
  }

  async compile(program: Program, options?: CompileOptions): Promise<Executable> {
    this.checkAlive()
    return createExecutable(this, program, options)
  }

  /** Where the arena begins. */
  get arena(): Span {
    return this.allocator.place(this.#arena ?? { offset: 0, bytes: 0 })
  }

  /**
   * Makes the arena hold at least `bytes`, while no program runs. Nothing in it outlives a run, so growing copies
   * nothing.
   */
  reserve(bytes: number): void {
    if (bytes <= (this.#arena?.bytes ?? 0)) return
    if (this.#arena) this.allocator.free(this.#arena)
    this.#arena = undefined
    this.#arena = this.allocator.allocate(bytes)
  }

  /** Runs `work` after everything that was enqueued before. */
  enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => {})
    return result
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return
    await this.#last
    this.#disposed = true
    await this.workshop?.dispose()
    await this.sessions.dispose()
    await this.#workers.dispose()
  }

  info(): CpuInfo {
    const { runs, count } = this.#workers
    return {
      threads: count,
      kernels: {
        asked: this.kernels,
        runs: { ...runs },
        why: this.workshop?.note ?? untouched[String(this.kernels) as `${KernelForm}`],
      },
    }
  }

  checkAlive(): void {
    if (this.#disposed)
      throw new SnnError('DISPOSED', '[cpu] got a call after dispose(), expected none. Create another backend.', {
        what: 'backend',
      })
  }
}

/** Why kernels are what they are before any has been compiled. */
const untouched: Readonly<Record<`${KernelForm}`, string>> = {
  auto: `WebAssembly: no program has computed for ${nativeAfter} ms yet`,
  native: 'no program has kernels yet',
  wasm: 'WebAssembly: it was asked for',
  false: 'none: it was asked for',
}

function createMemory(isShared: boolean, limit: number): Memory {
  try {
    return new Memory(isShared, limit)
  } catch (cause) {
    if (limit <= narrowBytes) throw cause
    throw new SnnError(
      'ARGUMENT',
      `[cpu] memoryLimit ${limit} in a runtime without memories of 64-bit addresses, expected bytes up to ${narrowBytes}. Use Node 24 or newer, or a smaller limit.`,
      { name: 'memoryLimit', value: limit },
      { cause },
    )
  }
}

function coreCount(): number {
  return (
    (globalThis as { readonly navigator?: { readonly hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ??
    1
  )
}

function sessionOptions(threads: number): Record<string, unknown> {
  return {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // a planned pattern is one large block, which the system hands out, and zeroes, anew in each run
    enableMemPattern: false,
    logSeverityLevel: 3,
    // spinning pools of several sessions take the cores from each other
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  }
}
