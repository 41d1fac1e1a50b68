import { Worker } from 'node:worker_threads'

/** Copies memory with several threads; gives milliseconds. */
export interface Copier extends AsyncDisposable {
  run(): Promise<number>
}

/** Words that the threads share: which round it is, and how many workers have done it. */
const [round, done] = [0, 1]

const worker = `
const { workerData: { from, to, state } } = require('node:worker_threads')
for (let round = 0; ; ) {
  Atomics.wait(state, ${round}, round)
  round = Atomics.load(state, ${round})
  to.set(from)
  Atomics.add(state, ${done}, 1)
  Atomics.notify(state, ${done})
}`

/**
 * The floor under every program that has to bring `bytes` through memory, reading as much as it writes: `threads`
 * threads copy half of them to the other half, each its own part.
 */
export function createCopier(bytes: number, threads: number): Copier {
  const part = Math.floor(bytes / 2 / threads / 4096) * 4096
  const memory = new SharedArrayBuffer(2 * part * threads)
  const state = new Int32Array(new SharedArrayBuffer(8))
  const parts = Array.from({ length: threads }, (_, i) => ({
    from: new Uint8Array(memory, i * part, part).fill(i + 1),
    to: new Uint8Array(memory, (threads + i) * part, part),
  }))
  const workers = parts
    .slice(1)
    .map((own) => new Worker(worker, { eval: true, execArgv: [], workerData: { ...own, state } }))
  return {
    async run() {
      const started = performance.now()
      Atomics.store(state, done, 0)
      Atomics.add(state, round, 1)
      Atomics.notify(state, round)
      parts[0]!.to.set(parts[0]!.from)
      for (let count = Atomics.load(state, done); count < workers.length; count = Atomics.load(state, done))
        Atomics.wait(state, done, count)
      return performance.now() - started
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((one) => one.terminate()))
    },
  }
}
