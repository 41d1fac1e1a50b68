import { invalid } from '../../invalid.js'
import type { EventBuffer } from '../buffer.js'
import { takeTurns, timeCounter, turnsNote } from '../counter.js'
import type { Events, Sensor } from '../events.js'
import { chosenSensor, streamFormat, type EventDecoder } from '../format.js'
import { assumedSensor } from '../notes.js'
import { afterHeader, append, startsWith } from '../text-header.js'
import { writable } from './write-checks.js'

export interface DatOptions {
  /**
   * Bits of x, y, p: `14` (Prophesee, `% Version 2`) or `9` with 8 of y (ATIS, NavGesture). Default: by the version in
   * the header.
   */
  readonly xBits?: 9 | 14
}

/**
 * Prophesee and ATIS .dat (N-CARS, NavGesture): `%` lines, a byte of event type and one of size (8), then little-endian
 * records of 32 bits of time in us and 32 of x, y and p. Rows are as stored (NavGesture's are upside down). Default
 * sensor: 304 x 240.
 */
export const dat = streamFormat<DatOptions, DatOptions>({
  id: 'dat',
  description: 'Prophesee and ATIS .dat: N-CARS, NavGesture',
  extensions: ['.dat'],
  options: ['xBits'],
  writeOptions: ['xBits'],
  sniff: (head) =>
    startsWith(head, '% Data file') ||
    (startsWith(head, '%') &&
      /^%[^\n]*(event|version \d|data file)/im.test(new TextDecoder('latin1').decode(head)) &&
      !/^% (evt|format EVT)/m.test(new TextDecoder('latin1').decode(head))),
  decoder(options, file): EventDecoder {
    return afterHeader({ operation: 'dat', file, mark: '%' }, (lines) => {
      const text = lines.join('\n')
      const size = (name: string): number => Number(new RegExp(`^% ?${name} (\\d+)`, 'im').exec(text)?.[1] ?? 0)
      const stated =
        size('width') > 0 && size('height') > 0
          ? { width: size('width'), height: size('height'), polarities: 2 }
          : undefined
      const version = Number(/^% ?version (\d+)/im.exec(text)?.[1] ?? 1)
      const sensor = chosenSensor('dat', options, stated ?? atis)
      return records(sensor, options.xBits ?? (version >= 2 ? 14 : 9), file)
    })
  },
  write(events: Events, { xBits = 14 }): Uint8Array {
    const yBits = xBits === 14 ? 14 : 8
    const { t, x, y, p, sensor } = writable('dat', events, { t: 2 ** 32, x: 2 ** xBits, y: 2 ** yBits })
    const body = new Uint8Array(2 + 8 * t.length)
    body[1] = 8
    const view = new DataView(body.buffer)
    for (let i = 0, at = 2; i < t.length; i++, at += 8) {
      view.setUint32(at, t[i]!, true)
      view.setUint32(at + 4, x[i]! | (y[i]! << xBits) | (p[i]! << (xBits + yBits)), true)
    }
    return append(
      `% Data file containing CD events.\n% Version ${xBits === 14 ? 2 : 1}\n% Height ${sensor.height}\n% Width ${sensor.width}\n`,
      body,
    )
  },
})

const atis: Sensor = { width: 304, height: 240, polarities: 2 }

function records(sensor: Sensor, xBits: 9 | 14, file: string): EventDecoder {
  const yBits = xBits === 14 ? 14 : 8
  const [xMask, yMask] = [2 ** xBits - 1, 2 ** yBits - 1]
  const pShift = xBits + yBits
  let started = false
  const counter = timeCounter(32)
  return {
    sensor,
    notes: sensor === atis ? [assumedSensor(atis)] : [],
    get needs(): number {
      return started ? 8 : 2
    },
    decode(bytes: Uint8Array, out: EventBuffer): number {
      let at = 0
      if (!started) {
        if (bytes.length < 2) return 0
        // 0 and 12 are change events; others are triggers and gray levels.
        if (bytes[1] !== 8 || (bytes[0] !== 0 && bytes[0] !== 12))
          throw invalid(
            'dat',
            file,
            `events of type ${bytes[0]} and ${bytes[1]} bytes, expected type 0 or 12 and 8 bytes.`,
          )
        started = true
        at = 2
      }
      const count = Math.floor((bytes.length - at) / 8)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      out.reserve(count)
      const { t, x, y, p } = out
      let n = out.length
      for (const end = at + count * 8; at < end; at += 8) {
        const data = view.getUint32(at + 4, true)
        t[n] = view.getUint32(at, true)
        x[n] = data & xMask
        y[n] = (data >>> xBits) & yMask
        p[n] = (data >>> pShift) & 1
        n++
      }
      const turns = takeTurns(counter, t, out.length, n)
      if (turns > 0) out.note(turnsNote(turns, 32))
      out.length = n
      return at
    },
  }
}
