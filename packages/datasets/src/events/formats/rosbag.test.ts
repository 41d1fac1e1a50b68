import { describe, expect, it } from 'vitest'
import golden from '../../../test/golden/rosbag.json' with { type: 'json' }
import type { Events } from '../events.js'
import { openEvents } from '../open.js'
import { concatEvents } from '../select.js'
import { rosbag } from './rosbag.js'

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
const rows = ({ t, x, y, p }: Events) => Array.from(t, (time, i) => [time - golden.first, x[i], y[i], p[i]])

describe('ROS bags', () => {
  it.each(['none.bag', 'lz4.bag'] as const)('%s: one camera, found or named, whole and in pieces', async (name) => {
    const bytes = bytesOf(golden[name])
    const source = await openEvents(bytes)
    expect(source.format).toBe(rosbag)
    const events = await source.all()
    expect(rows(events)).toEqual(golden.left)
    expect([events.sensor, events.timeUnit]).toEqual([{ width: 240, height: 180, polarities: 2 }, 'us'])
    expect(rows(rosbag.decode(bytes, { topic: '/dvs/right/events' }))).toEqual(golden.right)
    const parts: Events[] = []
    const pieces = Array.from({ length: Math.ceil(bytes.length / 100) }, (_, i) =>
      bytes.subarray(100 * i, 100 * (i + 1)),
    )
    for await (const part of rosbag.batches(pieces)) parts.push(part)
    expect(rows(concatEvents(parts))).toEqual(golden.left)
    // Cut off in the middle of a record.
    expect(rows(rosbag.decode(bytes.subarray(0, bytes.length - 20)))).toEqual(golden.left)
  })

  it('says what is in a bag without such events, and what to do with bzip2', () => {
    expect(() => rosbag.decode(bytesOf(golden['none.bag']), { topic: '/other' })).toThrow(
      /no events of \/other in it; it has \/dvs\/imu, \/dvs\/left\/events, \/dvs\/right\/events/,
    )
    expect(() => rosbag.decode(bytesOf(golden['bz2.bag']))).toThrow(/rosbag decompress/)
    expect(() => rosbag.decode(bytesOf(golden['none.bag']).subarray(0, 4300))).toThrow(/no events in it/)
  })
})
