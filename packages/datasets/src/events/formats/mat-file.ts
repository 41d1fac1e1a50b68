import { byteReader, columnReader, type ByteReader, type ColumnReader } from '../../byte-reader.js'
import type { ByteSource } from '../../bytes.js'
import type { ElementType } from '../../elements.js'
import { invalid } from '../../invalid.js'
import { maximumDeflateRatio } from '../../npz.js'

/** A numeric array in a file, not read yet. */
export interface MatArray {
  readonly shape: readonly number[]
  /** Reads it from its start, column by column, as MATLAB stores it. */
  open(): Promise<ColumnReader>
}

const types: Readonly<Record<number, ElementType>> = {
  1: 'i1',
  2: 'u1',
  3: 'i2',
  4: 'u2',
  5: 'i4',
  6: 'u4',
  7: 'f4',
  9: 'f8',
  12: 'i8',
  13: 'u8',
}
const matrixType = 14
const compressedType = 15
/** Element classes of numbers: double, single and the integers. */
const isNumeric = (kind: number): boolean => kind >= 6 && kind <= 15
/**
 * Enough for what stands before the numbers of an array: flags, two dimensions or a few more, and a name of 63 letters.
 */
const headLength = 512

interface Element {
  readonly type: number
  readonly from: number
  readonly size: number
  /** Where the next one starts. */
  readonly next: number
}

/** The numeric arrays in a MATLAB 5.0 .mat file by name; other variables are left out. Throws `DATA_INVALID`. */
export async function matArrays(source: ByteSource, file: string): Promise<Map<string, MatArray>> {
  const start = await source.read(0, Math.min(source.size, 128))
  if (source.size >= 512 && String.fromCharCode(...start.subarray(0, 10)) === 'MATLAB 7.3')
    throw invalid('mat', file, 'a MATLAB 7.3 file, which is HDF5, expected version 5. Save it with -v7.', 0)
  if (start.length < 128 || !isMat(start)) throw invalid('mat', file, 'does not start as a MATLAB 5.0 file.', 0)
  const little = start[126] === 0x49
  const arrays = new Map<string, MatArray>()
  for (let at = 128; at + 8 <= source.size;) {
    const element = elementAt(await source.read(at, at + 8), 0, little, file, source.size - at)
    const [from, to] = [at + element.from, at + element.from + element.size]
    const part = {
      source,
      operation: 'mat',
      file,
      from: element.type === compressedType ? from : at,
      to,
      packing: element.type === compressedType ? 'zlib' : 'none',
    } as const
    at += element.next
    if (element.type !== matrixType && element.type !== compressedType) continue
    const limit = part.packing === 'none' ? to - part.from : maximumDeflateRatio * element.size + 64
    const found = readMatrix(await byteReader(part).take(headLength), little, file, limit, () => byteReader(part))
    if (found) arrays.set(...found)
  }
  return arrays
}

export function isMat(head: Uint8Array): boolean {
  const order = String.fromCharCode(...head.subarray(126, 128))
  return (order === 'IM' || order === 'MI') && String.fromCharCode(...head.subarray(0, 6)) === 'MATLAB'
}

/** The element at a place of `bytes`, which are the first of `limit`. */
function elementAt(bytes: Uint8Array, at: number, little: boolean, file: string, limit: number): Element {
  if (at + 8 > bytes.length)
    throw invalid('mat', file, 'ends within an array, or the head of one is longer than can be.', at)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const word = view.getUint32(at, little)
  const small = word >>> 16
  if (small !== 0) {
    if (small > 4) throw invalid('mat', file, `a small element of ${small} bytes.`, at)
    return { type: word & 0xffff, from: at + 4, size: small, next: at + 8 }
  }
  const size = view.getUint32(at + 4, little)
  const from = at + 8
  if (from + size > limit)
    throw invalid('mat', file, `an element of ${size} bytes, but only ${limit - from} are left.`, at)
  return { type: word, from, size, next: word === compressedType ? from + size : from + Math.ceil(size / 8) * 8 }
}

/** The name and the array of a matrix element, from its first bytes; undefined for one that holds no numbers. */
function readMatrix(
  head: Uint8Array,
  little: boolean,
  file: string,
  limit: number,
  open: () => ByteReader,
): [string, MatArray] | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.length)
  const matrix = elementAt(head, 0, little, file, limit)
  if (matrix.type !== matrixType || matrix.size < 40) return undefined
  const inside = matrix.from + matrix.size
  const flags = elementAt(head, matrix.from, little, file, inside)
  if (flags.from + 4 > head.length || !isNumeric(view.getUint32(flags.from, little) & 0xff)) return undefined
  const dimensions = elementAt(head, flags.next, little, file, inside)
  const name = elementAt(head, dimensions.next, little, file, inside)
  const content = elementAt(head, name.next, little, file, inside)
  const shape = Array.from({ length: dimensions.size >>> 2 }, (_, i) => view.getInt32(dimensions.from + 4 * i, little))
  const type = types[content.type]
  const count = shape.reduce((product, n) => product * n, 1)
  if (!type || count * Number(type[1]) !== content.size)
    throw invalid(
      'mat',
      file,
      `array [${shape.join(',')}] of type ${content.type} in ${content.size} bytes, which cannot be.`,
      content.from,
    )
  return [
    String.fromCharCode(...head.subarray(name.from, name.from + Math.min(name.size, 64))),
    {
      shape,
      async open() {
        const reader = open()
        await reader.take(content.from)
        return columnReader(reader, { operation: 'mat', file, type, bigEndian: !little })
      },
    },
  ]
}

/** A MATLAB 5.0 file of column vectors. */
export function writeMat(arrays: Readonly<Record<string, ArrayLike<number>>>): Uint8Array {
  const pad = (n: number): number => Math.ceil(n / 8) * 8
  const sizes = Object.entries(arrays).map(([name, values]) => 16 + 16 + 8 + pad(name.length) + 8 + 8 * values.length)
  const out = new Uint8Array(128 + sizes.reduce((sum, size) => sum + 8 + size, 0))
  const view = new DataView(out.buffer)
  const text = 'MATLAB 5.0 MAT-file'.padEnd(116)
  for (let i = 0; i < 116; i++) out[i] = text.charCodeAt(i)
  view.setUint16(124, 0x0100, true)
  out.set([0x49, 0x4d], 126)
  let at = 128
  const tag = (type: number, size: number): void => {
    view.setUint32(at, type, true)
    view.setUint32(at + 4, size, true)
    at += 8
  }
  Object.entries(arrays).forEach(([name, values], index) => {
    tag(matrixType, sizes[index]!)
    tag(6, 8)
    view.setUint32(at, 6, true)
    at += 8
    tag(5, 8)
    view.setInt32(at, values.length, true)
    view.setInt32(at + 4, 1, true)
    at += 8
    tag(1, name.length)
    for (let i = 0; i < name.length; i++) out[at + i] = name.charCodeAt(i)
    at += pad(name.length)
    tag(9, 8 * values.length)
    for (let i = 0; i < values.length; i++, at += 8) view.setFloat64(at, values[i]!, true)
  })
  return out
}
