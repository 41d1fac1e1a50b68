import { invalid } from './invalid.js'

/** What the header of a picture says, read before anything is unpacked. */
export interface PictureHeader {
  readonly format: 'jpeg' | 'png'
  readonly width: number
  readonly height: number
  /** 1 for gray (with or without transparency), 3 for colour. */
  readonly channels: 1 | 3
}

const pngSignature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

/** The format that the first 8 bytes tell. */
export function pictureFormat(head: Uint8Array): PictureHeader['format'] | undefined {
  if (pngSignature.every((byte, i) => head[i] === byte)) return 'png'
  return head[0] === 0xff && head[1] === 0xd8 ? 'jpeg' : undefined
}

/**
 * Format, size and colour of a JPEG or PNG file. Throws `DATA_INVALID` for anything else and for sizes its bytes cannot
 * hold.
 */
export function parsePictureHeader(bytes: Uint8Array, file: string): PictureHeader {
  const header = pictureFormat(bytes) === 'png' ? pngHeader(bytes, file) : jpegHeader(bytes, file)
  // Both formats take at least 1 bit for a run of pixels: deflate 1032 : 1 at 1 bit a pixel, JPEG one bit for an 8 x 8
  // block.
  const possible = bytes.length * (header.format === 'png' ? 8 * 1032 : 8 * 64)
  const { width, height } = header
  if (width < 1 || height < 1 || width * height > Math.min(possible, 2 ** 27)) {
    throw invalid(
      'picture',
      file,
      `${width} x ${height} pixels in ${bytes.length} bytes, expected at least 1 x 1 and no more than fit.`,
    )
  }
  return header
}

/** IHDR is always the first chunk: length, name, width, height, depth, colour type. */
function pngHeader(bytes: Uint8Array, file: string): PictureHeader {
  if (bytes.length < 33 || String.fromCharCode(...bytes.subarray(12, 16)) !== 'IHDR')
    throw invalid('png', file, 'no header chunk IHDR.', 8)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const isColour = (bytes[25]! & 2) !== 0
  return { format: 'png', width: view.getUint32(16), height: view.getUint32(20), channels: isColour ? 3 : 1 }
}

/**
 * Walks the segments to the start of frame: FF C0..CF but C4, C8 and CC; length, precision, height, width, components.
 */
function jpegHeader(bytes: Uint8Array, file: string): PictureHeader {
  if (pictureFormat(bytes) !== 'jpeg') throw invalid('picture', file, 'neither JPEG nor PNG by its first bytes.', 0)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 2
  while (at + 10 <= bytes.length) {
    if (bytes[at] !== 0xff) throw invalid('jpeg', file, 'no marker where a segment must start.', at)
    const marker = bytes[at + 1]!
    if (marker === 0xff || marker === 0x01) {
      at += marker === 0xff ? 1 : 2 // fill byte; TEM has no length
      continue
    }
    if (marker === 0xda || marker === 0xd9) break
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return {
        format: 'jpeg',
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        channels: bytes[at + 9] === 1 ? 1 : 3,
      }
    }
    at += 2 + view.getUint16(at + 2)
  }
  throw invalid('jpeg', file, 'no start of frame, expected one before the image data.', Math.min(at, bytes.length))
}
