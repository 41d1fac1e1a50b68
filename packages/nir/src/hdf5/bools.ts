import type { CompoundDtype } from 'h5wasm'

// h5py stores booleans as an enumeration of FALSE and TRUE over a byte, which the library reads and cannot make. So they are written as a record
// of one byte, whose description is then replaced in the file: the descriptions of types (HDF5 file format, IV.A.2.d) have no checksum in files of
// the earliest version, and that of the enumeration is the shorter one.

/** The name of the record's one field, by which its description is found; no data would hold it. */
const marker = 'snn boolean 0f1d'

export const boolDtype: CompoundDtype = [[marker, '<b']]

/** Booleans as the library writes them. */
export function boolsOf(values: ArrayLike<number>): Map<string, Int8Array> {
  return new Map([[marker, Int8Array.from(values)]])
}

/** Class and version, number of members and size, in front of the name of the first member. */
const before = 8
/** The name, padded; its offset, axes and the description of a byte. */
const recordBytes = before + 24 + 32 + 12

const text = (name: string): number[] => Array.from({ length: 8 }, (_, i) => name.charCodeAt(i) || 0)
const byte = [0x10, 0x08, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0]
const enumeration = Uint8Array.of(0x18, 2, 0, 0, 1, 0, 0, 0, ...byte, ...text('FALSE'), ...text('TRUE'), 0, 1)

/** The file with its records of a boolean described as booleans. */
export function withBools(file: Uint8Array): Uint8Array {
  const pattern = new TextEncoder().encode(marker)
  for (let at = file.indexOf(pattern[0]!); at !== -1; at = file.indexOf(pattern[0]!, at + 1)) {
    if (!pattern.every((code, i) => file[at + i] === code) || file[at - before] !== 0x16) continue
    file.fill(0, at - before, at - before + recordBytes)
    file.set(enumeration, at - before)
  }
  return file
}
