import { SnnError } from '@snn/tensor'

/** An error for a layer: why, and what to do instead. */
export type Refuse = (reason: string, fix: string) => Error

/** The error for a layer that the chip, or the file format, cannot have: why, and what to do instead. */
export function cannotExport(name: string, kind: string, reason: string, fix: string): SnnError<'CONVERT_UNSUPPORTED'> {
  return new SnnError('CONVERT_UNSUPPORTED', `[exportNet] ${name} (${kind}): ${reason}. ${fix}`, {
    layers: [{ name, kind, reason, fix }],
  })
}
