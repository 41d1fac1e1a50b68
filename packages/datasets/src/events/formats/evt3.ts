import { SnnError } from '@snn/tensor'
import type { EventBuffer } from '../buffer.js'
import type { Events, Sensor } from '../events.js'
import { streamFormat, type EventDecoder } from '../format.js'
import type { ReadNote } from '../notes.js'
import { append } from '../text-header.js'
import { earlyNote, isRaw, rawDecoder, rawHeader, unwrap } from './prophesee.js'
import { writable } from './write-checks.js'

const word = { y: 0x0, x: 0x2, baseX: 0x3, vector12: 0x4, vector8: 0x5, timeLow: 0x6, timeHigh: 0x8 } as const
const highBits = 12
/** Decoded at once, so that the room for events is checked once a block. */
const blockBytes = 8192

/**
 * Prophesee RAW EVT 3.0: little-endian 16-bit words that each change a part of the state: row, time (two halves of 12
 * bits, whose overflow every 16.8 s is counted), column and polarity with one event, or a base column and then 12 or 8
 * pixels at once as bits. Events before the first time are left out. Default sensor 1280 x 720.
 */
export const evt3 = streamFormat({
  id: 'evt3',
  description: 'Prophesee RAW EVT 3.0',
  extensions: ['.raw'],
  sniff: (head) => isRaw(head, 'EVT3'),
  decoder: (options, file) => rawDecoder('EVT3', options, file, { width: 1280, height: 720, polarities: 2 }, words),
  /** The first time must be below 2^24 us (16.8 s) and no pause longer than 8.3 s: the format knows no larger ones. */
  write(events: Events): Uint8Array {
    const { t, x, y, p, sensor } = writable('evt3', events, { t: 2 ** 48, x: 2048, y: 2048 })
    const out = new Uint16Array(5 * t.length)
    let at = 0
    let [high, low, row] = [0, -1, -1]
    for (let i = 0; i < t.length; i++) {
      const time = t[i]!
      const next = Math.floor(time / 4096)
      if (next - high > (i === 0 ? 0xfff : 2 ** (highBits - 1))) {
        throw new SnnError(
          'ARGUMENT',
          `[evt3] event ${i} at ${time} us, ${(next - high) * 4096} us after the last. Take off the first time (timeAlignment) or write EVT2.`,
          { name: 'events', value: i },
        )
      }
      if (next !== high || i === 0) {
        high = next
        low = -1
        out[at++] = (word.timeHigh << 12) | (high & 0xfff)
      }
      if (time % 4096 !== low) out[at++] = (word.timeLow << 12) | (low = time % 4096)
      if (y[i] !== row) out[at++] = (word.y << 12) | (row = y[i]!)
      out[at++] = (word.x << 12) | (p[i]! << 11) | x[i]!
    }
    return append(rawHeader('EVT3', sensor), new Uint8Array(out.buffer, 0, 2 * at))
  },
})

/** What the words before say. */
interface State {
  /** High half of the time, -1 before the first. */
  high: number
  /** Overflows of the high half. */
  turns: number
  time: number
  /** 1 once a time is known. */
  started: 0 | 1
  row: number
  column: number
  polarity: number
}

function words(sensor: Sensor, _legacy: boolean, notes: ReadNote[]): EventDecoder {
  const state: State = { high: -1, turns: 0, time: 0, started: 0, row: 0, column: 0, polarity: 0 }
  return {
    sensor,
    notes,
    needs: 2,
    decode(bytes: Uint8Array, out: EventBuffer): number {
      const end = bytes.length - (bytes.length % 2)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      const early = state.started === 1 ? 0 : eventsBeforeTime(view, end)
      if (early > 0) out.note(earlyNote(early))
      for (let from = 0; from < end; from += blockBytes)
        decodeBlock(view, from, Math.min(from + blockBytes, end), state, sensor, out)
      return end
    },
  }
}

/** How many events the words before the first time have. */
function eventsBeforeTime(view: DataView, end: number): number {
  let early = 0
  for (let at = 0; at < end; at += 2) {
    const value = view.getUint16(at, true)
    const type = value >>> 12
    if (type === word.timeHigh) break
    if (type === word.x) early++
    if (type === word.vector12 || type === word.vector8)
      for (let valid = value & (type === word.vector12 ? 0xfff : 0xff); valid !== 0; valid &= valid - 1) early++
  }
  return early
}

function decodeBlock(
  view: DataView,
  from: number,
  to: number,
  state: State,
  { width, height, polarities }: Sensor,
  out: EventBuffer,
): void {
  const count = (to - from) >> 1
  const { length: used } = out
  // Room for the whole block however full its vectors are; one event a word to begin with.
  if (used + 12 * count > out.t.length) out.reserve(Math.max(12 * count, (view.byteLength - from) >> 1))
  const { t, x, y, p } = out
  let { high, turns, time, started, row, column, polarity } = state // locals, which stay in registers
  let room = (out.room ?? 0) | (polarities - 2)
  let n = used
  for (let at = from; at < to; at += 2) {
    const value = view.getUint16(at, true)
    const type = value >>> 12
    if ((type & 0b1101) === 0) {
      // A row or a column, in no foreseeable order: both take the same path, and only a column lets the event stay.
      const isColumn = type >>> 1
      const isRow = isColumn - 1
      row = (row & ~isRow) | (value & isRow & 0x7ff)
      room |= (width - 1 - (value & 0x7ff)) | (height - 1 - row)
      t[n] = time
      x[n] = value & 0x7ff
      y[n] = row
      p[n] = (value >>> 11) & 1
      n += isColumn & started
    } else if (type === word.vector12 || type === word.vector8) {
      let valid = value & -started & (type === word.vector12 ? 0xfff : 0xff)
      for (; valid !== 0; valid &= valid - 1) {
        t[n] = time
        x[n] = column + 31 - Math.clz32(valid & -valid)
        y[n] = row
        p[n] = polarity
        n++
      }
      column += type === word.vector12 ? 12 : 8
      room |= width - column
    } else if (type === word.baseX) {
      column = value & 0x7ff
      polarity = (value >>> 11) & 1
    } else if (type === word.timeLow) {
      if (started === 1) time = (turns * 4096 + high) * 4096 + (value & 0xfff)
    } else if (type === word.timeHigh) {
      const next = value & 0xfff
      turns += unwrap(high, next, highBits)
      // The low half is sent again after a new high half; until then it is 0. A high half that is only repeated keeps
      // it.
      if (next !== high) time = (turns * 4096 + next) * 4096
      high = next
      started = 1
    }
  }
  out.length = n
  out.room = room
  Object.assign(state, { high, turns, time, started, row, column, polarity })
}
