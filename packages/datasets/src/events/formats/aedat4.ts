import { invalid } from '../../invalid.js'
import type { EventBuffer } from '../buffer.js'
import type { Events, Sensor } from '../events.js'
import { chosenSensor, streamFormat, type EventDecoder, type ReadOptions } from '../format.js'
import type { ReadNote } from '../notes.js'
import { append, startsWith } from '../text-header.js'
import { fieldOf, identifier, rootTable, vectorOf } from './flatbuffer.js'
import { unpackLz4 } from './lz4.js'
import { writable } from './write-checks.js'
import { unpackZstd } from './zstd.js'

export interface Aedat4Options {
  /** Number of the stream of events to read. Default: the first that has some. */
  readonly stream?: number
}

const magic = '#!AER-DAT4.0\r\n'
const largestPacket = 256 * 2 ** 20
const eventSize = 16

/**
 * AEDAT 4.0 of DV (CIFAR10-DVS of Tonic, DVXplorer and DAVIS346 recordings): packets of FlatBuffers, plain, LZ4 or
 * Zstandard. Only packets of events (EVTS) of one stream are read; the sensor is what the description in the header
 * says. Times are us since 1970.
 */
export const aedat4 = streamFormat<Aedat4Options>({
  id: 'aedat4',
  description: 'AEDAT 4.0 of DV: DVXplorer, DAVIS346, CIFAR10-DVS of Tonic',
  extensions: ['.aedat4'],
  options: ['stream'],
  sniff: (head) => startsWith(head, '#!AER-DAT4'),
  decoder(options, file): EventDecoder {
    let needs = magic.length + 4
    let inner: EventDecoder | undefined
    return {
      get sensor(): Sensor | undefined {
        return inner?.sensor
      },
      get needs(): number {
        return inner ? inner.needs! : needs
      },
      get notes(): ReadNote[] {
        return inner?.notes ?? []
      },
      decode(bytes: Uint8Array, out: EventBuffer): number {
        if (inner) return inner.decode(bytes, out)
        if (bytes.length >= magic.length && !startsWith(bytes, magic))
          throw invalid('aedat4', file, 'does not start with #!AER-DAT4.0.', 0)
        if (bytes.length < needs) return 0
        const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(magic.length, true)
        if (size > largestPacket) throw invalid('aedat4', file, `a header of ${size} bytes.`, magic.length)
        needs = magic.length + 4 + size
        if (bytes.length < needs) return 0
        inner = packets(bytes.subarray(magic.length, needs), needs, options, file)
        return needs + inner.decode(bytes.subarray(needs), out)
      },
      end: (rest: Uint8Array, out: EventBuffer): number => inner?.end?.(rest, out) ?? 0,
    }
  },
  write(events: Events): Uint8Array {
    const { t, x, y, p, sensor } = writable('aedat4', events, { t: 2 ** 53, x: 2 ** 15, y: 2 ** 15 })
    const perPacket = 4096
    const count = Math.ceil(t.length / perPacket)
    const info = `<dv version="2.0"><node name="outInfo" path="/outInfo/"><node name="0" path="/outInfo/0/"><attr key="compression" type="string">NONE</attr><attr key="typeIdentifier" type="string">EVTS</attr><node name="info" path="/outInfo/0/info/"><attr key="sizeX" type="int">${sensor.width}</attr><attr key="sizeY" type="int">${sensor.height}</attr></node></node></node></dv>`
    const header = ioHeader(info)
    const prefix = 32
    const body = new Uint8Array(header.length + count * (8 + prefix) + eventSize * t.length)
    const view = new DataView(body.buffer)
    body.set(header)
    let at = header.length
    for (let from = 0; from < t.length; from += perPacket) {
      const to = Math.min(from + perPacket, t.length)
      const size = prefix + eventSize * (to - from)
      view.setInt32(at + 4, size, true)
      at += 8
      // size, root, identifier | vtable (3 x u16, padding) | table: vtable offset, vector offset | length, events
      view.setUint32(at, size - 4, true)
      view.setUint32(at + 4, 16, true)
      for (let i = 0; i < 4; i++) view.setUint8(at + 8 + i, 'EVTS'.charCodeAt(i))
      view.setUint16(at + 12, 6, true)
      view.setUint16(at + 14, 8, true)
      view.setUint16(at + 16, 4, true)
      view.setInt32(at + 20, 8, true)
      view.setUint32(at + 24, 4, true)
      view.setUint32(at + 28, to - from, true)
      at += prefix
      for (let i = from; i < to; i++, at += eventSize) {
        view.setUint32(at, t[i]! % 2 ** 32, true)
        view.setInt32(at + 4, Math.floor(t[i]! / 2 ** 32), true)
        view.setUint16(at + 8, x[i]!, true)
        view.setUint16(at + 10, y[i]!, true)
        view.setUint8(at + 12, p[i]!)
      }
    }
    return append(magic, body)
  },
})

/** IOHeader { compression: int32 = 0; dataTablePosition: int64 = -1; infoNode: string } */
function ioHeader(info: string): Uint8Array {
  const length = 36 + info.length + 1
  const out = new Uint8Array(length)
  const view = new DataView(out.buffer)
  view.setUint32(0, length - 4, true)
  view.setUint32(4, 20, true)
  for (let i = 0; i < 4; i++) out[8 + i] = 'IOHE'.charCodeAt(i)
  view.setUint16(12, 10, true)
  view.setUint16(14, 8, true)
  view.setUint16(20, 4, true) // infoNode; the two fields before it have their defaults
  view.setInt32(24, 12, true)
  view.setUint32(28, 4, true)
  view.setUint32(32, info.length, true)
  for (let i = 0; i < info.length; i++) out[36 + i] = info.charCodeAt(i)
  return out
}

function packets(header: Uint8Array, start: number, options: ReadOptions & Aedat4Options, file: string): EventDecoder {
  const table = rootTable(header)
  const compressionAt = fieldOf(table, 0)
  const compression = compressionAt === undefined ? 0 : table.view.getInt32(compressionAt, true)
  if (compression < 0 || compression > 4) throw invalid('aedat4', file, `compression ${compression}, expected 0 to 4.`)
  const tableAt = fieldOf(table, 1)
  const dataEnd =
    tableAt === undefined ? -1 : table.view.getInt32(tableAt + 4, true) * 2 ** 32 + table.view.getUint32(tableAt, true)
  const info = vectorOf(table, 2, 1)
  const xml = new TextDecoder().decode(header.subarray(info.from, info.from + info.length))
  const sensor = chosenSensor('aedat4', options, sensorIn(xml, options.stream))
  if (!sensor) throw invalid('aedat4', file, 'the header names no sensor size. Give { sensor: { width, height } }.')
  const unpack = (data: Uint8Array): Uint8Array =>
    compression === 0
      ? data
      : compression < 3
        ? unpackLz4(data, 'aedat4', file, largestPacket)
        : unpackZstd(data, 'aedat4', file, largestPacket)
  const others = xml.split('>EVTS<').length - 2
  const notes: ReadNote[] =
    options.stream === undefined && others > 0
      ? [{ about: 'source', text: `events of the first stream alone, not of ${others} more; { stream } gives others` }]
      : []
  let stream = options.stream
  let position = start
  let needs = 8
  return {
    sensor,
    notes,
    get needs(): number {
      return needs
    },
    decode(bytes: Uint8Array, out: EventBuffer): number {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      let at = 0
      needs = 8
      for (;;) {
        // The index of the packets comes last; nothing in it is needed.
        if (dataEnd >= start && position >= dataEnd) return bytes.length
        if (at + 8 > bytes.length) break
        const id = view.getInt32(at, true)
        const size = view.getInt32(at + 4, true)
        if (size < 0 || size > largestPacket) throw invalid('aedat4', file, `a packet of ${size} bytes.`, position)
        if (at + 8 + size > bytes.length) {
          needs = 8 + size
          break
        }
        if (stream === undefined || stream === id) {
          const packet = unpack(bytes.subarray(at + 8, at + 8 + size))
          if (identifier(packet) === 'EVTS') {
            stream = id
            readEvents(packet, out)
          }
        }
        at += 8 + size
        position += 8 + size
      }
      return at
    },
    end(rest: Uint8Array, out: EventBuffer): number {
      if (rest.length === 0 && position < dataEnd)
        out.note({ about: 'source', text: 'the file is cut after a packet: its header tells of more' })
      return 0
    },
  }
}

/** The size in the description of `stream`, or of the first stream of events. */
function sensorIn(xml: string, stream: number | undefined): Sensor | undefined {
  const streams = xml.split(/<node name="(?=\d+")/).slice(1)
  const text = streams.find((part) => (stream === undefined ? part.includes('>EVTS<') : part.startsWith(`${stream}"`)))
  const size = (name: string): number => Number(new RegExp(`key="${name}"[^>]*>(\\d+)<`).exec(text ?? '')?.[1] ?? 0)
  const [width, height] = [size('sizeX'), size('sizeY')]
  return width >= 1 && height >= 1 && width <= 65536 && height <= 65536 ? { width, height, polarities: 2 } : undefined
}

/** EventPacket { elements: [Event] }, Event { timestamp: int64; x: int16; y: int16; on: bool } */
function readEvents(packet: Uint8Array, out: EventBuffer): void {
  const table = rootTable(packet)
  const { from, length } = vectorOf(table, 0, eventSize)
  const { view } = table
  out.reserve(length)
  const { t, x, y, p } = out
  let n = out.length
  for (let at = from, end = from + length * eventSize; at < end; at += eventSize) {
    t[n] = view.getInt32(at + 4, true) * 4294967296 + view.getUint32(at, true)
    x[n] = view.getUint16(at + 8, true)
    y[n] = view.getUint16(at + 10, true)
    p[n] = view.getUint8(at + 12) === 0 ? 0 : 1
    n++
  }
  out.length = n
}
