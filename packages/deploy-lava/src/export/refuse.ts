import { SnnError, type ErrorDetails } from '@snn/tensor'

/** An error for a layer: why, and what to do instead. */
export type Refuse = (reason: string, fix: string) => Error

export type Refused = ErrorDetails['CONVERT_UNSUPPORTED']['layers'][number]

/** The error for a layer that the chip, or the file format, cannot have: why, and what to do instead. */
export function cannotExport(name: string, kind: string, reason: string, fix: string): SnnError<'CONVERT_UNSUPPORTED'> {
  return cannotExportAll([{ name, kind, reason, fix }])
}

/** The same for several, and what to do about all of them. */
export function cannotExportAll(layers: readonly Refused[], all?: string): SnnError<'CONVERT_UNSUPPORTED'> {
  const lines = layers.map(({ name, kind, reason, fix }) => `${name} (${kind}): ${reason}. ${fix}`)
  return new SnnError('CONVERT_UNSUPPORTED', `[exportNet] ${lines.join('\n  ')}${all === undefined ? '' : ` ${all}`}`, {
    layers,
  })
}
