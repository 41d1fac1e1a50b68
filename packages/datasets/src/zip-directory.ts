import { byteReader, type ByteReader } from './byte-reader.js'
import type { ByteSource } from './bytes.js'
import { invalid } from './invalid.js'
import { maximumDeflateRatio } from './npz.js'

/** A file in a zip archive. */
export interface ZipMember {
  /** Bytes when unpacked. */
  readonly size: number
  /** Reads it from its start. */
  open(): Promise<ByteReader>
}

const [endMark, end64Mark, locator64Mark, entryMark, localMark] = [
  0x06054b50, 0x06064b50, 0x07064b50, 0x02014b50, 0x04034b50,
]
const unknown32 = 0xffffffff

/**
 * What is in a zip archive, by name, from its directory alone. Archives of more than 4 GB (ZIP64) are read too. Throws
 * `DATA_INVALID`.
 */
export async function zipDirectory(
  source: ByteSource,
  operation: string,
  file: string,
): Promise<Map<string, ZipMember>> {
  const fail = (what: string): never => {
    throw invalid(operation, file, `not a readable zip archive (${what}).`)
  }
  const view = async (from: number, length: number): Promise<DataView> => {
    if (!(from >= 0 && length >= 0 && from + length <= source.size)) fail('a part lies outside of it')
    const bytes = await source.read(from, from + length)
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }
  const long = (data: DataView, at: number): number => Number(data.getBigUint64(at, true))
  const tailFrom = Math.max(0, source.size - 65557)
  const tail = await view(tailFrom, source.size - tailFrom)
  let end = tail.byteLength - 22
  while (end >= 0 && tail.getUint32(end, true) !== endMark) end--
  if (end < 0) fail('no directory at its end')
  let [count, size, from] = [
    tail.getUint16(end + 10, true),
    tail.getUint32(end + 12, true),
    tail.getUint32(end + 16, true),
  ]
  if (
    (count === 0xffff || size === unknown32 || from === unknown32) &&
    end >= 20 &&
    tail.getUint32(end - 20, true) === locator64Mark
  ) {
    const end64 = await view(long(tail, end - 12), 56)
    if (end64.getUint32(0, true) !== end64Mark) fail('no ZIP64 directory where it should be')
    ;[count, size, from] = [long(end64, 32), long(end64, 40), long(end64, 48)]
  }
  const directory = await view(from, size)
  const text = new TextDecoder()
  const members = new Map<string, ZipMember>()
  for (let i = 0, at = 0; i < count; i++) {
    if (at + 46 > size || directory.getUint32(at, true) !== entryMark) fail(`entry ${i} of its directory`)
    const [flags, method, nameLength, extraLength] = [
      directory.getUint16(at + 8, true),
      directory.getUint16(at + 10, true),
      directory.getUint16(at + 28, true),
      directory.getUint16(at + 30, true),
    ]
    let [packed, unpacked, local] = [
      directory.getUint32(at + 20, true),
      directory.getUint32(at + 24, true),
      directory.getUint32(at + 42, true),
    ]
    const next = at + 46 + nameLength + extraLength + directory.getUint16(at + 32, true)
    if (next > size) fail(`entry ${i} of its directory`)
    const name = text.decode(new Uint8Array(directory.buffer, directory.byteOffset + at + 46, nameLength))
    for (
      let extra = at + 46 + nameLength, stop = extra + extraLength;
      extra + 4 <= stop;
      extra += 4 + directory.getUint16(extra + 2, true)
    ) {
      if (directory.getUint16(extra, true) !== 1) continue
      let place = extra + 4
      const wide = (value: number): number => {
        if (value !== unknown32) return value
        if (place + 8 > stop) fail(`sizes of ${name}`)
        place += 8
        return long(directory, place - 8)
      }
      unpacked = wide(unpacked)
      packed = wide(packed)
      local = wide(local)
    }
    at = next
    if (name.endsWith('/')) continue
    if ((flags & 1) !== 0 || (method !== 0 && method !== 8)) fail(`${name} is packed by method ${method} or secret`)
    if (packed > source.size || unpacked > maximumDeflateRatio * packed + 64)
      fail(`${name} claims ${unpacked} bytes in ${packed}, which cannot be`)
    members.set(name, {
      size: unpacked,
      async open() {
        const head = await view(local, 30)
        if (head.getUint32(0, true) !== localMark) fail(`${name} is not where it should be`)
        const start = local + 30 + head.getUint16(26, true) + head.getUint16(28, true)
        if (start + packed > source.size) fail(`${name} ends after the archive`)
        return byteReader({
          source,
          from: start,
          to: start + packed,
          packing: method === 0 ? 'none' : 'deflate',
          size: unpacked,
          operation,
          file: `${file}/${name}`,
        })
      },
    })
  }
  return members
}
