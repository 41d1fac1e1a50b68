import type { EventBuffer } from '../buffer.js'
import type { Events, Sensor } from '../events.js'
import { streamFormat, type EventDecoder } from '../format.js'
import type { ReadNote } from '../notes.js'
import { append } from '../text-header.js'
import { earlyNote, isRaw, rawDecoder, rawHeader, unwrap } from './prophesee.js'
import { writable } from './write-checks.js'

const highBits = 28
const lowBits = 6

/**
 * Prophesee RAW EVT 2.0: little-endian 32-bit words; bits 28-31 are the type (0 darker, 1 brighter, 8 time), an event
 * has 6 low bits of time, 11 of x and 11 of y, and a time word the 28 high bits, whose overflow (every 4.8 hours) is
 * counted. Events before the first time word have no time and are left out. Default sensor 640 x 480.
 */
export const evt2 = streamFormat({
  id: 'evt2',
  description: 'Prophesee RAW EVT 2.0',
  extensions: ['.raw'],
  sniff: (head) => isRaw(head, 'EVT2'),
  decoder: (options, file) => rawDecoder('EVT2', options, file, { width: 640, height: 480, polarities: 2 }, words),
  write(events: Events): Uint8Array {
    const { t, x, y, p, sensor } = writable('evt2', events, { t: 2 ** (highBits + lowBits), x: 2048, y: 2048 })
    const body = new Uint8Array(8 * t.length + 4)
    const view = new DataView(body.buffer)
    let at = 0
    let high = -1
    for (let i = 0; i < t.length; i++) {
      const next = Math.floor(t[i]! / 64)
      if (next !== high) {
        high = next
        view.setUint32(at, 0x80000000 + high, true)
        at += 4
      }
      view.setUint32(at, (p[i]! << 28) | ((t[i]! % 64) << 22) | (x[i]! << 11) | y[i]!, true)
      at += 4
    }
    return append(rawHeader('EVT2', sensor), body.subarray(0, at))
  },
})

function words(sensor: Sensor, _legacy: boolean, notes: ReadNote[]): EventDecoder {
  const state = { high: -1, base: 0, turns: 0 }
  return {
    sensor,
    notes,
    needs: 4,
    decode(bytes: Uint8Array, out: EventBuffer): number {
      const end = bytes.length - (bytes.length % 4)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      out.reserve(end / 4)
      const { t, x, y, p } = out
      const [lastX, lastY] = [sensor.width - 1, sensor.height - 1]
      let room = (out.room ?? 0) | (sensor.polarities - 2)
      let n = out.length
      let early = 0
      let { high, base, turns } = state // locals, which stay in registers
      for (let at = 0; at < end; at += 4) {
        const word = view.getUint32(at, true)
        const type = word >>> 28
        if (type < 2) {
          if (high < 0) {
            early++
            continue
          }
          t[n] = base + ((word >>> 22) & 0x3f)
          const column = (word >>> 11) & 0x7ff
          const row = word & 0x7ff
          room |= (lastX - column) | (lastY - row)
          x[n] = column
          y[n] = row
          p[n] = type
          n++
        } else if (type === 8) {
          const next = word & 0xfffffff
          turns += unwrap(high, next, highBits)
          high = next
          base = (turns * 2 ** highBits + high) * 2 ** lowBits
        }
      }
      if (early > 0) out.note(earlyNote(early))
      out.length = n
      out.room = room
      Object.assign(state, { high, base, turns })
      return end
    },
  }
}
