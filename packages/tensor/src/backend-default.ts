import type { Backend } from './backend.js'
import { checkMembers } from './check.js'
import { SnnError } from './error.js'

// One per process, so that two installed copies of this package agree.
const key = Symbol.for('@snn/tensor:defaultBackend')
const root = globalThis as { [key]?: Backend | undefined }

/** Sets the backend that `compile` and `data()` use when they are given none; undefined removes it. */
export function setDefaultBackend(backend: Backend | undefined): void {
  if (backend !== undefined) checkBackend(backend, 'setDefaultBackend')
  root[key] = backend
}

/** The backend that `setDefaultBackend` has set, undefined where none is. */
export function defaultBackend(): Backend | undefined {
  return root[key]
}

/** `backend`, else the default one, else the error `NO_BACKEND`. */
export function chooseBackend(backend: Backend | undefined): Backend {
  const chosen = backend ?? defaultBackend()
  if (chosen) {
    if (backend) checkBackend(backend, 'compile')
    return chosen
  }
  throw new SnnError(
    'NO_BACKEND',
    '[compile] no backend was given and no default is set. Install one (npm install @snn/backend-cpu onnxruntime-node) and call setDefaultBackend(await cpu()), or pass { backend }.',
    {},
  )
}

function checkBackend(backend: unknown, operation: string): void {
  checkMembers(operation, backend, 'backend', ['compile()', 'dispose()'], 'a backend, such as await cpu()')
}
