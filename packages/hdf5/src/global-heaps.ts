import { invalidFile } from './invalid.js'

/**
 * Signature, version 1 and three zeros, with which a collection of strings and other values of variable length begins.
 */
const signature = [0x47, 0x43, 0x4f, 0x4c, 1, 0, 0, 0]

/**
 * Throws `DATA_INVALID` where a collection of values of variable length is damaged: the library walks from each value
 * to the next by its size, and would never come to the end of sizes that lead nowhere. (HDF5 File Format Specification
 * 3.0, III.E: Global Heap.)
 */
export function checkGlobalHeaps(operation: string, bytes: Uint8Array, file: string): void {
  // the number of bytes of a length stands in the superblock, whose versions from 2 on are shorter
  const width = bytes[bytes[8]! < 2 ? 14 : 10]!
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const lengthAt = (at: number): number =>
    width === 8
      ? Number(view.getBigUint64(at, true))
      : width === 4
        ? view.getUint32(at, true)
        : view.getUint16(at, true)
  const header = 8 + width
  if (width !== 2 && width !== 4 && width !== 8) return
  for (let start = bytes.indexOf(signature[0]!); start >= 0; start = bytes.indexOf(signature[0]!, start + 1)) {
    if (start + header > bytes.length || !signature.every((byte, i) => bytes[start + i] === byte)) continue
    const end = start + lengthAt(start + 8)
    if (!(end <= bytes.length))
      throw invalidFile(
        operation,
        file,
        `has values of variable length from byte ${start} to ${end}, expected at most its ${bytes.length} bytes.`,
      )
    for (let at = start + header; at + header <= end;) {
      const size = lengthAt(at + 8)
      // what is free counts its own header
      const step = view.getUint16(at, true) === 0 ? size : header + Math.ceil(size / 8) * 8
      if (!(step > 0) || at + step > end)
        throw invalidFile(
          operation,
          file,
          `has a value of ${size} bytes at byte ${at}, expected one that ends before byte ${end}.`,
        )
      at += step
    }
  }
}
