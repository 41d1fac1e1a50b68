import { Unzlib } from 'fflate'
import { isSnnError } from '@snn/tensor'
import { joinBytes } from '../../bytes.js'
import { invalid } from '../../invalid.js'
import { maximumDeflateRatio } from '../../npz.js'

export interface MatArray {
  readonly shape: readonly number[]
  /** Column-major, as MATLAB stores it. */
  readonly data: Float64Array
}

type Reader = (view: DataView, at: number, little: boolean) => number
const types: Readonly<Record<number, readonly [size: number, read: Reader]>> = {
  1: [1, (v, at) => v.getInt8(at)],
  2: [1, (v, at) => v.getUint8(at)],
  3: [2, (v, at, little) => v.getInt16(at, little)],
  4: [2, (v, at, little) => v.getUint16(at, little)],
  5: [4, (v, at, little) => v.getInt32(at, little)],
  6: [4, (v, at, little) => v.getUint32(at, little)],
  7: [4, (v, at, little) => v.getFloat32(at, little)],
  9: [8, (v, at, little) => v.getFloat64(at, little)],
  12: [8, (v, at, little) => Number(v.getBigInt64(at, little))],
  13: [8, (v, at, little) => Number(v.getBigUint64(at, little))],
}
const matrixType = 14
const compressedType = 15
/** Element classes of numbers: double, single and the integers. */
const isNumeric = (kind: number): boolean => kind >= 6 && kind <= 15

interface Element {
  readonly type: number
  readonly from: number
  readonly size: number
  /** Where the next one starts. */
  readonly next: number
}

/** The numeric arrays in a MATLAB 5.0 .mat file by name; other variables are left out. Throws `DATA_INVALID`. */
export function parseMat(bytes: Uint8Array, file: string): Map<string, MatArray> {
  if (bytes.length >= 512 && String.fromCharCode(...bytes.subarray(0, 10)) === 'MATLAB 7.3') throw invalid('mat', file, 'a MATLAB 7.3 file, which is HDF5, expected version 5. Save it with -v7.', 0)
  if (bytes.length < 128 || !isMat(bytes)) throw invalid('mat', file, 'does not start as a MATLAB 5.0 file.', 0)
  const little = bytes[126] === 0x49
  const arrays = new Map<string, MatArray>()
  try {
    for (let at = 128; at + 8 <= bytes.length; ) {
      const element = elementAt(bytes, at, little, file)
      at = element.next
      if (element.type === matrixType) readMatrix(bytes, element, little, file, arrays)
      if (element.type === compressedType) {
        const content = inflate(bytes.subarray(element.from, element.from + element.size), file)
        const inner = elementAt(content, 0, little, file)
        if (inner.type === matrixType) readMatrix(content, inner, little, file, arrays)
      }
    }
  } catch (error) {
    if (isSnnError(error) || !(error instanceof RangeError)) throw error
    throw invalid('mat', file, `damaged (${error.message}).`, undefined, error)
  }
  return arrays
}

export function isMat(head: Uint8Array): boolean {
  const order = String.fromCharCode(...head.subarray(126, 128))
  return (order === 'IM' || order === 'MI') && String.fromCharCode(...head.subarray(0, 6)) === 'MATLAB'
}

function elementAt(bytes: Uint8Array, at: number, little: boolean, file: string): Element {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const word = view.getUint32(at, little)
  const small = word >>> 16
  if (small !== 0) {
    if (small > 4) throw invalid('mat', file, `a small element of ${small} bytes.`, at)
    return { type: word & 0xffff, from: at + 4, size: small, next: at + 8 }
  }
  const size = view.getUint32(at + 4, little)
  const from = at + 8
  if (from + size > bytes.length) throw invalid('mat', file, `an element of ${size} bytes, but only ${bytes.length - from} are left.`, at)
  return { type: word, from, size, next: word === compressedType ? from + size : from + Math.ceil(size / 8) * 8 }
}

function readMatrix(bytes: Uint8Array, { from, size }: Element, little: boolean, file: string, arrays: Map<string, MatArray>): void {
  const inside = bytes.subarray(0, from + size)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (size < 40) return
  const flags = elementAt(inside, from, little, file)
  if (!isNumeric(view.getUint32(flags.from, little) & 0xff)) return
  const dimensions = elementAt(inside, flags.next, little, file)
  const name = elementAt(inside, dimensions.next, little, file)
  const content = elementAt(inside, name.next, little, file)
  const shape = Array.from({ length: dimensions.size >>> 2 }, (_, i) => view.getInt32(dimensions.from + 4 * i, little))
  const [elementSize, read] = types[content.type] ?? [0, undefined]
  const count = shape.reduce((product, n) => product * n, 1)
  if (!read || count * elementSize !== content.size) throw invalid('mat', file, `array [${shape.join(',')}] of type ${content.type} in ${content.size} bytes, which cannot be.`, content.from)
  const data = new Float64Array(count)
  for (let i = 0; i < count; i++) data[i] = read(view, content.from + i * elementSize, little)
  arrays.set(String.fromCharCode(...bytes.subarray(name.from, name.from + Math.min(name.size, 64))), { shape, data })
}

function inflate(bytes: Uint8Array, file: string): Uint8Array {
  const parts: Uint8Array[] = []
  let length = 0
  try {
    const unzlib = new Unzlib((part) => {
      length += part.length
      if (length > maximumDeflateRatio * bytes.length + 64) throw new Error('more than can be')
      parts.push(part)
    })
    for (let at = 0; at < bytes.length; at += 65536) unzlib.push(bytes.subarray(at, at + 65536), at + 65536 >= bytes.length)
  } catch (error) {
    throw invalid('mat', file, `damaged compressed data (${(error as Error).message}).`, undefined, error)
  }
  return joinBytes(parts)
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
