import type { Backend } from './backend.js'

// One per process, so that two installed copies of this package take turns on a backend.
const key = Symbol.for('@snn/tensor:turns')

/** Runs of one backend never overlap: starts `fn` when everything before it on `backend` has ended. */
export function inTurn<T>(backend: Backend, fn: () => Promise<T>): Promise<T> {
  const root = globalThis as { [key]?: WeakMap<Backend, Promise<unknown>> }
  const turns = (root[key] ??= new WeakMap())
  const result = (turns.get(backend) ?? Promise.resolve()).then(fn)
  turns.set(
    backend,
    result.catch(() => {}),
  )
  return result
}
