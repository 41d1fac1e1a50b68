import { invalid } from '../../invalid.js'
import type { EventBuffer } from '../buffer.js'
import { takeTurns, timeCounter, turnsNote } from '../counter.js'
import type { Events, Sensor } from '../events.js'
import { chosenSensor, streamFormat, type EventDecoder } from '../format.js'
import { afterHeader, append, startsWith } from '../text-header.js'
import { writable } from './write-checks.js'

/**
 * Where x, y and p are in a 32-bit address; words with a bit of `other` are no events (frames, inertial samples,
 * markers).
 */
interface AddressLayout {
  readonly sensor: Sensor
  readonly x: readonly [shift: number, mask: number]
  readonly y: readonly [shift: number, mask: number]
  readonly p: number
  readonly other: number
  /** What jAER writes after `# AEChip:`. */
  readonly chip: string
}

const davis = (width: number, height: number, chip: string): AddressLayout => ({
  sensor: { width, height, polarities: 2 },
  x: [12, 0x3ff],
  y: [22, 0x1ff],
  p: 11,
  other: 0x80000000 | 0x400, // APS or IMU sample; external input
  chip,
})

/** Address layouts of jAER's cameras, as the raw addresses have them: no axis is turned, p is the bit itself. */
const layouts = {
  dvs128: {
    sensor: { width: 128, height: 128, polarities: 2 },
    x: [1, 0x7f],
    y: [8, 0x7f],
    p: 0,
    other: 0xffff8000 | 0,
    chip: 'ch.unizh.ini.jaer.chip.retina.DVS128',
  },
  davis240: davis(240, 180, 'eu.seebetter.ini.chips.davis.DAVIS240C'),
  davis346: davis(346, 260, 'eu.seebetter.ini.chips.davis.Davis346red'),
  davis640: davis(640, 480, 'eu.seebetter.ini.chips.davis.Davis640'),
  /** x = channel of 64, y = ear (0 right, 1 left), p = on or off. */
  cochlea: {
    sensor: { width: 64, height: 2, polarities: 2 },
    x: [2, 0x3f],
    y: [1, 1],
    p: 0,
    other: 0xffffff00 | 0,
    chip: 'ch.unizh.ini.jaer.chip.cochlea.CochleaLP',
  },
} as const satisfies Record<string, AddressLayout>

/** A camera whose addresses the AEDAT 2 reader knows. */
export type Aedat2Camera = keyof typeof layouts

/** The cameras whose addresses the AEDAT 2 reader knows: told by the header, by the addresses, or by an option. */
export const aedat2Cameras = Object.keys(layouts) as readonly Aedat2Camera[]

export interface Aedat2Options {
  /** Default: what the header names, else what the addresses of the first events tell, see `plausibleCamera`. */
  readonly camera?: Aedat2Camera
}

export interface Aedat2WriteOptions {
  /** Default: the one of the sensor's size. */
  readonly camera?: Aedat2Camera
}

/**
 * AEDAT 2.0 (and 1.0, with 16-bit addresses) of jAER: `#` lines, then big-endian records of address and time in us.
 * Coordinates are those of the address. A frame or inertial sample is skipped and counted. v2e names no camera, and
 * other simulators a wrong one: then it is found by the addresses. CIFAR10-DVS as SpikingJelly turns it: x' = 127 - y,
 * y' = 127 - x, p' = 1 - p.
 */
export const aedat2 = streamFormat<Aedat2Options, Aedat2WriteOptions>({
  id: 'aedat2',
  description: 'AEDAT 1.0 and 2.0 of jAER: DVS128, DAVIS240, DAVIS346, DAVIS640, silicon cochlea',
  extensions: ['.aedat', '.dat'],
  options: ['camera'],
  writeOptions: ['camera'],
  sniff: (head) => startsWith(head, '#!AER-DAT2') || startsWith(head, '#!AER-DAT1'),
  decoder(options, file): EventDecoder {
    return afterHeader({ operation: 'aedat2', file, mark: '#' }, (lines) => {
      const version = /^#!AER-DAT([12])/.exec(lines[0] ?? '')?.[1]
      if (!version)
        throw invalid(
          'aedat2',
          file,
          `starts with ${JSON.stringify((lines[0] ?? '').slice(0, 40))}, expected #!AER-DAT2.0.`,
          0,
        )
      const addressBytes = version === '1' ? 2 : 4
      const chip = lines.find((line) => line.startsWith('# AEChip:'))
      const open = (camera: Aedat2Camera): EventDecoder =>
        records(camera, chosenSensor('aedat2', options, layouts[camera].sensor), addressBytes, file)
      const camera = options.camera ?? cameraOf(chip) ?? (addressBytes === 2 ? 'dvs128' : undefined)
      return camera === undefined ? byAddresses(open) : open(camera)
    })
  },
  write(events: Events, { camera }): Uint8Array {
    const found = camera ?? aedat2Cameras.find((name) => sameSize(layouts[name].sensor, events.sensor)) ?? 'davis640'
    const {
      sensor,
      x: [xShift],
      y: [yShift],
      p: pShift,
      chip,
    }: AddressLayout = layouts[found]
    const { t, x, y, p } = writable('aedat2', events, { t: 2 ** 32, x: sensor.width, y: sensor.height })
    const body = new Uint8Array(8 * t.length)
    const view = new DataView(body.buffer)
    for (let i = 0; i < t.length; i++) {
      view.setUint32(8 * i, (x[i]! << xShift) | (y[i]! << yShift) | (p[i]! << pShift))
      view.setUint32(8 * i + 4, t[i]!)
    }
    const header = `#!AER-DAT2.0\r\n# Data format is int32 address, int32 timestamp (8 bytes total), repeated for each event\r\n# Timestamps tick is 1 us\r\n# AEChip: ${chip}\r\n`
    return append(header, body)
  },
})

const sameSize = (a: Sensor, b: Sensor): boolean => a.width === b.width && a.height === b.height

function cameraOf(chip: string | undefined): Aedat2Camera | undefined {
  if (chip === undefined) return undefined
  if (/cochlea/i.test(chip)) return 'cochlea'
  if (/dvs128/i.test(chip)) return 'dvs128'
  const davisName = /davis(240|346|640)/i.exec(chip)?.[1]
  return davisName ? (`davis${davisName}` as Aedat2Camera) : undefined
}

/** Words that tell the camera. */
const headWords = 2 ** 16

/** A decoder that finds the camera by the first addresses. */
function byAddresses(open: (camera: Aedat2Camera) => EventDecoder): EventDecoder {
  let inner: EventDecoder | undefined
  const start = (bytes: Uint8Array, out: EventBuffer): EventDecoder => {
    const camera = plausibleCamera(bytes)
    out.note({
      about: 'camera',
      text: `the file names no camera that is known; read as ${camera} by its addresses; { camera } says another`,
    })
    return (inner = open(camera))
  }
  return {
    get sensor(): Sensor | undefined {
      return inner?.sensor
    },
    get needs(): number {
      return inner?.needs ?? 8 * headWords
    },
    decode(bytes: Uint8Array, out: EventBuffer): number {
      if (inner) return inner.decode(bytes, out)
      return bytes.length < 8 * headWords ? 0 : start(bytes, out).decode(bytes, out)
    },
    end(rest: Uint8Array, out: EventBuffer): number {
      const decoder = inner ?? start(rest, out)
      const used = decoder.decode(rest, out)
      return used + (decoder.end?.(rest.subarray(used), out) ?? 0)
    },
  }
}

/**
 * The camera by its words, of 8 bytes: addresses of a DAVIS have their row and column above bit 11, those of a DVS128
 * end at bit 14. Of the DAVIS it is the one of 346 x 260, which simulators write, unless more than one event in a
 * thousand lies beyond.
 */
function plausibleCamera(bytes: Uint8Array): Aedat2Camera {
  const count = Math.min(headWords, Math.floor(bytes.length / 8))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const { sensor, x, y, other }: AddressLayout = layouts.davis346
  let [high, beyond] = [0, 0]
  for (let i = 0; i < count; i++) {
    const address = view.getInt32(8 * i)
    if (address >>> 16 !== 0) high++
    if (
      (address & other) === 0 &&
      (((address >>> x[0]) & x[1]) >= sensor.width || ((address >>> y[0]) & y[1]) >= sensor.height)
    )
      beyond++
  }
  if (2 * high < count || count === 0) return 'dvs128'
  return beyond <= Math.max(1, count / 1000) ? 'davis346' : 'davis640'
}

/** Words whose bits tell that they are of another camera than the named one. */
const looked = 1000
/** Bits that no event of a DAVIS has set: samples of a frame have their value there. */
const davisZeros = 0x3ff

function records(camera: Aedat2Camera, sensor: Sensor, addressBytes: 2 | 4, file: string): EventDecoder {
  const {
    x: [xShift, xMask],
    y: [yShift, yMask],
    p: pShift,
    other,
  }: AddressLayout = layouts[camera]
  const size = addressBytes + 4
  const counter = timeCounter(32)
  let [words, events, bitsSet] = [0, 0, 0]
  /** Whether the addresses may be those of this camera. */
  const check = (): number => {
    const isDavis = camera.startsWith('davis')
    const wrong = isDavis ? bitsSet >>> 16 === 0 && (bitsSet & davisZeros) !== 0 : 2 * (words - events) > words
    if (!wrong) return 0
    const what = isDavis
      ? `addresses of at most 16 bits, as those of a DVS128`
      : `${words - events} of ${words} words that are no events of it`
    throw invalid(
      'aedat2',
      file,
      `read as ${camera}: ${what}. Give the camera, { camera: ${aedat2Cameras
        .filter((name) => name !== camera)
        .map((name) => `'${name}'`)
        .join(' or ')} }.`,
    )
  }
  return {
    sensor,
    needs: size,
    decode(bytes: Uint8Array, out: EventBuffer): number {
      const count = Math.floor(bytes.length / size)
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      out.reserve(count)
      const { t, x, y, p } = out
      const [lastX, lastY] = [sensor.width - 1, sensor.height - 1]
      let room = (out.room ?? 0) | (sensor.polarities - 2)
      let n = out.length
      const end = count * size
      for (let at = 0; at < end; at += size) {
        const address = addressBytes === 4 ? view.getInt32(at) : view.getUint16(at)
        if ((address & other) !== 0) continue
        const column = (address >>> xShift) & xMask
        const row = (address >>> yShift) & yMask
        room |= (lastX - column) | (lastY - row)
        x[n] = column
        y[n] = row
        p[n] = (address >>> pShift) & 1
        t[n] = view.getUint32(at + addressBytes)
        n++
      }
      const skipped = count - (n - out.length)
      if (skipped > 0)
        out.note({
          about: 'skipped',
          count: skipped,
          text: 'words that are no events (frames, samples, other inputs) left out',
        })
      const turns = takeTurns(counter, t, out.length, n)
      if (turns > 0) out.note(turnsNote(turns, 32))
      for (let i = words; i < Math.min(words + count, looked); i++) {
        const address = addressBytes === 4 ? view.getInt32((i - words) * size) : view.getUint16((i - words) * size)
        if ((address & other) === 0) bitsSet |= address
      }
      words += count
      events += n - out.length
      out.length = n
      out.room = room
      return end
    },
    end: check,
  }
}
