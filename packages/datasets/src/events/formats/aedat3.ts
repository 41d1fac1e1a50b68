import { invalid } from '../../invalid.js'
import type { EventBuffer } from '../buffer.js'
import type { Events, Sensor } from '../events.js'
import { chosenSensor, streamFormat, type EventDecoder } from '../format.js'
import { afterHeader, append, startsWith } from '../text-header.js'
import { writable } from './write-checks.js'

export interface Aedat3Options {
  /**
   * Also slots of a packet that its header does not count and events that are marked invalid, as SpikingJelly reads
   * them. Default false.
   */
  readonly invalidToo?: boolean
}

const packetHeader = 28
const polarityEvent = 1
/** Cameras send packets of some thousand events. */
const largestPacket = 256 * 2 ** 20

/**
 * AEDAT 3.1 of cAER (DVS128 Gesture): `#` lines up to `#!END-HEADER`, then little-endian packets of events of one type.
 * t = time | overflow << 31. Only polarity events are read. The sensor is 128 x 128 unless the header or the options
 * say another.
 */
export const aedat3 = streamFormat<Aedat3Options>({
  id: 'aedat3',
  description: 'AEDAT 3.1 of cAER: DVS128 Gesture',
  extensions: ['.aedat'],
  options: ['invalidToo'],
  sniff: (head) => startsWith(head, '#!AER-DAT3'),
  decoder(options, file): EventDecoder {
    return afterHeader({ operation: 'aedat3', file, mark: '#', last: '#!END-HEADER' }, (lines) => {
      if (!lines[0]?.startsWith('#!AER-DAT3'))
        throw invalid(
          'aedat3',
          file,
          `starts with ${JSON.stringify((lines[0] ?? '').slice(0, 40))}, expected #!AER-DAT3.1.`,
          0,
        )
      if (lines.at(-1) !== '#!END-HEADER') throw invalid('aedat3', file, 'a header without #!END-HEADER.')
      const format = lines.map((line) => /^#Format:\s*(\S.*?)\s*$/i.exec(line)?.[1]).find((name) => name !== undefined)
      if (format !== undefined && !/^raw$/i.test(format))
        throw invalid(
          'aedat3',
          file,
          `packets of the format ${JSON.stringify(format.slice(0, 40))}, expected RAW. Record it without compression, or write it again with cAER as RAW.`,
        )
      return packets(chosenSensor('aedat3', options, sensorIn(lines)), options.invalidToo ?? false, file)
    })
  },
  write(events: Events): Uint8Array {
    const { t, x, y, p, sensor } = writable('aedat3', events, { t: 2 ** 62, x: 2 ** 15, y: 2 ** 15 })
    const perPacket = 4096
    const parts: [from: number, to: number][] = []
    for (let from = 0; from < t.length;) {
      const epoch = Math.floor(t[from]! / 2 ** 31)
      let to = from
      while (to < t.length && to - from < perPacket && Math.floor(t[to]! / 2 ** 31) === epoch) to++
      parts.push([from, to])
      from = to
    }
    const body = new Uint8Array(parts.length * packetHeader + 8 * t.length)
    const view = new DataView(body.buffer)
    let at = 0
    for (const [from, to] of parts) {
      view.setUint16(at, polarityEvent, true)
      view.setUint16(at + 2, 1, true)
      view.setUint32(at + 4, 8, true)
      view.setUint32(at + 8, 4, true)
      view.setUint32(at + 12, Math.floor(t[from]! / 2 ** 31), true)
      for (const field of [16, 20, 24]) view.setUint32(at + field, to - from, true)
      at += packetHeader
      for (let i = from; i < to; i++, at += 8) {
        view.setUint32(at, 1 | (p[i]! << 1) | (y[i]! << 2) | (x[i]! << 17), true)
        view.setUint32(at + 4, t[i]! % 2 ** 31, true)
      }
    }
    return append(
      `#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#Sensor: ${sensor.width} x ${sensor.height}\r\n#!END-HEADER\r\n`,
      body,
    )
  },
})

function sensorIn(lines: readonly string[]): Sensor {
  const text = lines.join('\n')
  const [, width, height] = /^#Sensor: (\d+) x (\d+)$/m.exec(text) ?? []
  if (width && height) return { width: Number(width), height: Number(height), polarities: 2 }
  const source = /^#Source \d+: (\S+)/m.exec(text)?.[1] ?? ''
  if (/240/.test(source)) return { width: 240, height: 180, polarities: 2 }
  if (/346/.test(source)) return { width: 346, height: 260, polarities: 2 }
  if (/640/.test(source)) return { width: 640, height: 480, polarities: 2 }
  return { width: 128, height: 128, polarities: 2 }
}

function packets(sensor: Sensor, invalidToo: boolean, file: string): EventDecoder {
  let needs = packetHeader
  return {
    sensor,
    get needs(): number {
      return needs
    },
    decode(bytes: Uint8Array, out: EventBuffer): number {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      let at = 0
      needs = packetHeader
      while (at + packetHeader <= bytes.length) {
        const type = view.getUint16(at, true)
        const size = view.getUint32(at + 4, true)
        const overflow = view.getUint32(at + 12, true) * 2 ** 31
        const capacity = view.getUint32(at + 16, true)
        const number = view.getUint32(at + 20, true)
        const length = packetHeader + capacity * size
        if (length > largestPacket || number > capacity || (type === polarityEvent && size !== 8)) {
          throw invalid(
            'aedat3',
            file,
            `a packet with ${number} of ${capacity} events of ${size} bytes, which cannot be.`,
          )
        }
        if (at + length > bytes.length) {
          needs = length
          break
        }
        if (type === polarityEvent)
          polarities(view, at + packetHeader, invalidToo ? capacity : number, overflow, invalidToo, out)
        at += length
      }
      return at
    },
    // A recording that was cut off ends within a packet: its whole events are read.
    end(rest: Uint8Array, out: EventBuffer): number {
      if (rest.length < packetHeader) return 0
      const view = new DataView(rest.buffer, rest.byteOffset, rest.length)
      if (view.getUint16(0, true) !== polarityEvent) return 0
      const number = view.getUint32(20, true)
      const count = Math.min(number, Math.floor((rest.length - packetHeader) / 8))
      polarities(view, packetHeader, count, view.getUint32(12, true) * 2 ** 31, invalidToo, out)
      if (count < number)
        out.note({
          about: 'source',
          count: number - count,
          text: 'events of the last packet missing: the file is cut within it',
        })
      return rest.length
    },
  }
}

function polarities(
  view: DataView,
  from: number,
  count: number,
  overflow: number,
  invalidToo: boolean,
  out: EventBuffer,
): void {
  out.reserve(count)
  const { t, x, y, p } = out
  let n = out.length
  let marked = 0
  const end = from + count * 8
  for (let at = from; at < end; at += 8) {
    const data = view.getUint32(at, true)
    if ((data & 1) === 0 && !invalidToo) {
      marked++
      continue
    }
    x[n] = data >>> 17
    y[n] = (data >>> 2) & 0x7fff
    p[n] = (data >>> 1) & 1
    t[n] = view.getInt32(at + 4, true) + overflow
    n++
  }
  if (marked > 0)
    out.note({
      about: 'skipped',
      count: marked,
      text: 'events that are marked invalid left out; { invalidToo } reads them, too',
    })
  out.length = n
}
