import { SnnError } from '@snn/tensor'

/** The error for a file whose bytes are not what its format says: `what` names the fault and what was expected. */
export function invalid(
  operation: string,
  file: string,
  what: string,
  offset?: number,
  cause?: unknown,
): SnnError<'DATA_INVALID'> {
  const at = offset === undefined ? '' : ` at byte ${offset}`
  return new SnnError(
    'DATA_INVALID',
    `[${operation}] ${file}${at}: ${what}`,
    offset === undefined ? { file } : { file, offset },
    { cause },
  )
}
