import { invalid } from '../../invalid.js'
import type { EventBuffer } from '../buffer.js'
import type { Sensor } from '../events.js'
import { chosenSensor, streamFormat, type EventDecoder, type ReadOptions } from '../format.js'
import { startsWith } from '../text-header.js'
import { unpackLz4 } from './lz4.js'

export interface RosbagOptions {
  /** Which of the topics with events (`/davis/left/events`). Default: the one whose events come first. */
  readonly topic?: string
}

const magic = '#ROSBAG V2.0\n'
/** Most bytes of one record; chunks have 768 kB by default. */
const largestRecord = 2 ** 28
const [messageData, chunk, connection] = [2, 5, 7]
const eventSize = 13

/**
 * ROS bags, version 2.0, with messages of `dvs_msgs/EventArray` (also of Prophesee's driver): the DAVIS data set of
 * Zurich, MVSEC, VPR. Chunks are plain or packed by LZ4; for bzip2 run `rosbag decompress`. Times in us since 1970, the
 * sensor as the messages say it.
 */
export const rosbag = streamFormat<RosbagOptions>({
  id: 'rosbag',
  description: 'ROS bag 2.0 with dvs_msgs/EventArray',
  extensions: ['.bag'],
  options: ['topic'],
  sniff: (head) => startsWith(head, magic),
  decoder: (options, file) => records(options, file),
})

/** The fields of a header, `name=value` each with its length in front. */
function fieldsOf(header: Uint8Array, file: string): Map<string, Uint8Array> {
  const view = new DataView(header.buffer, header.byteOffset, header.length)
  const fields = new Map<string, Uint8Array>()
  for (let at = 0; at + 4 <= header.length;) {
    const end = at + 4 + view.getUint32(at, true)
    const equals = header.indexOf(0x3d, at + 4)
    if (end > header.length || equals < 0 || equals >= end)
      throw invalid('rosbag', file, 'a record header that cannot be read.')
    fields.set(text(header.subarray(at + 4, equals)), header.subarray(equals + 1, end))
    at = end
  }
  return fields
}

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)
const number = (bytes: Uint8Array | undefined): number =>
  bytes?.length === 4 ? new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true) : -1

function records(options: ReadOptions & RosbagOptions, file: string): EventDecoder {
  let started = false
  let needs = magic.length
  let stated: Sensor | undefined
  /** The topic whose events are read, once it is known. */
  let chosen = options.topic
  let found = false
  /** Topics of the connections with events. */
  const ours = new Map<number, string>()
  const topics = new Set<string>()

  /**
   * Reads the whole records at the start of `bytes`, and returns how many bytes they have; `needs` says how many the
   * next one wants.
   */
  const read = (bytes: Uint8Array, out: EventBuffer, nested: boolean): number => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    let at = 0
    needs = 8
    while (at + 8 <= bytes.length) {
      const dataAt = at + 4 + view.getUint32(at, true)
      if (dataAt - at > largestRecord) throw invalid('rosbag', file, `a record header of ${dataAt - at} bytes.`)
      needs = dataAt + 4 - at
      if (dataAt + 4 > bytes.length) break
      const size = view.getUint32(dataAt, true)
      if (size > largestRecord) throw invalid('rosbag', file, `a record of ${size} bytes.`)
      const end = dataAt + 4 + size
      needs = end - at
      if (end > bytes.length) break
      record(fieldsOf(bytes.subarray(at + 4, dataAt), file), bytes.subarray(dataAt + 4, end), out, nested)
      at = end
      needs = 8
    }
    return at
  }

  const record = (fields: Map<string, Uint8Array>, data: Uint8Array, out: EventBuffer, nested: boolean): void => {
    const code = fields.get('op')?.[0]
    if (code === connection) {
      const topic = text(fields.get('topic'))
      topics.add(topic)
      if (/(^|_)msgs\/EventArray$/.test(text(fieldsOf(data, file).get('type'))))
        ours.set(number(fields.get('conn')), topic)
    } else if (code === messageData) {
      const topic = ours.get(number(fields.get('conn')))
      if (topic === undefined || topic !== (chosen ?? topic)) return
      chosen = topic
      found = true
      message(data, out)
    } else if (code === chunk && !nested) {
      const inner = unpack(text(fields.get('compression')), data, number(fields.get('size')))
      if (read(inner, out, true) !== inner.length) throw invalid('rosbag', file, 'a chunk that ends within a record.')
    }
  }

  const unpack = (compression: string, data: Uint8Array, size: number): Uint8Array => {
    if (compression === 'none') return data
    if (compression === 'lz4') return unpackLz4(data, 'rosbag', file, Math.min(Math.max(0, size), largestRecord))
    throw invalid(
      'rosbag',
      file,
      `chunks packed by ${compression || 'nothing known'}, expected none or lz4. Run: rosbag decompress ${file}`,
    )
  }

  /**
   * Header { seq, stamp: u32 each, frame_id: string }, height, width: u32, events: [{ x, y: u16, sec, nsec: u32,
   * polarity: u8 }]
   */
  const message = (data: Uint8Array, out: EventBuffer): void => {
    const view = new DataView(data.buffer, data.byteOffset, data.length)
    const fail = (): never => {
      throw invalid('rosbag', file, 'a message of events that cannot be read.')
    }
    const from = data.length < 16 ? fail() : 16 + view.getUint32(12, true)
    if (from + 12 > data.length) fail()
    const [height, width, count] = [
      view.getUint32(from, true),
      view.getUint32(from + 4, true),
      view.getUint32(from + 8, true),
    ]
    if (from + 12 + count * eventSize !== data.length) fail()
    if (!stated && width >= 1 && height >= 1 && width <= 65536 && height <= 65536)
      stated = { width, height, polarities: 2 }
    out.reserve(count)
    const { t, x, y, p } = out
    let n = out.length
    for (let at = from + 12; at < data.length; at += eventSize) {
      x[n] = view.getUint16(at, true)
      y[n] = view.getUint16(at + 2, true)
      t[n] = view.getUint32(at + 4, true) * 1e6 + view.getUint32(at + 8, true) / 1e3
      p[n] = view.getUint8(at + 12) === 0 ? 0 : 1
      n++
    }
    out.length = n
  }

  return {
    get sensor(): Sensor | undefined {
      return chosenSensor('rosbag', options, stated)
    },
    get needs(): number {
      return needs
    },
    decode(bytes, out) {
      let at = 0
      if (!started) {
        if (bytes.length < magic.length) return 0
        if (!startsWith(bytes, magic)) throw invalid('rosbag', file, 'does not start as a ROS bag of version 2.0.', 0)
        started = true
        at = magic.length
      }
      return at + read(bytes.subarray(at), out, false)
    },
    end(rest, out) {
      const left = [...new Set(ours.values())].filter((topic) => topic !== chosen)
      if (found && options.topic === undefined && left.length > 0)
        out.note({
          about: 'source',
          text: `events of ${chosen} alone, not of ${left.join(', ')}; { topic } gives others`,
        })
      if (started && !found)
        throw invalid(
          'rosbag',
          file,
          `no events${options.topic === undefined ? '' : ` of ${options.topic}`} in it; it has ${[...topics].join(', ') || 'no topics'}.${rest.length > 0 ? ` The file is cut: its last ${rest.length} bytes are no whole record.` : ''}`,
        )
      if (found && !chosenSensor('rosbag', options, stated))
        throw invalid('rosbag', file, 'its messages name no sensor size. Give { sensor: { width, height } }.')
      return 0
    },
  }
}
