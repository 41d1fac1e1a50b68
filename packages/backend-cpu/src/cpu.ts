import { lowerGraph, writeOnnx } from '@snn/onnx'
import { SnnError, allocate, placeholder, sizeOf, type Backend, type CompileOptions, type Executable, type Program, type TypedArray, type Variable } from '@snn/tensor'
import { createExecutable } from './executable.js'
import { markerEndMessage } from './in-place.js'
import { loadLibrary, type OrtLibrary } from './library.js'
import { SessionCache } from './session-cache.js'

export interface CpuOptions {
  /** Threads that ONNX Runtime computes with. Default: the number of cores. */
  readonly threads?: number
  /** Another build of ONNX Runtime than onnxruntime-node, such as onnxruntime-web. */
  readonly lib?: OrtLibrary
  /** Most bytes that intermediate values of one program may take. Default 8 GiB. */
  readonly memoryLimit?: number
}

const defaultMemoryLimit = 2 ** 33

/**
 * The CPU backend: programs as lists of instructions over one arena of memory; groups of tensor operations are ONNX Runtime
 * sessions that read and write the arena in place.
 *
 * Throws `BACKEND_UNAVAILABLE` where onnxruntime-node is not installed or has no binary for the machine.
 */
export async function cpu(options: CpuOptions = {}): Promise<Backend> {
  const { threads = 0, memoryLimit = defaultMemoryLimit } = options
  if (!Number.isSafeInteger(threads) || threads < 0) {
    throw new SnnError('ARGUMENT', `[cpu] threads ${threads}, expected a whole number of at least 1, or 0 for all cores.`, { name: 'threads', value: threads })
  }
  const lib = options.lib ?? (await loadLibrary())
  const x = placeholder([1])
  const markerEnd = await markerEndMessage(lib, writeOnnx(lowerGraph({ parameters: [x], results: [x.add(x)] })))
  return new CpuBackend(lib, markerEnd, threads, memoryLimit)
}

/** Owns what all executables share: the arena, the sessions, and spare arrays of Variables. Runs one program at a time. */
export class CpuBackend implements Backend {
  readonly contract = 1
  readonly name = 'cpu'
  readonly sessions: SessionCache
  arena = new ArrayBuffer(0)
  #last: Promise<unknown> = Promise.resolve()
  #disposed = false
  readonly #memoryLimit: number
  readonly #spares = new WeakMap<Variable, TypedArray>()
  readonly #owned = new WeakSet<TypedArray>()

  constructor(
    readonly lib: OrtLibrary,
    readonly markerEnd: string | undefined,
    threads: number,
    memoryLimit: number,
  ) {
    this.#memoryLimit = memoryLimit
    this.sessions = new SessionCache(lib, sessionOptions(threads))
  }

  async compile(program: Program, options?: CompileOptions): Promise<Executable> {
    this.checkAlive()
    return createExecutable(this, program, options)
  }

  /** Makes the arena hold at least `bytes`. Nothing in it outlives a run, so growing copies nothing. */
  reserve(bytes: number): void {
    if (bytes <= this.arena.byteLength) return
    const fail = (cause?: unknown): never => {
      throw new SnnError(
        'MEMORY_LIMIT',
        `[compile] the program needs ${bytes} bytes for intermediate values, expected at most ${this.#memoryLimit}. Use smaller batches or fewer steps at once, or raise cpu({ memoryLimit }).`,
        { bytes, limit: this.#memoryLimit },
        { cause },
      )
    }
    if (bytes > this.#memoryLimit) fail()
    try {
      this.arena = new ArrayBuffer(bytes)
    } catch (error) {
      fail(error)
    }
  }

  /** Runs `work` after everything that was enqueued before. */
  enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => {})
    return result
  }

  /** An array for the next value of a Variable: the one that held the value before the last. */
  spare(variable: Variable): TypedArray {
    const spare = this.#spares.get(variable) ?? allocate(variable.dtype, sizeOf(variable.shape))
    this.#spares.set(variable, spare)
    this.#owned.add(spare)
    return spare
  }

  /** Makes the spare array the value of its Variable, and keeps the old one as the next spare when it is ours. */
  commit(variable: Variable, data: TypedArray): void {
    const { storage } = variable
    if (storage.kind === 'host' && this.#owned.has(storage.data)) this.#spares.set(variable, storage.data)
    else this.#spares.delete(variable)
    variable.commit({ kind: 'host', data })
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return
    await this.#last
    this.#disposed = true
    this.arena = new ArrayBuffer(0)
    await this.sessions.dispose()
  }

  checkAlive(): void {
    if (this.#disposed) throw new SnnError('DISPOSED', '[cpu] got a call after dispose(), expected none. Create another backend.', { what: 'backend' })
  }
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
