import { Inflate, Unzlib, inflateSync } from 'fflate'
import { joinBytes, type ByteSource } from './bytes.js'
import { readElements, type ElementType } from './elements.js'
import { invalid } from './invalid.js'

/** Bytes that are read one after another. */
export interface ByteReader {
  /** The next `count` bytes; fewer at the end. */
  take(count: number): Promise<Uint8Array>
}

export interface PackedPart {
  readonly source: ByteSource
  readonly from: number
  readonly to: number
  readonly packing: 'none' | 'deflate' | 'zlib'
  /** Bytes when unpacked, where that is known. */
  readonly size?: number
  /** For errors. */
  readonly operation: string
  readonly file: string
}

/** A part that is no larger than this is unpacked as a whole, which is faster. */
const smallPart = 2 ** 17

/** Packed bytes unpacked at once; they become at most 1032 times as many. */
const packedPiece = 2 ** 14

/**
 * Reads a part of a source, unpacking it, so that only what is taken is in memory. `take` throws `DATA_INVALID` for
 * damaged data.
 */
export function byteReader({ source, from, to, packing, size = Infinity, operation, file }: PackedPart): ByteReader {
  let at = from
  const read = async (count: number): Promise<Uint8Array> => {
    const bytes = await source.read(at, Math.min(at + count, to))
    at += bytes.length
    if (bytes.length < Math.min(count, to - at + bytes.length)) throw invalid(operation, file, 'ends too early.', at)
    return bytes
  }
  if (packing === 'none') return { take: read }
  let held: Uint8Array[] = []
  let length = 0
  const hold = (part: Uint8Array): void => {
    held.push(part)
    length += part.length
  }
  const small = packing === 'deflate' && size <= smallPart
  const inflate = new (packing === 'zlib' ? Unzlib : Inflate)(hold)
  const unpackNext = async (): Promise<void> => {
    const bytes = await read(small ? to - at : packedPiece)
    try {
      if (small) hold(inflateSync(bytes, { out: new Uint8Array(size) }))
      else inflate.push(bytes, at === to)
    } catch (error) {
      throw invalid(operation, file, `damaged compressed data (${(error as Error).message}).`, undefined, error)
    }
  }
  return {
    async take(count) {
      for (;;) {
        if (length >= count || at >= to) break
        await unpackNext()
      }
      const bytes = joinBytes(held)
      const taken = bytes.subarray(0, count)
      held = count < bytes.length ? [bytes.subarray(count)] : []
      length -= taken.length
      return taken
    },
  }
}

/** Numbers that are read one after another. */
export interface ColumnReader {
  /**
   * The next `count` numbers; integers of 32 and 64 bits as doubles. Throws `DATA_INVALID` where there are not so many.
   */
  next(count: number): Promise<ArrayLike<number>>
}

export function columnReader(
  reader: ByteReader,
  {
    operation,
    file,
    type,
    bigEndian,
  }: { readonly operation: string; readonly file: string; readonly type: ElementType; readonly bigEndian: boolean },
): ColumnReader {
  const size = Number(type[1])
  return {
    async next(count) {
      const bytes = await reader.take(count * size)
      return readElements({ operation, file, bytes, offset: 0, type, bigEndian, shape: [count], wide: true }).data
    },
  }
}
