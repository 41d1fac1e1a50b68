import { checkBytes, checkOptions } from '@snn/tensor/library'
import type { Attribute, Dataset, Group, Metadata } from 'h5wasm'
import { invalidFile } from './invalid.js'
import { openHdf5 } from './open-hdf5.js'
import type { Hdf5Dataset, Hdf5Group, Hdf5Text, Hdf5Type, Hdf5Values } from './tree.js'

/**
 * What an HDF5 object takes of a file at least, in bytes: its header. More objects than fit are a group that holds
 * itself.
 */
const leastObjectBytes = 64
/** What gzip can make of one byte, and what may come of nothing: data sets that hold one value all over. */
const mostRatio = 1032
const mostFromNothing = 2 ** 16

export interface ReadTreeOptions {
  /** How many groups may lie in each other. Default 64. */
  readonly deepest?: number
  /** Whether attributes are read. Default true. */
  readonly attributes?: boolean
}

/**
 * All of an HDF5 file. Sizes that the file claims are checked against its own before memory is taken. The library
 * (h5wasm, 4 MB) is loaded at the first call.
 *
 * @param operation  the function that errors name
 * @param file  names the file in errors
 * @throws `DATA_INVALID` for bytes that are no HDF5 file, damaged, larger than they can be, or of other elements than
 * numbers, booleans and strings
 */
export async function readTree(
  operation: string,
  given: Uint8Array,
  file: string,
  options: ReadTreeOptions = {},
): Promise<Hdf5Group> {
  checkOptions('readTree', options, ['deepest', 'attributes'])
  const bytes = checkBytes(operation, given)
  const opened = await openHdf5(
    operation,
    { size: bytes.length, readSync: (from, to) => bytes.subarray(from, to) },
    file,
  )
  try {
    return opened.read((root) => new Reader(operation, file, bytes.length, options).group(root, 0))
  } finally {
    opened.close()
  }
}

/** Classes of types in HDF5. */
const [integer, float, string, enumeration] = [0, 1, 3, 8]
/** Filters that the library has: deflate, shuffle, fletcher32, szip. */
const filters = new Set([1, 2, 3, 4])

/** Walks one file, and keeps count of what it has read of it. */
class Reader {
  private objects = 0
  private bytes = 0

  constructor(
    private readonly operation: string,
    private readonly file: string,
    private readonly size: number,
    private readonly options: ReadTreeOptions,
  ) {}

  group(from: Group, depth: number): Hdf5Group {
    this.count(from.path)
    const { deepest = 64, attributes: read = true } = this.options
    if (depth > deepest) throw this.invalid(`${from.path} lies deeper than ${deepest} groups.`)
    const entries = new Map<string, Hdf5Group | Hdf5Dataset>()
    for (const name of from.keys()) {
      const entity = from.get(name)
      const type = entity && 'type' in entity ? entity.type : 'nothing'
      if (type === 'Group') entries.set(name, this.group(entity as Group, depth + 1))
      else if (type === 'Dataset') entries.set(name, this.dataset(entity as Dataset))
      else
        throw this.invalid(`${from.path === '/' ? '' : from.path}/${name} is ${type}, expected a group or a data set.`)
    }
    const attributes = Object.entries(read ? from.attrs : {}).map(
      ([name, attribute]) =>
        [name, this.values(attribute, `the attribute ${name} of ${from.path}`, () => attribute.value)] as const,
    )
    return { entries, attributes: new Map(attributes) }
  }

  private dataset(from: Dataset): Hdf5Values {
    this.count(from.path)
    for (const { id, name } of from.filters) {
      if (!filters.has(id))
        throw this.invalid(
          `${from.path} is packed by ${name || 'a filter'} (${id}), which cannot be unpacked here. Repack it where that filter is installed: h5repack -f GZIP=4 IN OUT.`,
        )
    }
    const { chunks, size } = from.metadata
    if (chunks)
      this.claim(
        chunks.reduce((product, n) => product * n, size),
        `a chunk of ${from.path}`,
        true,
      )
    return this.values(from, from.path, () => (from.metadata.vlen ? this.strings(from) : from.value))
  }

  private values(from: Dataset | Attribute, path: string, read: () => unknown): Hdf5Values {
    const { metadata } = from
    const { shape, type, size, vlen } = metadata
    if (!shape) throw this.invalid(`${path} is empty, expected values.`)
    const count = shape.reduce((product, n) => product * n, 1)
    const packed = 'filters' in from && from.filters.length > 0
    const kind = typeOf(metadata)
    if (!kind)
      throw this.invalid(`${path} holds elements of HDF5 class ${type} and ${size} bytes, expected numbers or strings.`)
    this.claim(count * size, path, packed)
    if (kind === 'float16')
      Object.defineProperty(from, 'metadata', {
        value: { ...metadata, type: integer, signed: false },
        configurable: true,
      })
    const value = count === 0 ? [] : read()
    const list = ArrayBuffer.isView(value) || Array.isArray(value) ? (value as unknown as ArrayLike<unknown>) : [value]
    if (list.length !== count)
      throw this.invalid(`${path} gives ${list.length} values, expected ${count} for its shape [${shape.join(',')}].`)
    if (isTextType(kind))
      return { type: kind, shape, data: vlen ? (list as string[]) : this.known(list as ArrayLike<string>) }
    if (kind === 'float16')
      return { type: kind, shape, data: Float32Array.from(list as ArrayLike<number>, halfToNumber) }
    if (kind === 'float32') return { type: kind, shape, data: Float32Array.from(list as ArrayLike<number>) }
    return {
      type: kind,
      shape,
      data: Float64Array.from(list as ArrayLike<number | bigint>, (element) => this.whole(element, path)),
    }
  }

  /** Strings of variable length: few at a time, since many may point at one long one. */
  private strings(from: Dataset): string[] {
    const shape = from.metadata.shape!
    if (shape.length === 0) return this.known([from.value as string])
    const rows = shape[0]!
    const width = shape.slice(1).reduce((product, n) => product * n, 1)
    const atOnce = Math.max(1, Math.floor(2 ** 24 / this.size / width))
    const out: string[] = []
    for (let row = 0; row < rows; row += atOnce) {
      const part = from.slice([[row, Math.min(row + atOnce, rows)], ...shape.slice(1).map((): [] => [])])
      for (const text of this.known(part as unknown as string[])) out.push(text)
    }
    return out
  }

  private known(texts: ArrayLike<string>): string[] {
    return Array.from(texts, (text) => {
      if (typeof text !== 'string') throw this.invalid('a string in it cannot be read.')
      this.claim(text.length, 'its strings together', true)
      return text
    })
  }

  private whole(value: unknown, path: string): number {
    const number = Number(value)
    if (typeof value === 'bigint' && !Number.isSafeInteger(number))
      throw this.invalid(`${path} holds ${value}, expected integers of at most 2^53.`)
    return number
  }

  private count(path: string): void {
    this.objects++
    if (this.objects * leastObjectBytes > this.size)
      throw this.invalid(`${path} is object number ${this.objects} in ${this.size} bytes: a group holds itself.`)
  }

  /** Throws where the file claims more bytes than it can hold. */
  private claim(bytes: number, path: string, packed: boolean): void {
    this.bytes += bytes
    const limit = Math.max(mostFromNothing, this.size * (packed ? mostRatio : 1))
    if (!(bytes <= limit) || !(this.bytes <= Math.max(mostFromNothing, this.size * mostRatio))) {
      throw this.invalid(`${path} would take ${bytes} bytes, expected at most ${limit} from a file of ${this.size}.`)
    }
  }

  private invalid(what: string): Error {
    return invalidFile(this.operation, this.file, what)
  }
}

const isTextType = (type: Hdf5Type): type is Hdf5Text => type === 'string' || type.startsWith('S')

function typeOf({ type, size, signed, vlen, enum_type: members }: Metadata): Hdf5Type | undefined {
  if (type === string) return vlen ? 'string' : `S${size}`
  if (type === float) return size === 8 ? 'float64' : size === 4 ? 'float32' : size === 2 ? 'float16' : undefined
  if (type === integer && [1, 2, 4, 8].includes(size)) return `${signed ? 'int' : 'uint'}${8 * size}` as Hdf5Type
  return type === enumeration &&
    members !== undefined &&
    size === 1 &&
    members.members['FALSE'] === 0 &&
    members.members['TRUE'] === 1
    ? 'bool'
    : undefined
}

/** A 16-bit float by its bits. */
function halfToNumber(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023]
  const size =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent === 31
        ? fraction === 0
          ? Infinity
          : NaN
        : (1 + fraction / 1024) * 2 ** (exponent - 15)
  return bits & 0x8000 ? -size : size
}
