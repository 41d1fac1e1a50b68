import type { TensorLike } from '@snn/tensor'
import { checkBytes } from '@snn/tensor/library'
import { readElements, type ElementType } from './elements.js'
import { invalid } from './invalid.js'

const types: Readonly<Record<number, ElementType>> = {
  0x08: 'u1',
  0x09: 'i1',
  0x0b: 'i2',
  0x0c: 'i4',
  0x0d: 'f4',
  0x0e: 'f8',
}

/**
 * The array in an IDX file, the format of MNIST: two zero bytes, element type, number of axes, one big-endian 32-bit
 * size per axis, elements. uint8 data are a view of `bytes`. `file` names the file in errors (`DATA_INVALID`).
 */
export function parseIdx(bytes: Uint8Array, file = 'idx'): TensorLike {
  bytes = checkBytes('parseIdx', bytes)
  if (bytes.length < 4) throw invalid('idx', file, `${bytes.length} bytes, expected a header of at least 4.`, 0)
  const type = types[bytes[2]!]
  if (bytes[0] !== 0 || bytes[1] !== 0 || type === undefined) {
    const magic = [...bytes.subarray(0, 4)].map((b) => b.toString(16).padStart(2, '0')).join(' ')
    throw invalid(
      'idx',
      file,
      `starts with ${magic}, expected 00 00, a type 08 to 0e, a number of axes. Is it an IDX file?`,
      0,
    )
  }
  const rank = bytes[3]!
  const offset = 4 + 4 * rank
  if (bytes.length < offset)
    throw invalid(
      'idx',
      file,
      `ends within the sizes of ${rank} axes, expected ${offset} bytes of header.`,
      bytes.length,
    )
  const header = new DataView(bytes.buffer, bytes.byteOffset, offset)
  const shape = Array.from({ length: rank }, (_, axis) => header.getUint32(4 + 4 * axis))
  return readElements({ operation: 'idx', file, bytes, offset, type, bigEndian: true, shape })
}
