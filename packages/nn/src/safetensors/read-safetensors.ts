import { hostTensor, isSnnError, SnnError, type HostTensor, type Shape } from '@snn/tensor'
import { checkBytes, fileKind } from '@snn/tensor/library'
import { elementsFrom, elementTypes } from './element-types.js'
import { byteLength, longestHeader, metadataKey, prefixLength } from './format.js'
import { repeatedKey } from './repeated-key.js'

/** What a safetensors file holds. */
export interface Safetensors {
  readonly tensors: Readonly<Record<string, HostTensor>>
  readonly metadata: Readonly<Record<string, string>>
  /** Tensors of element types that we do not have: what they are and what they have become. */
  readonly notes: readonly string[]
}

/**
 * The tensors of a safetensors file, copied, and its metadata. The whole header is checked before any memory is taken
 * for tensors: they must fit their shapes and cover the data from end to end, each byte once.
 *
 * F16 and BF16 become float32, and I64, U64, U32, I16, U16 and I8 int32, exactly; `notes` name them.
 *
 * @throws `DATA_INVALID` for a file that is damaged or not of this format; `DTYPE` for other element types, such as
 * those of 8-bit floats, and for whole numbers that int32 cannot hold
 */
export function readSafetensors(file: Uint8Array): Safetensors {
  const bytes = checkBytes('readSafetensors', file)
  try {
    return read(bytes)
  } catch (error) {
    const kind = isSnnError(error, 'DATA_INVALID') ? fileKind(bytes) : undefined
    if (!kind || kind.id === 'safetensors' || kind.id === 'text') throw error
    throw new SnnError(
      'DATA_INVALID',
      `[readSafetensors] the file is ${kind.name}, no safetensors file. ${kind.fix ?? 'Give the weights that training or another tool wrote.'}`,
      { file: 'safetensors' },
      { cause: error },
    )
  }
}

function read(bytes: Uint8Array): Safetensors {
  const { header, start } = readHeader(bytes)
  const { [metadataKey]: metadata = {}, ...rest } = header
  if (!isObject(metadata) || Object.values(metadata).some((value) => typeof value !== 'string'))
    throw invalid(`${metadataKey} is not an object of strings`)
  const entries = Object.entries(rest).map(([name, entry]) => checkEntry(name, entry, bytes.length - start))
  checkCoverage(entries, bytes.length - start)
  const tensors = entries.map(
    (entry) => [entry.name, tensorFrom(entry, bytes.subarray(start + entry.begin, start + entry.end))] as const,
  )
  return {
    tensors: Object.fromEntries(tensors),
    metadata: metadata as Readonly<Record<string, string>>,
    notes: notesOn(entries),
  }
}

function readHeader(bytes: Uint8Array): { readonly header: Readonly<Record<string, unknown>>; readonly start: number } {
  if (bytes.length < prefixLength) throw invalid(`${bytes.length} bytes, expected at least ${prefixLength}`)
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)
  const room = bytes.length - prefixLength
  if (length > room) throw invalid(`a header of ${length} bytes where ${room} are left`, 0)
  if (length > longestHeader) throw invalid(`a header of ${length} bytes, expected at most ${longestHeader}`, 0)
  const start = prefixLength + Number(length)
  let text: string
  let header: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(prefixLength, start))
    header = JSON.parse(text)
  } catch (cause) {
    throw invalid('a header that is no JSON in UTF-8', prefixLength, cause)
  }
  if (!isObject(header)) throw invalid('a header that is no JSON object', prefixLength)
  const twice = repeatedKey(text)
  if (twice !== undefined) throw invalid(`'${twice}' twice in its header`, prefixLength)
  return { header, start }
}

interface Entry {
  readonly name: string
  /** As the format calls it: one of `elementTypes`. */
  readonly type: string
  readonly shape: Shape
  readonly begin: number
  readonly end: number
}

function checkEntry(name: string, entry: unknown, room: number): Entry {
  if (!isObject(entry)) throw invalid(`'${name}' without a description`)
  const { dtype: dtypeName, shape, data_offsets: offsets } = entry
  if (typeof dtypeName !== 'string') throw invalid(`'${name}' without a dtype`)
  if (!Object.hasOwn(elementTypes, dtypeName)) {
    const known = Object.keys(elementTypes)
    throw new SnnError(
      'DTYPE',
      `[readSafetensors] '${name}' is of dtype ${dtypeName}, expected one of ${known.join(', ')}. Convert it where the file was made.`,
      { dtypes: [dtypeName, ...known] },
    )
  }
  if (!isSizes(shape)) throw invalid(`'${name}' with shape ${JSON.stringify(shape)}`)
  if (!isSizes(offsets) || offsets.length !== 2) throw invalid(`'${name}' with offsets ${JSON.stringify(offsets)}`)
  const [begin, end] = offsets as [number, number]
  if (begin > end || end > room) throw invalid(`'${name}' at bytes ${begin} to ${end} of the data's ${room}`)
  if (byteLength(elementTypes[dtypeName]!.bytes, shape) !== end - begin)
    throw invalid(`'${name}' of shape [${shape.join(',')}] and dtype ${dtypeName} in ${end - begin} bytes`)
  return { name, type: dtypeName, shape, begin, end }
}

/** No byte may belong to two tensors or to none. */
function checkCoverage(entries: readonly Entry[], room: number): void {
  let covered = 0
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) throw invalid(`'${name}' at byte ${begin} of the data, where byte ${covered} comes next`)
    covered = end
  }
  if (covered !== room) throw invalid(`${room} bytes of data, of which the tensors take ${covered}`)
}

function tensorFrom({ name, type, shape }: Entry, bytes: Uint8Array): HostTensor {
  if (type === 'BOOL' && bytes.some((byte) => byte > 1))
    throw invalid(`'${name}' of dtype BOOL with a byte other than 0 and 1`)
  const element = elementTypes[type]!
  const data = elementsFrom(bytes, element)
  if (typeof data === 'number')
    throw new SnnError(
      'DTYPE',
      `[readSafetensors] '${name}' of dtype ${type} holds ${data}, expected numbers that int32 holds. Leave it out of the file, or convert it there.`,
      { dtypes: [type, element.dtype] },
    )
  return hostTensor({ data, shape, dtype: element.dtype }, 'readSafetensors')
}

/** What was converted, by element type. */
function notesOn(entries: readonly Entry[]): string[] {
  return Object.entries(elementTypes).flatMap(([type, { dtype, read }]) => {
    const names = entries.flatMap((entry) => (read && entry.type === type ? [entry.name] : []))
    return names.length === 0
      ? []
      : [
          `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}: ${type} read as ${dtype}`,
        ]
  })
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0)
}

function invalid(what: string, offset?: number, cause?: unknown): SnnError {
  return new SnnError(
    'DATA_INVALID',
    `[readSafetensors] the file has ${what}. It is damaged or no safetensors file: fetch or write it again.`,
    { file: 'safetensors', ...(offset === undefined ? {} : { offset }) },
    { cause },
  )
}
