import { cpu } from '@snn/backend-cpu'
import type { Backend } from '@snn/tensor'

/** Runs `work` on the backend of this machine and releases it. Throws `BACKEND_UNAVAILABLE`, with what to install. */
export async function withBackend<T>(work: (backend: Backend) => Promise<T>): Promise<T> {
  const backend = await cpu()
  try {
    return await work(backend)
  } finally {
    await backend.dispose()
  }
}
