import { Worker, type WorkerOptions } from 'node:worker_threads'
import { SnnError, type ErrorCode, type ErrorDetails } from '@snn/tensor'
import { checkMembers, checkObject } from '@snn/tensor/library'
import { checkIndex, type Dataset } from '../dataset.js'
import type { Pair } from '../sample-pairs.js'
import type { WorkerAnswer } from './worker.js'
import type { WorkerSource } from './worker-source.js'

export interface WorkerDatasetOptions {
  /** Number of threads, at least 1. */
  readonly workers: number
  /** Options of Node for the threads. Default: those of this process. */
  readonly execArgv?: readonly string[]
}

/** A data set whose samples are read by threads of their own. */
export interface WorkerDataset extends Dataset<Pair>, AsyncDisposable {
  /** Ends the threads; samples not yet read are rejected. */
  close(): Promise<void>
}

interface Waiting {
  readonly resolve: (pair: Pair) => void
  readonly reject: (error: unknown) => void
}

interface Thread {
  readonly worker: Worker
  readonly waiting: Map<number, Waiting>
}

/**
 * A data set that is read, transformed and put into tensors in threads: give it to `loader`, whose `prefetch` and batch
 * size bound how much is under way. The source is plain data or the URL of a module; a function is an `ARGUMENT` error,
 * since functions cannot be sent to a thread.
 */
export async function workerDataset(source: WorkerSource, options: WorkerDatasetOptions): Promise<WorkerDataset> {
  checkObject('workerDataset', source, 'source', 'plain data, or { module, options }')
  checkMembers('workerDataset', options, 'options', ['workers'], '{ workers }')
  const { workers, execArgv } = options
  if (!Number.isInteger(workers) || workers < 1)
    throw new SnnError('ARGUMENT', `[workerDataset] workers ${workers}, expected a whole number of at least 1.`, {
      name: 'workers',
      value: workers,
    })
  checkSource(source)
  const isModule = 'module' in source
  const settings: WorkerOptions = {
    workerData: isModule ? source.options : source,
    execArgv: [...(execArgv ?? inherited())],
  }
  const threads: Thread[] = Array.from({ length: workers }, () => ({
    worker: new Worker(isModule ? new URL(source.module) : workerUrl(), settings),
    waiting: new Map(),
  }))
  const close = async (): Promise<void> => {
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
  }
  try {
    const [first] = await Promise.all(threads.map(started))
    return { ...first!, ...requests(threads, first!.length), close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

function checkSource(source: WorkerSource): void {
  const find = (value: unknown, path: string): string | undefined => {
    if (typeof value === 'function') return path
    if (typeof value !== 'object' || value === null) return undefined
    for (const [key, inner] of Object.entries(value)) {
      const found = find(inner, path === '' ? key : `${path}.${key}`)
      if (found !== undefined) return found
    }
    return undefined
  }
  const place = find(source, '')
  if (place === undefined) return
  throw new SnnError(
    'ARGUMENT',
    `[workerDataset] ${place || 'source'} is a function, which cannot be sent to a thread. Use named transforms ({ pipeline }), or put it into a module and give { module: URL }.`,
    { name: place || 'source', value: undefined },
  )
}

/** The options of this process, without one that is for programs from the command line and ends a thread. */
function inherited(): string[] {
  return process.execArgv.filter((option) => !option.startsWith('--input-type'))
}

/** The file beside this one, in the sources or in the built package, where all files stand in one folder. */
function workerUrl(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? '../node-worker.ts' : './node-worker.js', import.meta.url)
}

function started({ worker, waiting }: Thread): Promise<{ readonly length: number; readonly description: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      reject(error)
      for (const one of waiting.values()) one.reject(error)
      waiting.clear()
    }
    worker.on('error', fail)
    worker.on('exit', (code) => fail(new Error(`the thread ended with code ${code}`)))
    worker.on(
      'message',
      (
        message:
          | WorkerAnswer
          | { readonly length: number; readonly description: string }
          | { readonly error: WorkerFailure },
      ) => {
        if ('length' in message) {
          worker.unref() // a thread without work does not keep the program from ending
          resolve(message)
        } else if (!('id' in message)) {
          reject(revived(message.error))
        } else {
          const one = waiting.get(message.id)
          waiting.delete(message.id)
          if ('error' in message) one?.reject(revived(message.error))
          else one?.resolve([message.x, message.y])
        }
      },
    )
  })
}

interface WorkerFailure {
  readonly code?: string
  readonly message: string
  readonly details?: unknown
}

function revived({ code, message, details }: WorkerFailure): Error {
  return code === undefined
    ? new Error(message)
    : new SnnError(code as ErrorCode, message, details as ErrorDetails[ErrorCode])
}

function requests(threads: readonly Thread[], length: number): Pick<Dataset<Pair>, 'get'> {
  let next = 0
  return {
    async get(index, draw = index) {
      checkIndex(index, length)
      const id = next++
      // The thread with the least to do.
      const thread = threads.reduce((best, one) => (one.waiting.size < best.waiting.size ? one : best))
      thread.worker.ref()
      try {
        return await new Promise<Pair>((resolve, reject) => {
          thread.waiting.set(id, { resolve, reject })
          thread.worker.postMessage({ id, index, draw }, [])
        })
      } finally {
        if (thread.waiting.size === 0) thread.worker.unref()
      }
    },
  }
}
