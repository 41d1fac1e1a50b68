import { SnnError } from '@snn/tensor'

/** The error for a `.net` file whose bytes are not what the format says; `what` names the fault and what was expected. */
export const invalid = (file: string, what: string, cause?: unknown): SnnError<'DATA_INVALID'> => new SnnError('DATA_INVALID', `[readNet] ${file}: ${what}`, { file }, { cause })
