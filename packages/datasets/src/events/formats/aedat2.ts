import { invalid } from '../../invalid.js'
import type { EventBuffer } from '../buffer.js'
import type { Events, Sensor } from '../events.js'
import { chosenSensor, streamFormat, type EventDecoder } from '../format.js'
import { afterHeader, append, startsWith } from '../text-header.js'
import { writable } from './write-checks.js'

/** Where x, y and p are in a 32-bit address; words with a bit of `other` are no events (frames, inertial samples, markers). */
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
  dvs128: { sensor: { width: 128, height: 128, polarities: 2 }, x: [1, 0x7f], y: [8, 0x7f], p: 0, other: 0xffff8000 | 0, chip: 'ch.unizh.ini.jaer.chip.retina.DVS128' },
  davis240: davis(240, 180, 'eu.seebetter.ini.chips.davis.DAVIS240C'),
  davis346: davis(346, 260, 'eu.seebetter.ini.chips.davis.Davis346red'),
  davis640: davis(640, 480, 'eu.seebetter.ini.chips.davis.Davis640'),
  /** x = channel of 64, y = ear (0 right, 1 left), p = on or off. */
  cochlea: { sensor: { width: 64, height: 2, polarities: 2 }, x: [2, 0x3f], y: [1, 1], p: 0, other: 0xffffff00 | 0, chip: 'ch.unizh.ini.jaer.chip.cochlea.CochleaLP' },
} as const satisfies Record<string, AddressLayout>

export type Aedat2Camera = keyof typeof layouts

export interface Aedat2Options {
  /** Default: what the header names, else `dvs128`. */
  readonly camera?: Aedat2Camera
}

export interface Aedat2WriteOptions {
  /** Default: the one of the sensor's size. */
  readonly camera?: Aedat2Camera
}

/**
 * AEDAT 2.0 (and 1.0, with 16-bit addresses) of jAER: `#` lines, then big-endian records of address and time in us.
 * Coordinates are those of the address. A frame or inertial sample is skipped. CIFAR10-DVS as SpikingJelly turns it:
 * x' = 127 - y, y' = 127 - x, p' = 1 - p.
 */
export const aedat2 = streamFormat<Aedat2Options, Aedat2WriteOptions>({
  id: 'aedat2',
  description: 'AEDAT 1.0 and 2.0 of jAER: DVS128, DAVIS240, DAVIS346, DAVIS640, silicon cochlea',
  extensions: ['.aedat', '.dat'],
  sniff: (head) => startsWith(head, '#!AER-DAT2') || startsWith(head, '#!AER-DAT1'),
  decoder(options, file): EventDecoder {
    return afterHeader({ operation: 'aedat2', file, mark: '#' }, (lines) => {
      const version = /^#!AER-DAT([12])/.exec(lines[0] ?? '')?.[1]
      if (!version) throw invalid('aedat2', file, `starts with ${JSON.stringify((lines[0] ?? '').slice(0, 40))}, expected #!AER-DAT2.0.`, 0)
      const layout: AddressLayout = layouts[options.camera ?? cameraOf(lines)]
      return records(layout, chosenSensor('aedat2', options, layout.sensor), version === '1' ? 2 : 4)
    })
  },
  write(events: Events, { camera }): Uint8Array {
    const found = camera ?? (Object.keys(layouts) as Aedat2Camera[]).find((name) => sameSize(layouts[name].sensor, events.sensor)) ?? 'davis640'
    const { sensor, x: [xShift], y: [yShift], p: pShift, chip }: AddressLayout = layouts[found]
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

function cameraOf(lines: readonly string[]): Aedat2Camera {
  const chip = lines.find((line) => line.startsWith('# AEChip:')) ?? ''
  if (/cochlea/i.test(chip)) return 'cochlea'
  const davisName = /davis(240|346|640)/i.exec(chip)?.[1]
  return davisName ? (`davis${davisName}` as Aedat2Camera) : 'dvs128'
}

function records({ x: [xShift, xMask], y: [yShift, yMask], p: pShift, other }: AddressLayout, sensor: Sensor, addressBytes: 2 | 4): EventDecoder {
  const size = addressBytes + 4
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
      out.length = n
      out.room = room
      return end
    },
  }
}
