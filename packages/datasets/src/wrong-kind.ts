import { isSnnError } from '@snn/tensor'
import { fileKind } from '@snn/tensor/library'
import { invalid } from './invalid.js'

/**
 * What `parse` makes of `bytes`. Where it throws `DATA_INVALID` and the file is of another kind than the `expected`
 * ones, the error says which.
 */
export function parseKind<T>(
  operation: string,
  file: string,
  bytes: Uint8Array,
  expected: readonly string[],
  parse: () => T,
): T {
  try {
    return parse()
  } catch (error) {
    const kind = isSnnError(error, 'DATA_INVALID') ? fileKind(bytes) : undefined
    if (!kind || expected.includes(kind.id)) throw error
    throw invalid(
      operation,
      file,
      `it is ${kind.name}, which holds no such data. ${kind.fix ?? 'Is it the right file?'}`,
      undefined,
      error,
    )
  }
}
