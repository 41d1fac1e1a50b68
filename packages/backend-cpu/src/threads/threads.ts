import type { Memory } from '../memory/memory.js'
import { workerSource } from './worker-source.js'

/** The exported function of a kernel module. */
export type KernelFunction = (args: number, first: number, last: number, thread: number) => void

/** Words of the control block: what the workers are told, and how many have finished. */
const control = { sequence: 0, finished: 1, kernel: 2, args: 3, blocks: 4 } as const

/** A kernel number that means: take the new modules from the port. */
const loadModules = -1

interface NodeWorker {
  postMessage(message: unknown): void
  unref(): void
  terminate(): Promise<unknown>
}

interface WorkerThreads {
  readonly Worker: new (source: string, options: { readonly eval: true; readonly workerData: unknown; readonly stdout?: boolean }) => NodeWorker
}

/** node:worker_threads, where there is such a module: asked for at run time, so that bundlers for browsers do not look for it. */
export function workerThreads(): WorkerThreads | undefined {
  const { process } = globalThis as { readonly process?: { getBuiltinModule?(name: string): unknown } }
  return process?.getBuiltinModule?.('node:worker_threads') as WorkerThreads | undefined
}

/**
 * The threads that kernels are run by: this one and K - 1 workers, which share the memory. The blocks of a kernel are divided evenly,
 * always in the same way, so that sums do not depend on chance. Workers spin for a moment and then sleep.
 */
export class Threads {
  readonly count: number
  readonly #memory: Memory
  readonly #functions: KernelFunction[] = []
  readonly #workers: NodeWorker[] = []
  readonly #control = new Int32Array(new SharedArrayBuffer(64))

  constructor(memory: Memory, count: number, lib: WorkerThreads | undefined) {
    this.#memory = memory
    this.count = lib ? count : 1
    for (let thread = 1; thread < this.count; thread++) {
      const worker = new lib!.Worker(workerSource, { eval: true, workerData: { memory: memory.wasm, control: this.#control, thread, count: this.count } })
      worker.unref()
      this.#workers.push(worker)
    }
  }

  /** Makes a module known to all threads; returns its number. */
  load(module: WebAssembly.Module): number {
    const { exports } = new WebAssembly.Instance(module, { memory: { memory: this.#memory.wasm } })
    const kernel = this.#functions.push(exports['run'] as KernelFunction) - 1
    for (const worker of this.#workers) worker.postMessage({ kernel, module })
    if (this.#workers.length > 0) {
      this.#start(loadModules, 0, 0)
      this.#join()
    }
    return kernel
  }

  /** Runs `blocks` blocks of a kernel, on this thread alone or on all. */
  run(kernel: number, args: number, blocks: number, onAll: boolean): void {
    if (!onAll || this.#workers.length === 0) return this.#functions[kernel]!(args, 0, blocks, 0)
    this.#start(kernel, args, blocks)
    this.#functions[kernel]!(args, 0, Math.floor(blocks / this.count), 0)
    this.#join()
  }

  #start(kernel: number, args: number, blocks: number): void {
    const words = this.#control
    words[control.kernel] = kernel
    words[control.args] = args
    words[control.blocks] = blocks
    Atomics.store(words, control.finished, 0)
    Atomics.add(words, control.sequence, 1)
    Atomics.notify(words, control.sequence)
  }

  #join(): void {
    const words = this.#control
    for (let spins = 0; ; spins++) {
      const finished = Atomics.load(words, control.finished)
      if (finished === this.#workers.length) break
      if (finished < 0) throw new Error('a worker thread of the cpu backend has failed')
      if (spins > 20_000) Atomics.wait(words, control.finished, finished, 1000)
    }
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }
}
