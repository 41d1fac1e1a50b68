import { invalid } from '../../invalid.js'

const magic = 0x184d2204
const blockSizes: Readonly<Record<number, number>> = { 4: 2 ** 16, 5: 2 ** 18, 6: 2 ** 20, 7: 2 ** 22 }

/**
 * Unpacked LZ4 frame. Written here because the libraries for JavaScript trust the file: every length and every distance
 * is checked, and no more than `limit` bytes are made. Checksums are not checked. Throws `DATA_INVALID`.
 */
export function unpackLz4(bytes: Uint8Array, operation: string, file: string, limit: number): Uint8Array {
  const fail = (what: string): never => {
    throw invalid(operation, file, `damaged LZ4 data (${what}).`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length < 7 || view.getUint32(0, true) !== magic) fail('no frame')
  const flags = bytes[4]!
  if (flags >>> 6 !== 1) fail(`version ${flags >>> 6}`)
  const blockSize = blockSizes[(bytes[5]! >>> 4) & 7] ?? fail('block size')
  const blockChecksum = (flags & 0x10) !== 0 ? 4 : 0
  let at = 6 + ((flags & 0x08) !== 0 ? 8 : 0) + ((flags & 0x01) !== 0 ? 4 : 0) + 1
  let out = new Uint8Array(Math.min(limit, Math.max(1024, 4 * bytes.length)))
  let length = 0
  const reserve = (more: number): void => {
    if (length + more > limit) fail(`more than ${limit} bytes`)
    if (length + more <= out.length) return
    const larger = new Uint8Array(Math.min(limit, Math.max(length + more, 2 * out.length)))
    larger.set(out.subarray(0, length))
    out = larger
  }
  for (;;) {
    if (at + 4 > bytes.length) fail('ends within a frame')
    const head = view.getUint32(at, true)
    at += 4
    if (head === 0) return out.subarray(0, length)
    const size = head & 0x7fffffff
    const end = at + size
    if (end > bytes.length) fail('ends within a block')
    if (head >>> 31 === 1) {
      reserve(size)
      out.set(bytes.subarray(at, end), length)
      length += size
    } else {
      const from = length
      while (at < end) {
        const token = bytes[at++]!
        let literals = token >>> 4
        if (literals === 15) {
          let more = 255
          while (more === 255) {
            if (at >= end) fail('length')
            literals += more = bytes[at++]!
          }
        }
        if (at + literals > end || length + literals - from > blockSize) fail('literals')
        reserve(literals)
        if (literals > 16) {
          out.set(bytes.subarray(at, at + literals), length)
          at += literals
          length += literals
        } else {
          for (let i = 0; i < literals; i++) out[length++] = bytes[at++]!
        }
        if (at === end) break
        if (at + 2 > end) fail('distance')
        const distance = bytes[at]! | (bytes[at + 1]! << 8)
        at += 2
        let match = (token & 15) + 4
        if (match === 19) {
          let more = 255
          while (more === 255) {
            if (at >= end) fail('length')
            match += more = bytes[at++]!
          }
        }
        if (distance === 0 || distance > length || length + match - from > blockSize) fail('match')
        reserve(match)
        for (let source = length - distance, last = length + match; length < last;) out[length++] = out[source++]!
      }
    }
    at = end + blockChecksum
  }
}
