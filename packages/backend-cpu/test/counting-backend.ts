import type { Backend } from '@snn/tensor'
import { cpu, type CpuOptions } from '../src/index.js'
import { inForm } from './kernel-form.js'
import { loadLibrary, type OrtLibrary } from '../src/library.js'

/** A backend with a count of the sessions that were created for programs and that are open. */
export async function countingBackend(
  options: CpuOptions = {},
  create: (options: CpuOptions) => Promise<Backend> = cpu,
) {
  const real = await loadLibrary()
  const counts = { created: 0, open: 0, runs: 0 }
  const lib: OrtLibrary = {
    Tensor: real.Tensor,
    InferenceSession: {
      async create(model, options) {
        const session = await real.InferenceSession.create(model, options)
        counts.created++
        counts.open++
        return {
          run: (feeds, fetches) => (counts.runs++, session.run(feeds, fetches)),
          release: () => (counts.open--, session.release()),
        }
      },
    },
  }
  const own = await create({ ...inForm, ...options, lib })
  // cpu() tries the library
  counts.created = 0
  counts.runs = 0
  return { own, counts }
}
