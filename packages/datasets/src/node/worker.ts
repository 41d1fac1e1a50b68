import { workerData, type MessagePort } from 'node:worker_threads'
import { hostTensor, isSnnError, type TensorLike } from '@snn/tensor'
import { openWorkerSource, type WorkerSource } from './worker-source.js'

/** What is sent back for a request: a sample, or what was thrown. */
export type WorkerAnswer = { readonly id: number; readonly x: TensorLike; readonly y: TensorLike | number } | { readonly id: number; readonly error: { readonly code?: string; readonly message: string; readonly details?: unknown } }

/** The other side of `workerDataset`: answers requests on `port`. */
export async function serve(port: MessagePort): Promise<void> {
  const failure = (error: unknown): object => {
    const message = error instanceof Error ? error.message : String(error)
    return isSnnError(error) ? { code: error.code, message, details: error.details } : { message }
  }
  try {
    const dataset = await openWorkerSource(workerData as WorkerSource)
    port.on('message', ({ id, index, draw }: { id: number; index: number; draw: number }) => {
      dataset.get(index, draw).then(
        ([x, y]) => {
          // Copies, so that memory that the data set keeps is not taken from it.
          const copy = (value: TensorLike): TensorLike => ({ ...value, data: hostTensor(value, 'worker').data.slice() })
          const answer = { id, x: copy(x), y: typeof y === 'number' ? y : copy(y) }
          port.postMessage(answer, [answer.x.data.buffer as ArrayBuffer, ...(typeof answer.y === 'number' ? [] : [answer.y.data.buffer as ArrayBuffer])])
        },
        (error: unknown) => port.postMessage({ id, error: failure(error) }),
      )
    })
    port.postMessage({ length: dataset.length, description: dataset.description })
  } catch (error) {
    port.postMessage({ error: failure(error) })
  }
}
