import { SnnError } from '@snn/tensor'
import { loadFfi } from '../library.js'
import { findCompiler } from './compiler.js'

/** The error for native kernels that were asked for and cannot be. */
export function nativeError(cause: unknown): SnnError<'BACKEND_UNAVAILABLE'> {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const fix =
    "Run `npm install koffi` and install gcc, clang or zig, or name a C compiler in CC; or use cpu({ kernels: 'auto' })."
  return new SnnError(
    'BACKEND_UNAVAILABLE',
    `[cpu] native kernels are asked for, but ${reason}. ${fix}`,
    { backend: 'cpu', reason, fix },
    { cause },
  )
}

/** Throws `BACKEND_UNAVAILABLE` where there can be no native kernels. */
export async function checkNative(): Promise<void> {
  try {
    loadFfi()
    await findCompiler({ isAwaited: true })
  } catch (cause) {
    throw nativeError(cause)
  }
}
