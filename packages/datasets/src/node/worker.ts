import { parentPort, workerData } from 'node:worker_threads'
import { hostTensor, isSnnError, type TensorLike } from '@snn/tensor'
import type { Dataset } from '../dataset.js'
import type { Pair } from '../sample-pairs.js'

/** What is sent back for a request: a sample, or what was thrown. */
export type WorkerAnswer =
  | { readonly id: number; readonly x: TensorLike; readonly y: TensorLike | number }
  | {
      readonly id: number
      readonly error: { readonly code?: string; readonly message: string; readonly details?: unknown }
    }

/**
 * For a module whose URL is given to `workerDataset`: it runs in a thread, and answers with the samples of the data set
 * that `create` makes from the options. On the main thread it does nothing.
 *
 *   import { serveWorkerDataset } from '@snn/datasets/node'
 *   void serveWorkerDataset((options) => myDataset(options))
 */
export async function serveWorkerDataset(
  create: (options: unknown) => Dataset<Pair> | Promise<Dataset<Pair>>,
): Promise<void> {
  if (!parentPort) return
  const port = parentPort
  const failure = (error: unknown): object => {
    const message = error instanceof Error ? error.message : String(error)
    return isSnnError(error) ? { code: error.code, message, details: error.details } : { message }
  }
  try {
    const dataset = await create(workerData)
    port.on('message', ({ id, index, draw }: { id: number; index: number; draw: number }) => {
      dataset.get(index, draw).then(
        ([x, y]) => {
          // Copies, so that memory that the data set keeps is not taken from it.
          const copy = (value: TensorLike): TensorLike => ({ ...value, data: hostTensor(value, 'worker').data.slice() })
          const answer = { id, x: copy(x), y: typeof y === 'number' ? y : copy(y) }
          port.postMessage(answer, [
            answer.x.data.buffer as ArrayBuffer,
            ...(typeof answer.y === 'number' ? [] : [answer.y.data.buffer as ArrayBuffer]),
          ])
        },
        (error: unknown) => port.postMessage({ id, error: failure(error) }),
      )
    })
    port.postMessage({ length: dataset.length, description: dataset.description })
  } catch (error) {
    port.postMessage({ error: failure(error) })
  }
}
