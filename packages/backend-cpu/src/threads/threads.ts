import { builtinModule } from '../builtin-module.js'
import type { RunEnd } from '../in-place.js'
import { loadFfi } from '../library.js'
import { sharesPerThread, spins } from '../machine.js'
import type { Memory } from '../memory/memory.js'
import { nativeFunction, workerSource } from './worker-source.js'

/** A value that a session reads or writes: the sizes of it all, or of one image where it has one for each image. */
export interface SessionValue {
  readonly name: string
  readonly sizes: readonly number[]
  readonly isMoving: boolean
}

/** What a thread needs to have a session of its own. */
export interface SessionForm {
  readonly model: Uint8Array
  readonly options: Readonly<Record<string, unknown>>
  readonly inputs: readonly SessionValue[]
  readonly outputs: readonly SessionValue[]
  /** How a run ends, if by an error. */
  readonly end: RunEnd | undefined
}

/** The exported function of a kernel module. */
export type KernelFunction = (args: number, first: number, last: number, thread: number) => void

/**
 * Words of the control block. A job is known by its sequence number, which is odd, and is open while it equals `open`;
 * a worker counts itself as active before it looks, so that no job is closed, and no other begun, while one works on
 * it. Behind them lies, as a float64, where the job's arguments are: an address may take more than 32 bits.
 */
const control = {
  sequence: 0,
  open: 1,
  active: 2,
  finished: 3,
  failed: 4,
  kernel: 5,
  blocks: 6,
  share: 7,
  next: 8,
  refused: 9,
} as const

const argsOffset = 48

/**
 * Who runs the blocks of a kernel: this thread alone; all threads, each the next share until none is left, without
 * waiting for one that still sleeps; or each the same share always, so that what a thread adds up does not depend on
 * chance.
 */
export type Division = 'alone' | 'shared' | 'fixed'

/** Kernel numbers that mean: take what is new from the port; run a session. */
const load = -1
const runSession = -2

interface NodeWorker {
  postMessage(message: unknown): void
  once(event: 'message' | 'error', listener: (value: unknown) => void): void
  unref(): void
  terminate(): Promise<unknown>
}

interface WorkerThreads {
  readonly Worker: new (
    source: string,
    options: { readonly eval: true; readonly workerData: unknown; readonly execArgv: readonly string[] },
  ) => NodeWorker
}

/** What starts workers, where there are any. */
export function workerThreads(): WorkerThreads | undefined {
  return builtinModule('node:worker_threads') as WorkerThreads | undefined
}

/**
 * The threads that kernels and sessions are run by: this one and K - 1 workers, which share the memory. Workers spin
 * for a moment and then sleep.
 */
export class Threads {
  readonly count: number
  readonly #memory: Memory
  readonly #functions: KernelFunction[] = []
  readonly #isNative: boolean[] = []
  /** How often kernels have run, in each form. */
  readonly runs = { wasm: 0, native: 0 }
  readonly #workers: readonly NodeWorker[]
  readonly #control: Int32Array
  readonly #args: Float64Array
  #sessions = 0

  private constructor(
    memory: Memory,
    workers: readonly NodeWorker[],
    words: Int32Array,
    /** Whether the workers can have sessions. */
    readonly haveSessions: boolean,
  ) {
    this.#memory = memory
    this.#workers = workers
    this.#control = words
    this.#args = new Float64Array(words.buffer, argsOffset, 1)
    this.count = workers.length + 1
  }

  /**
   * Starts `count` - 1 workers where there is `lib`, and waits until they run: from then on they need nothing of this
   * thread.
   * `library`: the file from which they load ONNX Runtime for sessions of their own.
   */
  static async start(
    memory: Memory,
    count: number,
    lib: WorkerThreads | undefined,
    library: string | undefined,
  ): Promise<Threads> {
    const words = new Int32Array(lib ? new SharedArrayBuffer(64) : new ArrayBuffer(64))
    words[control.sequence] = -1
    const workers = Array.from({ length: lib ? count - 1 : 0 }, (_, i) => {
      // without what the program preloads, such as a loader of sources
      return new lib!.Worker(workerSource, {
        eval: true,
        execArgv: [],
        workerData: { memory: memory.wasm, is64: memory.is64, control: words, argsOffset, thread: i + 1, library },
      })
    })
    const running = await Promise.all(
      workers.map(
        (worker) =>
          new Promise<{ readonly hasLibrary: boolean }>((resolve, reject) => {
            worker.once('message', (message) => resolve(message as { readonly hasLibrary: boolean }))
            worker.once('error', reject)
          }),
      ),
    )
    for (const worker of workers) worker.unref()
    return new Threads(memory, workers, words, workers.length > 0 && running.every(({ hasLibrary }) => hasLibrary))
  }

  /** Makes a module known to all threads; returns its number. */
  load(module: WebAssembly.Module): number {
    const { exports } = new WebAssembly.Instance(module, { memory: { memory: this.#memory.wasm } })
    const kernel = this.#functions.push(exports['run'] as KernelFunction) - 1
    if (this.#workers.length > 0) {
      this.#post({ kernel, module })
      this.#join('fixed')
    }
    return kernel
  }

  /**
   * All threads take function i of the compiled object in place of kernel `kernels[i]`. Throws where one of them
   * cannot: all kernels remain what they are.
   */
  loadNative(object: string, kernels: readonly number[]): void {
    const { ffi, file } = loadFfi()
    const library = ffi.load(object)
    const made = kernels.map((_, i) =>
      library.func(nativeFunction.name + String(i), nativeFunction.result, nativeFunction.parameters),
    )
    if (this.#workers.length > 0) {
      Atomics.store(this.#control, control.refused, 0)
      this.#post({ native: object, kernels, ffi: file })
      this.#join('fixed')
      if (Atomics.load(this.#control, control.refused) > 0) throw new Error('a thread cannot load the compiled kernels')
    }
    let [buffer, address]: [ArrayBufferLike | undefined, number] = [undefined, 0]
    kernels.forEach((kernel, i) => {
      this.#isNative[kernel] = true
      this.#functions[kernel] = (...given) => {
        // memory that threads do not share may move when it grows
        if (buffer !== this.#memory.buffer)
          address = Number(ffi.address(new Uint8Array((buffer = this.#memory.buffer))))
        made[i]!(address, ...given)
      }
    })
  }

  /** Gives every worker a session, while `own` makes that of this thread; returns their number. */
  async loadSession(form: SessionForm, own: () => Promise<void>): Promise<number> {
    const session = this.#sessions++
    this.#post({ session, ...form })
    const failure = await own().then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    this.#join('fixed')
    if (failure) {
      this.releaseSession(session)
      throw failure.error
    }
    return session
  }

  releaseSession(session: number): void {
    this.#post({ release: session })
    this.#join('fixed')
  }

  /** Hands a message to all workers and lets them read it. */
  #post(message: unknown): void {
    // eslint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
    for (const worker of this.#workers) worker.postMessage(message)
    this.#start(load, 0, this.count, 1, 'fixed')
  }

  /** Runs `blocks` blocks of a kernel. */
  run(kernel: number, args: number, blocks: number, division: Division): void {
    const run = this.#functions[kernel]!
    this.runs[this.#isNative[kernel] ? 'native' : 'wasm']++
    if (division === 'alone' || this.#workers.length === 0) return run(args, 0, blocks, 0)
    const share = Math.max(1, Math.ceil(blocks / (this.count * (division === 'fixed' ? 1 : sharesPerThread))))
    this.#start(kernel, args, blocks, share, division)
    if (division === 'fixed') run(args, 0, Math.min(share, blocks), 0)
    else
      for (let first = this.#next(share); first < blocks; first = this.#next(share))
        run(args, first, Math.min(first + share, blocks), 0)
    this.#join(division)
  }

  /**
   * Runs a session on `images` images, `share` at a time. The words at `args`: the number of the session, and where
   * each of its inputs and outputs lies. `own` runs that of this thread on some of the images.
   */
  async runSession(
    args: number,
    images: number,
    share: number,
    own: (first: number, count: number) => Promise<void>,
  ): Promise<void> {
    this.#start(runSession, args, images, share, 'shared')
    try {
      for (let first = this.#next(share); first < images; first = this.#next(share))
        await own(first, Math.min(share, images - first))
    } finally {
      this.#join('shared')
    }
  }

  #next(share: number): number {
    return Atomics.add(this.#control, control.next, share)
  }

  /** Opens a job, of which `share` blocks are taken at a time. */
  #start(kernel: number, args: number, blocks: number, share: number, division: Division): void {
    const words = this.#control
    words[control.kernel] = kernel
    this.#args[0] = args
    words[control.blocks] = blocks
    words[control.share] = share
    words[control.next] = division === 'fixed' ? -1 : 0
    words[control.finished] = 0
    Atomics.store(words, control.open, words[control.sequence]! + 2)
    Atomics.add(words, control.sequence, 2)
    Atomics.notify(words, control.sequence)
  }

  /** Waits for the workers: for all of them where each has a share, otherwise for those that work. */
  #join(division: Division): void {
    const words = this.#control
    if (division === 'fixed') this.#waitFor(control.finished, this.#workers.length)
    Atomics.store(words, control.open, 0)
    this.#waitFor(control.active, 0)
    if (Atomics.load(words, control.failed) !== 0) throw new Error('a worker thread of the cpu backend has failed')
  }

  #waitFor(word: number, value: number): void {
    const words = this.#control
    for (let looks = 0; Atomics.load(words, word) !== value; looks++) {
      if (looks > spins) Atomics.wait(words, control.active, Atomics.load(words, control.active), 1)
    }
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}
