import { convertIndexedToRgb, decode, type DecodedPng } from 'fast-png'
import { Unzlib } from 'fflate'
import { channelsFirst } from './arrays.js'
import { invalid } from './invalid.js'
import type { PictureHeader } from './picture-header.js'

/**
 * The pixels of a PNG file as [C, H, W]; transparency is left out, 16 bits are cut to 8; whether something is
 * transparent. Throws `DATA_INVALID`.
 */
export function decodePng(
  bytes: Uint8Array,
  { width, height, channels }: PictureHeader,
  file: string,
): { readonly data: Uint8Array; readonly transparent: boolean } {
  try {
    const essential = essentialChunks(bytes, width, height)
    const png = decode(essential, { checkCrc: true })
    const area = width * height
    const hasPalette = channels === 3 && png.channels === 1
    if (hasPalette) return { data: channelsFirst(convertIndexedToRgb(png), 3, area), transparent: false }
    const opaque = 2 ** png.depth - 1
    const hasAlpha = png.channels === 2 || png.channels === 4
    const transparent = hasAlpha && png.data.some((value, i) => i % png.channels === png.channels - 1 && value < opaque)
    return { data: channelsFirst(png.depth === 8 ? png.data : toBytes(png), channels, area, png.channels), transparent }
  } catch (error) {
    throw invalid('png', file, `cannot be decoded (${(error as Error).message}).`, undefined, error)
  }
}

/**
 * The file without what does not make pixels (profiles, texts, animation), each chunk whole. The image data are
 * unpacked here once without keeping them: too few would be filled up by the decoder, too many would fill the memory.
 */
function essentialChunks(bytes: Uint8Array, width: number, height: number): Uint8Array {
  const bits = bytes[24]! * ({ 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[bytes[25]!] ?? 0)
  const interlaced = bytes[28] === 1
  const rows = (Math.ceil((width * bits) / 8) + 1) * height
  const [least, most] = interlaced ? [Math.ceil((width * height * bits) / 8), 2 * rows + 8 * height + 64] : [rows, rows]
  let unpacked = 0
  const inflate = new Unzlib((chunk) => {
    unpacked += chunk.length
    if (unpacked > most) throw new Error(`more than ${most} bytes of data for ${width} x ${height} pixels`)
  })
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const parts = [bytes.subarray(0, 8)]
  for (let at = 8, name = ''; name !== 'IEND';) {
    const size = at + 8 <= bytes.length ? 12 + view.getUint32(at) : Infinity
    if (at + size > bytes.length) throw new Error(`ends within the chunk at byte ${at}`)
    name = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    if (['IHDR', 'PLTE', 'IDAT', 'IEND'].includes(name)) parts.push(bytes.subarray(at, at + size))
    if (name === 'IDAT') {
      for (let from = at + 8; from < at + size - 4; from += 16384)
        inflate.push(bytes.subarray(from, Math.min(from + 16384, at + size - 4)))
    }
    at += size
  }
  if (unpacked < least) throw new Error(`${unpacked} bytes of data for ${width} x ${height} pixels, expected ${least}`)
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    out.set(part, offset)
    offset += part.length
  }
  return out
}

/** One byte for each value: the high one of 16 bits, or gray of 1, 2 or 4 bits, packed in rows, spread to 0..255. */
function toBytes({ data, depth, width, height, channels }: DecodedPng): Uint8Array {
  if (depth === 16) return Uint8Array.from(data, (value) => value >> 8)
  const row = width * channels
  const packed = Math.ceil((row * depth) / 8)
  const top = 2 ** depth - 1
  return Uint8Array.from({ length: row * height }, (_, i) => {
    const bit = (i % row) * depth
    const byte = data[Math.floor(i / row) * packed + (bit >> 3)]!
    return (((byte >> (8 - depth - (bit & 7))) & top) * 255) / top
  })
}
