import { CommanderError } from 'commander'
import { isSnnError, type ErrorCode } from '@snn/tensor'

/** What a user is told of an error, and the exit code. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly details?: unknown
  readonly exitCode: number
}

/** Failures of the program or the machine; every other code says that the input was bad. */
const internal: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'BACKEND_UNAVAILABLE',
  'DISPOSED',
  'MEMORY_LIMIT',
  'NO_BACKEND',
  'NO_GRADIENT',
  'OUTSIDE_TRACE',
  'TRACED_VALUE',
  'TRACE_LEAK',
  'UNBOUND',
  'UNSUPPORTED',
])

/** What to say of an error. */
export function failureOf(error: unknown): Failure {
  if (isSnnError(error))
    return {
      code: error.code,
      message: error.message,
      details: error.details,
      exitCode: internal.has(error.code) ? 1 : 2,
    }
  if (error instanceof CommanderError) {
    if (error.code === 'commander.help')
      return { code: 'ARGUMENT', message: '[snn] no command, expected one of those above.', exitCode: 2 }
    return {
      code: 'ARGUMENT',
      message: `[snn] ${error.message.replace(/^error: |\.$/g, '')}. See ${(error as { help?: string }).help ?? 'snn --help'}.`,
      exitCode: 2,
    }
  }
  if (error instanceof Error)
    return { code: error.name === 'AbortError' ? 'ABORTED' : 'INTERNAL', message: error.message, exitCode: 1 }
  return { code: 'INTERNAL', message: String(error), exitCode: 1 }
}

/** One line: `CODE: message`, or a JSON object. */
export function formatFailure({ code, message, details }: Failure, json: boolean): string {
  const line = message.replace(/\s*\n\s*/g, ' ').trim()
  return json
    ? JSON.stringify({ code, message: line, ...(details === undefined ? {} : { details }) })
    : `${code}: ${line}`
}
