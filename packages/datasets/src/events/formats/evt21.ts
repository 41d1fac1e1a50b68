import type { EventBuffer } from '../buffer.js'
import type { Events, Sensor } from '../events.js'
import { streamFormat, type EventDecoder } from '../format.js'
import type { ReadNote } from '../notes.js'
import { append } from '../text-header.js'
import { earlyNote, isRaw, rawDecoder, rawHeader, unwrap } from './prophesee.js'
import { writable } from './write-checks.js'

const highBits = 28

/**
 * Prophesee RAW EVT 2.1: little-endian 64-bit words. The high half is a word of EVT 2.0; in an event word the low half
 * tells by its bits which of the 32 pixels from x on have an event. `endianness=legacy` in the header exchanges the
 * halves. Default sensor 1280 x 720.
 */
export const evt21 = streamFormat({
  id: 'evt21',
  description: 'Prophesee RAW EVT 2.1',
  extensions: ['.raw'],
  sniff: (head) => isRaw(head, 'EVT21'),
  decoder: (options, file) => rawDecoder('EVT21', options, file, { width: 1280, height: 720, polarities: 2 }, words),
  write(events: Events): Uint8Array {
    const { t, x, y, p, sensor } = writable('evt21', events, { t: 2 ** 34, x: 2048, y: 2048 })
    const body = new Uint8Array(16 * t.length)
    const view = new DataView(body.buffer)
    let at = 0
    let high = -1
    for (let i = 0; i < t.length;) {
      const next = Math.floor(t[i]! / 64)
      if (next !== high) {
        high = next
        view.setUint32(at + 4, 0x80000000 + high, true)
        at += 8
      }
      // Events of one time, row and polarity whose columns rise within 32 pixels share a word.
      const base = x[i]! & ~31
      const time = t[i]!
      const row = y[i]!
      const polarity = p[i]!
      let valid = 0
      for (
        let last = -1;
        i < t.length && t[i] === time && y[i] === row && p[i] === polarity && x[i]! > last && x[i]! < base + 32;
        i++
      ) {
        last = x[i]!
        valid |= 1 << (last - base)
      }
      view.setUint32(at, valid, true)
      view.setUint32(at + 4, (polarity << 28) | ((time % 64) << 22) | (base << 11) | row, true)
      at += 8
    }
    return append(rawHeader('EVT21', sensor), body.subarray(0, at))
  },
})

function words(sensor: Sensor, legacy: boolean, notes: ReadNote[]): EventDecoder {
  const [lowHalf, highHalf] = legacy ? [4, 0] : [0, 4]
  const state = { high: -1, base: 0, turns: 0 }
  return {
    sensor,
    notes,
    needs: 8,
    decode(bytes: Uint8Array, out: EventBuffer): number {
      const end = bytes.length - (bytes.length % 8)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      let { t, x, y, p, length: n } = out
      let early = 0
      let { high, base, turns } = state // locals, which stay in registers
      for (let at = 0; at < end; at += 8) {
        const word = view.getUint32(at + highHalf, true)
        const type = word >>> 28
        if (type === 8) {
          const next = word & 0xfffffff
          turns += unwrap(high, next, highBits)
          high = next
          base = (turns * 2 ** highBits + high) * 64
        } else if (type < 2 && high < 0) {
          for (let valid = view.getUint32(at + lowHalf, true); valid !== 0; valid &= valid - 1) early++
        } else if (type < 2) {
          if (n + 32 > t.length) {
            out.length = n
            out.reserve(Math.max(32, (end - at) / 2)) // four events a word to begin with
            ;({ t, x, y, p } = out)
          }
          const time = base + ((word >>> 22) & 0x3f)
          const left = (word >>> 11) & 0x7ff
          const row = word & 0x7ff
          for (let valid = view.getUint32(at + lowHalf, true); valid !== 0; valid &= valid - 1) {
            t[n] = time
            x[n] = left + 31 - Math.clz32(valid & -valid)
            y[n] = row
            p[n] = type
            n++
          }
        }
      }
      if (early > 0) out.note(earlyNote(early))
      out.length = n
      Object.assign(state, { high, base, turns })
      return end
    },
  }
}
