import type { Hdf5Source } from './open-hdf5.js'

/**
 * Signature, version 1 and three zeros, with which a collection of strings and other values of variable length begins.
 */
const signature = [0x47, 0x43, 0x4f, 0x4c, 1, 0, 0, 0]

/** Bytes around a part that tell of a collection whose signature crosses its border. */
export const heapMargin = signature.length - 1

/**
 * What is wrong with the collections of values of variable length that begin in `bytes`, which stand at `first` of a
 * file, or undefined: the library walks from each value to the next by its size, and would never come to the end of
 * sizes that lead nowhere. (HDF5 File Format Specification 3.0, III.E: Global Heap.)
 */
export function heapFault(source: Hdf5Source, bytes: Uint8Array, first: number): string | undefined {
  for (let at = bytes.indexOf(signature[0]!); at >= 0; at = bytes.indexOf(signature[0]!, at + 1)) {
    if (!signature.every((byte, i) => bytes[at + i] === byte)) continue
    const fault = collectionFault(source, first + at)
    if (fault !== undefined) return fault
  }
  return undefined
}

function collectionFault(source: Hdf5Source, start: number): string | undefined {
  // the number of bytes of a length stands in the superblock, whose versions from 2 on are shorter
  const head = source.readSync(0, Math.min(source.size, 16))
  const width = head[head[8]! < 2 ? 14 : 10]!
  const header = 8 + width
  if ((width !== 2 && width !== 4 && width !== 8) || start + header > source.size) return undefined
  const lengthAt = (view: DataView, at: number): number =>
    width === 8
      ? Number(view.getBigUint64(at, true))
      : width === 4
        ? view.getUint32(at, true)
        : view.getUint16(at, true)
  const viewOf = (from: number, to: number): DataView => {
    const part = source.readSync(from, to)
    return new DataView(part.buffer, part.byteOffset, part.length)
  }
  const end = start + lengthAt(viewOf(start, start + header), 8)
  if (!(end <= source.size))
    return `has values of variable length from byte ${start} to ${end}, expected at most its ${source.size} bytes.`
  const view = viewOf(start, end)
  for (let at = header; at + header <= view.byteLength;) {
    const size = lengthAt(view, at + 8)
    // what is free counts its own header
    const step = view.getUint16(at, true) === 0 ? size : header + Math.ceil(size / 8) * 8
    if (!(step > 0) || at + step > view.byteLength)
      return `has a value of ${size} bytes at byte ${start + at}, expected one that ends before byte ${end}.`
    at += step
  }
  return undefined
}
