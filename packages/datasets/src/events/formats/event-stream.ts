import { SnnError } from '@snn/tensor'
import { checkBytes } from '@snn/tensor/library'
import { invalid } from '../../invalid.js'
import type { EventBuffer } from '../buffer.js'
import { sensorOf, type Events, type Sensor } from '../events.js'
import { chosenSensor, streamFormat, type EventDecoder } from '../format.js'
import { append, startsWith } from '../text-header.js'
import { writable } from './write-checks.js'

const magic = 'Event Stream'
const types = ['generic', 'dvs', 'atis', 'amd', 'color'] as const

/**
 * Event Stream 2.0 (.es): `Event Stream`, three bytes of version, one of type, width and height, then events of 5 bytes
 * whose first holds the time since the last one; longer pauses are overflow bytes. Types dvs and atis are read (of atis
 * the change events, not the exposure measurements); for generic ones, which have no place, see `eventStreamMessages`.
 */
export const eventStream = streamFormat({
  id: 'es',
  description: 'Event Stream 2.0 (.es): DVS and ATIS events',
  extensions: ['.es'],
  sniff: (head) => startsWith(head, magic),
  decoder(options, file): EventDecoder {
    let inner: EventDecoder | undefined
    return {
      get sensor(): Sensor | undefined {
        return inner?.sensor
      },
      decode(bytes: Uint8Array, out: EventBuffer): number {
        if (inner) return inner.decode(bytes, out)
        if (bytes.length < 20 && (bytes.length < 16 || bytes[15] === 1 || bytes[15] === 2)) return 0
        const type = headerType(bytes, file)
        if (type !== 'dvs' && type !== 'atis') {
          const fix = type === 'generic' ? 'Read it with eventStreamMessages.' : 'Convert it.'
          throw invalid('es', file, `events of type ${type}, expected dvs or atis. ${fix}`, 15)
        }
        const view = new DataView(bytes.buffer, bytes.byteOffset, 20)
        const [width, height] = [view.getUint16(16, true), view.getUint16(18, true)]
        if (width === 0 || height === 0) throw invalid('es', file, `a sensor of ${width} x ${height}.`, 16)
        inner =
          type === 'dvs'
            ? events(0x7f, 1, chosenSensor('es', options, sensorOf(width, height, 2)))
            : events(0x3f, 2, chosenSensor('es', options, sensorOf(width, height, 2)))
        return 20 + inner.decode(bytes.subarray(20), out)
      },
    }
  },
  write(recording: Events): Uint8Array {
    const { t, x, y, p, sensor } = writable('es', recording, { t: 2 ** 53, x: 65536, y: 65536 })
    if (sensor.width > 65535 || sensor.height > 65535)
      throw new SnnError('ARGUMENT', '[es] a sensor of 65536 pixels, expected at most 65535 a side.', {
        name: 'sensor',
        value: sensor,
      })
    let size = 0
    for (let i = 0; i < t.length; i++) size += 5 + Math.floor((t[i]! - (t[i - 1] ?? 0)) / 127)
    if (size > 2 ** 32)
      throw new SnnError(
        'ARGUMENT',
        `[es] ${size} bytes, most of them for pauses. Take off the first time (timeAlignment).`,
        { name: 'events', value: size },
      )
    const body = new Uint8Array(size + 8)
    body.set([2, 0, 0, 1, sensor.width & 0xff, sensor.width >> 8, sensor.height & 0xff, sensor.height >> 8])
    let at = 8
    for (let i = 0; i < t.length; i++) {
      let wait = t[i]! - (t[i - 1] ?? 0)
      for (; wait >= 127; wait -= 127) body[at++] = 0xff
      body[at++] = (wait << 1) | p[i]!
      body[at++] = x[i]!
      body[at++] = x[i]! >>> 8
      body[at++] = y[i]!
      body[at++] = y[i]! >>> 8
    }
    return append(magic, body)
  },
})

function headerType(bytes: Uint8Array, file: string): (typeof types)[number] {
  if (bytes.length < 16 || !startsWith(bytes, magic))
    throw invalid('es', file, 'does not start as an Event Stream file.', 0)
  if (bytes[12] !== 2) throw invalid('es', file, `version ${bytes[12]}.${bytes[13]}, expected 2.0.`, 12)
  const type = types[bytes[15]!]
  if (type === undefined) throw invalid('es', file, `events of type ${bytes[15]}, expected 0 to 4.`, 15)
  return type
}

/** `longest` time in the first byte above `flags` bits of polarity (and, of atis, exposure). */
function events(longest: number, flags: 1 | 2, sensor: Sensor): EventDecoder {
  let last = 0
  return {
    sensor,
    decode(bytes: Uint8Array, out: EventBuffer): number {
      out.reserve(Math.ceil(bytes.length / 5))
      const { t, x, y, p } = out
      let n = out.length
      let time = last
      let at = 0
      while (at < bytes.length) {
        const first = bytes[at]!
        const wait = first >>> flags
        if (wait === longest) {
          // dvs: 0xff overflow, 0xfe reset; atis: the low bits count overflows, and 0 of them is a reset.
          time += flags === 1 ? (first & 1) * longest : (first & 3) * longest
          at++
          continue
        }
        if (at + 5 > bytes.length) break
        time += wait
        if (flags === 1 || (first & 1) === 0) {
          t[n] = time
          x[n] = bytes[at + 1]! | (bytes[at + 2]! << 8)
          y[n] = bytes[at + 3]! | (bytes[at + 4]! << 8)
          p[n] = flags === 1 ? first & 1 : (first >>> 1) & 1
          n++
        }
        at += 5
      }
      out.length = n
      last = time
      return at
    },
  }
}

/** One event of an Event Stream file of type generic: bytes at a time in us. */
export interface StreamMessage {
  readonly t: number
  readonly bytes: Uint8Array
}

/**
 * The events of an Event Stream file of type generic. A last one that is cut off is left out. Throws `DATA_INVALID`.
 */
export function eventStreamMessages(given: Uint8Array, file = 'es'): StreamMessage[] {
  const bytes = checkBytes('eventStreamMessages', given)
  const type = headerType(bytes, file)
  if (type !== 'generic') throw invalid('es', file, `events of type ${type}, expected generic.`, 15)
  const messages: StreamMessage[] = []
  let t = 0
  for (let at = 16; at < bytes.length;) {
    const first = bytes[at++]!
    if (first === 0xff) t += 0xfe
    if (first >= 0xfe) continue
    t += first
    let size = 0
    let more = true
    for (let shift = 0; more; shift += 7) {
      if (at >= bytes.length) return messages
      if (shift > 28) throw invalid('es', file, 'an event of more than 2^35 bytes.', at)
      const byte = bytes[at++]!
      size += (byte >>> 1) * 2 ** shift
      more = (byte & 1) === 1
    }
    if (at + size > bytes.length) return messages
    messages.push({ t, bytes: bytes.slice(at, at + size) })
    at += size
  }
  return messages
}
