import { sizeOf, type TensorLike } from '@snn/tensor'
import { checkBytes, checkOptions, stridesOf } from '@snn/tensor/library'
import type { ByteReader } from './byte-reader.js'
import { joinBytes } from './bytes.js'
import { readElements, type ElementType } from './elements.js'
import { invalid } from './invalid.js'

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] // \x93NUMPY
const known = new Set<string>([
  'u1',
  'u2',
  'u4',
  'i1',
  'i2',
  'i4',
  'i8',
  'u8',
  'f2',
  'f4',
  'f8',
  'b1',
] satisfies ElementType[])

export interface NpyHeader {
  /** The text of `descr`: `<f4`, `|O`, or a list of fields `[('t', '<i8'), ...]`. */
  readonly descr: string
  readonly fortranOrder: boolean
  readonly shape: readonly number[]
  /** Where the elements start. */
  readonly offset: number
}

/** The header of a NumPy .npy file (format 1 to 3). Throws `DATA_INVALID`. */
function npyHeader(bytes: Uint8Array, file: string): NpyHeader {
  if (bytes.length < 10 || magic.some((byte, i) => bytes[i] !== byte))
    throw invalid('npy', file, 'does not start as a .npy file (\\x93NUMPY).', 0)
  const version = bytes[6]!
  if (version < 1 || version > 3) throw invalid('npy', file, `format version ${version}, expected 1, 2 or 3.`, 6)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const start = version === 1 ? 10 : 12
  if (bytes.length < start) throw invalid('npy', file, 'ends within the header.', bytes.length)
  const offset = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true))
  if (offset > bytes.length)
    throw invalid('npy', file, `header of ${offset - start} bytes, but only ${bytes.length - start} are there.`, 8)
  const header = new TextDecoder().decode(bytes.subarray(start, offset))
  const descr = /'descr'\s*:\s*(?:'([^']*)'|(\[[^\]]*\]))/.exec(header)
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)
  const sizes = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(header)
  if (!order || !sizes)
    throw invalid(
      'npy',
      file,
      `header ${JSON.stringify(header.slice(0, 120))}, expected descr, fortran_order and shape.`,
      start,
    )
  const shape = sizes[1]!
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number)
  return { descr: descr?.[1] ?? descr?.[2] ?? '', fortranOrder: order[1] === 'True', shape, offset }
}

export interface NpyOptions {
  /** Integers of 32 and 64 bits become float64, exact to 2^53, instead of int32. Default false. */
  readonly wide?: boolean
}

/**
 * The array in a NumPy .npy file (format 1 to 3), both byte orders, C and Fortran order. See `readElements` for the
 * dtypes: u1 stays uint8, b1 bool, f2 and f4 become float32, f8 float64, other integers int32. Throws `DATA_INVALID`.
 */
export function parseNpy(bytes: Uint8Array, file = 'npy', options: NpyOptions = {}): TensorLike {
  bytes = checkBytes('parseNpy', bytes)
  checkOptions('parseNpy', options, ['wide'])
  const { wide = false } = options
  const { descr, fortranOrder, shape, offset } = npyHeader(bytes, file)
  const array = readElements({ operation: 'npy', file, bytes, offset, ...npyElements(descr, file), shape, wide })
  return fortranOrder && shape.length > 1 ? rowMajor(array) : array
}

/** What the elements of an array of numbers are. Throws `DATA_INVALID` for others. */
export function npyElements(descr: string, file: string): { readonly type: ElementType; readonly bigEndian: boolean } {
  const [, order, type] = /^([<>|=])?(\w+)$/.exec(descr) ?? []
  if (type !== undefined && known.has(type)) return { type: type as ElementType, bigEndian: order === '>' }
  throw invalid(
    'npy',
    file,
    `dtype ${type ?? 'records'}, expected one of ${[...known].join(', ')}. Convert with .astype() before np.save.`,
    10,
  )
}

const longestHeader = 2 ** 20

/**
 * The header of a .npy file that is read from its start; `reader` is at the first element afterwards. Throws
 * `DATA_INVALID`.
 */
export async function readNpyHeader(reader: ByteReader, file: string): Promise<NpyHeader> {
  const start = await reader.take(12)
  const view = new DataView(start.buffer, start.byteOffset, start.length)
  const length = start.length < 12 ? 12 : start[6] === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true)
  if (length > longestHeader) throw invalid('npy', file, `a header of ${length} bytes.`, 8)
  return npyHeader(joinBytes([start, await reader.take(Math.max(0, length - 12))]), file)
}

/** A column-major array (first axis fastest) in row-major order. */
function rowMajor(array: TensorLike): TensorLike {
  const { data, shape } = array
  const rank = shape.length
  const steps = stridesOf([...shape].reverse()).reverse() // column-major strides of `data`
  const out = data.slice()
  const index = shape.map(() => 0)
  let from = 0
  for (let to = 0, count = sizeOf(shape); to < count; to++) {
    out[to] = data[from]!
    for (let axis = rank - 1; axis >= 0; axis--) {
      from += steps[axis]!
      if (++index[axis]! < shape[axis]!) break
      from -= steps[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return { ...array, data: out }
}
