/**
 * The stable error codes, each with the type of its `details`: those of this package and of the contract of backends.
 * Packages above declare theirs in a file `error-codes.ts`, which adds them to this interface.
 */
export interface ErrorDetails {
  /** A shape does not fit the rule of the operation. */
  SHAPE: { readonly shapes: readonly (readonly number[])[] }
  /** An element type does not fit the rule of the operation. */
  DTYPE: { readonly dtypes: readonly string[] }
  /** An option or argument has a value outside its domain. */
  ARGUMENT: { readonly name: string; readonly value: unknown }
  /** A traced tensor was used after its trace had ended. */
  TRACE_LEAK: { readonly place: string }
  /** A traced tensor was turned into a JavaScript value. */
  TRACED_VALUE: { readonly place: string }
  /** No backend was given and no default backend is set. */
  NO_BACKEND: Record<string, never>
  /** A Variable was read or assigned outside of a trace, or set inside of one. */
  OUTSIDE_TRACE: { readonly variable: string }
  /** A graph needs a placeholder that has no value. */
  UNBOUND: { readonly place: string }
  /** The primitive has no gradient with respect to this input. */
  NO_GRADIENT: { readonly primitive: string }
  /** The backend cannot run this primitive or element type. */
  UNSUPPORTED: { readonly primitive: string; readonly backend: string }
  /** A program needs more memory than the backend can address. */
  MEMORY_LIMIT: { readonly bytes: number; readonly limit: number }
  /** A value is not finite although `check: 'nan'` was asked for. */
  NOT_FINITE: { readonly place: string }
  /** A data file is truncated, corrupt, or not of the format; `offset` in bytes where it is known. */
  DATA_INVALID: { readonly file: string; readonly offset?: number }
  /** A layer that needs all time steps at once was run step by step. */
  NEEDS_SEQUENCE: { readonly layer: string }
  /** A file cannot be written: what stands at its path, its folder, or the disk. */
  OUTPUT: { readonly path: string; readonly reason: string }
  /** What a backend runs on is not installed, or not for this machine; `fix` says what to do. */
  BACKEND_UNAVAILABLE: { readonly backend: string; readonly reason: string; readonly fix: string }
  /** An object that has been disposed of was used. */
  DISPOSED: { readonly what: string }
}

/** A stable code of an error. */
export type ErrorCode = keyof ErrorDetails

const brand = Symbol.for('@snn/tensor:error')

/**
 * The one error type of the packages: a stable `code`, typed `details`, and a message of the form
 * `[operation] what, got what, expected what. Fix.`
 */
export class SnnError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'SnnError'
  constructor(
    readonly code: C,
    message: string,
    readonly details: ErrorDetails[C],
    options?: { readonly cause?: unknown },
  ) {
    super(message, options)
    Object.defineProperty(this, brand, { value: true })
  }
}

/** Whether `error` is an SnnError (of any installed copy of this package), narrowed to `code` when one is given. */
export function isSnnError(error: unknown): error is SnnError
export function isSnnError<C extends ErrorCode>(error: unknown, code: C): error is SnnError<C>
export function isSnnError(error: unknown, code?: ErrorCode): boolean {
  if (typeof error !== 'object' || error === null || !(brand in error)) return false
  return code === undefined || (error as unknown as SnnError).code === code
}
