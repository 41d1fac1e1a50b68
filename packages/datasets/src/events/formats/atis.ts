import { SnnError } from '@snn/tensor'
import { invalid } from '../../invalid.js'
import type { EventBuffer } from '../buffer.js'
import { takeTurns, timeCounter, turnsNote } from '../counter.js'
import { checkEvents, type Events, type Sensor } from '../events.js'
import { chosenSensor, streamFormat, type EventDecoder } from '../format.js'
import { assumedSensor } from '../notes.js'

export interface AtisOptions {
  /**
   * An event with y = 240 is no event but the overflow of a timer: all later times get 2^13 us more. The MATLAB reader
   * of the format's authors does so. Off by default for sensors of more than 240 rows, where y = 240 is a pixel, on
   * otherwise.
   */
  readonly timerOverflow?: boolean
}

const record = 5
const timeBits = 23
const timeLimit = 2 ** timeBits
/** What the bytes can address. */
const addressable: Sensor = { width: 256, height: 240, polarities: 2 }
/** With fewer events their times tell nothing; of more the first ones do. */
const [fewEvents, mostLookedAt] = [20, 1000]

/**
 * ATIS .bin: N-MNIST and N-Caltech101 (Orchard et al. 2015). Five bytes an event: x, y, then polarity in bit 7 and 23
 * bits of time in us, high byte first; a turn of them is counted. The file does not say its sensor: default 256 x 240,
 * what the bytes can address. Nor does it say its format: one whose times fall at every fourth event is refused.
 */
export const atis = streamFormat<AtisOptions>({
  id: 'atis',
  description: 'ATIS .bin of N-MNIST and N-Caltech101: 5 bytes an event, no header',
  extensions: ['.bin', '.bs2'],
  options: ['timerOverflow'],
  sniff: () => false,
  decoder(options, file): EventDecoder {
    const sensor = chosenSensor('atis', options, addressable)
    const overflows = options.timerOverflow ?? sensor.height <= 240
    const counter = timeCounter(timeBits)
    let [overflow, falls, events] = [0, 0, 0]
    return {
      sensor,
      notes: sensor === addressable ? [assumedSensor(addressable)] : [],
      needs: record,
      decode(bytes: Uint8Array, out: EventBuffer): number {
        const count = Math.floor(bytes.length / record)
        out.reserve(count)
        const { t, x, y, p } = out
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
        const [lastX, lastY] = [sensor.width - 1, sensor.height - 1]
        let room = (out.room ?? 0) | (sensor.polarities - 2)
        let n = out.length
        let offset = overflow
        const end = count * record
        for (let at = 0; at < end; at += record) {
          const word = view.getUint32(at + 1) // y, polarity, time
          const row = word >>> 24
          if (row === 240 && overflows) {
            offset += 8192
            continue
          }
          const column = bytes[at]!
          room |= (lastX - column) | (lastY - row)
          x[n] = column
          y[n] = row
          p[n] = (word >>> 23) & 1
          t[n] = (word & 0x7fffff) + offset
          n++
        }
        const timers = (offset - overflow) / 8192
        if (timers > 0)
          out.note({ about: 'time', count: timers, text: 'overflows of the timer (y = 240) added to the times' })
        // A timer that says its overflows does not turn.
        const turns = offset > 0 ? 0 : takeTurns(counter, t, out.length, n)
        if (turns > 0) out.note(turnsNote(turns, timeBits))
        for (let i = out.length + 1; i < n && events < mostLookedAt; i++, events++) if (t[i]! < t[i - 1]!) falls++
        out.length = n
        out.room = room
        overflow = offset
        return end
      },
      end() {
        if (events < fewEvents || falls * 4 <= events) return 0
        throw invalid(
          'atis',
          file,
          `times that fall at ${falls} of the first ${events} events, expected a recording of ATIS. The file does not say what it is: give its format, { format }.`,
        )
      },
    }
  },
  /** Times must be whole microseconds below 2^23. */
  write(events: Events): Uint8Array {
    checkEvents('atis', events)
    const { t, x, y, p, timeUnit } = events
    const out = new Uint8Array(record * t.length)
    for (let i = 0, at = 0; i < t.length; i++, at += record) {
      const time = t[i]!
      if (
        !(time >= 0 && time < timeLimit && Math.floor(time) === time) ||
        timeUnit !== 'us' ||
        x[i]! > 255 ||
        y[i]! >= 240 ||
        p[i]! > 1
      ) {
        const what = `(t ${time} ${timeUnit}, x ${x[i]}, y ${y[i]}, p ${p[i]})`
        throw new SnnError(
          'ARGUMENT',
          `[atis] event ${i} ${what}, expected whole us below 2^23, x below 256, y below 240 and p 0 or 1. Write .npz.`,
          { name: 'events', value: i },
        )
      }
      out[at] = x[i]!
      out[at + 1] = y[i]!
      out[at + 2] = (p[i]! << 7) | (time >>> 16)
      out[at + 3] = time >>> 8
      out[at + 4] = time
    }
    return out
  },
})
