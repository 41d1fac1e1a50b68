import type { TypedArray } from '@snn/tensor'

/** A .npy file (format 1). Typed arrays are little-endian on every machine that runs a JavaScript engine of today. */
export function npyFile(type: string, shape: readonly number[], data: TypedArray | Uint16Array): Uint8Array {
  return npyWithHeader(`'${type}'`, shape, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
}

/** A .npy file of these bytes; `descr` as Python text, also a list of fields. */
export function npyWithHeader(descr: string, shape: readonly number[], body: Uint8Array): Uint8Array {
  const text = `{'descr': ${descr}, 'fortran_order': False, 'shape': (${shape.map((n) => `${n},`).join(' ')}), }`
  const padded = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`
  const out = new Uint8Array(10 + padded.length + body.length)
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 0xff, padded.length >>> 8])
  for (let i = 0; i < padded.length; i++) out[10 + i] = padded.charCodeAt(i)
  out.set(body, 10 + padded.length)
  return out
}
