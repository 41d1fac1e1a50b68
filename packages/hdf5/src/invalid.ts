import { SnnError } from '@snn/tensor'

/** The error for a file that is damaged, or not what its format says: `what` names the fault and what was expected. */
export function invalidFile(operation: string, file: string, what: string, cause?: unknown): SnnError<'DATA_INVALID'> {
  return new SnnError('DATA_INVALID', `[${operation}] ${file}: ${what}`, { file }, { cause })
}
