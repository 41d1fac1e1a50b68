import { SnnError } from '@snn/tensor'

/** The error for a layer that Lava's loader (netx) cannot load: why, and what to write instead. */
export function refuse(layer: string, kind: string, reason: string, fix: string): SnnError<'CONVERT_UNSUPPORTED'> {
  return new SnnError('CONVERT_UNSUPPORTED', `[loadNetwork] ${layer} (${kind}): ${reason}. ${fix}`, {
    layers: [{ name: layer, kind, reason, fix }],
  })
}
