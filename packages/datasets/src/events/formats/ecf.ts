import { invalid } from '../../invalid.js'

/** Bytes of an event when unpacked: x u16, y u16, p i16, two unused, t i64 in us, little-endian. */
export const ecfEventBytes = 16
/** Most events of a block. */
export const mostEcfEvents = 65535

/**
 * The events of a block of ECF, by which Prophesee packs the chunks of `CD/events` in HDF5 (filter 36559), as `most`
 * records of 16 bytes; those beyond the events are void. A block with fewer than `least` or more than `most` is
 * refused. All numbers are little-endian:
 *
 * - u32: bit 0 says that x and p are packed, bit 1 that y, x and p are; from bit 2 on the number of events.
 * - t: u64, the time before the first event; then bytes `step << 4 | n`: n events, `step` us later; n = 15 says that a
 *   u16 with the number follows. A step of 15 says that n is 4 more bits, beginning with the lowest, of a longer step
 *   that the next events wait.
 * - y, x and p packed: 12 bytes for 4 events of 24 bits, `y << 12 | x << 1 | p`: the first and the low byte of the
 *   second, the rest of the second and the low half of the third, the rest of the third and the fourth.
 * - else y: u16 `y << 5 | n`, n events; n = 31 says that a u16 with the number follows.
 *   - x and p packed: in the same way 6 bytes for 4 events of 12 bits, `x << 1 | p`.
 *   - else x: u16 `x << 5 | mask`; bit 4 - i of the mask says that an event at x + 1 + i follows. What the last mask
 *     says beyond the last event is void.
 *     Then p: u8 `p << 7 | n`, n events; n = 127 says that a u16 with the number follows.
 *
 * Throws `DATA_INVALID`. Source: https://github.com/prophesee-ai/hdf5_ecf.
 */
export function unpackEcf(
  bytes: Uint8Array,
  least: number,
  most: number,
  operation: string,
  file: string,
): Uint8Array<ArrayBuffer> {
  const fail = (what: string): never => {
    throw invalid(operation, file, `damaged ECF data (${what}).`)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  const next = (size: number): number => {
    if (at + size > bytes.length) fail('ends too early')
    at += size
    return at - size
  }
  const u8 = (): number => bytes[next(1)]!
  const u16 = (): number => view.getUint16(next(2), true)
  const u32 = (): number => view.getUint32(next(4), true)

  const head = u32()
  const count = head >>> 2
  if (count < least || count > most)
    fail(`${count} events in a chunk of ${least === most ? most : `${least} to ${most}`}`)
  const t = new Float64Array(count)
  const [x, y, p] = [new Uint16Array(count), new Uint16Array(count), new Uint16Array(count)]
  /** Fills a column by runs that have `bits` for their length or say that it follows. */
  const runs = (
    column: Uint16Array | Float64Array,
    read: () => number,
    bits: number,
    valueOf = (word: number): number => word >>> bits,
  ): void => {
    const longer = 2 ** bits - 1
    for (let i = 0; i < count;) {
      const word = read()
      const short = word & longer
      const end = i + (short === longer ? u16() : short)
      if (end > count) fail('a run beyond the last event')
      column.fill(valueOf(word), i, end)
      i = end
    }
  }
  /** Fills columns by fours of values, each of three quarters of a word, in three words. */
  const quads = (read: () => number, bits: number, put: (value: number, i: number) => void): void => {
    const part = bits / 4
    const [low, half, most] = [2 ** part - 1, 2 ** (2 * part) - 1, 2 ** (3 * part) - 1]
    for (let i = 0; i < count; i += 4) {
      const [a, b, c] = [read(), read(), read()]
      put(a >>> part, i)
      put((a & low) | ((b >>> (2 * part)) << part), i + 1)
      put((b & half) | ((c >>> (3 * part)) << (2 * part)), i + 2)
      put(c & most, i + 3)
    }
  }

  let time = u32() + 2 ** 32 * u32()
  const step = (): number => {
    let word = u8()
    for (let factor = 1; word >>> 4 === 15; factor *= 16) {
      time += (word & 15) * factor
      word = u8()
    }
    time += word >>> 4
    if (!(time <= Number.MAX_SAFE_INTEGER)) fail('a time of more than 2^53 us')
    return word
  }
  runs(t, step, 4, () => time)
  if ((head & 2) !== 0) {
    quads(u32, 32, (value, i) => {
      y[i] = (value >>> 12) & 0x7ff
      x[i] = (value >>> 1) & 0x7ff
      p[i] = value & 1
    })
  } else {
    runs(y, u16, 5)
    if ((head & 1) !== 0) {
      quads(u16, 16, (value, i) => {
        x[i] = value >>> 1
        p[i] = value & 1
      })
    } else {
      for (let i = 0; i < count;) {
        const word = u16()
        x[i++] = word >>> 5
        for (let j = 0; j < 5; j++) if ((word & (16 >>> j)) !== 0) x[i++] = (word >>> 5) + 1 + j
      }
      runs(p, u8, 7)
    }
  }
  const out = new Uint8Array(most * ecfEventBytes)
  const [halves, words] = [new Uint16Array(out.buffer), new Uint32Array(out.buffer)]
  for (let i = 0; i < count; i++) {
    halves[8 * i] = x[i]!
    halves[8 * i + 1] = y[i]!
    halves[8 * i + 2] = p[i]!
    words[4 * i + 2] = t[i]!
    words[4 * i + 3] = t[i]! / 2 ** 32
  }
  return out
}
