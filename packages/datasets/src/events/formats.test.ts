import { isSnnError } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { bytesSource } from '../bytes.js'
import golden from '../../test/golden/event-files.json' with { type: 'json' }
import { randomEvents } from '../../test/random-events.js'
import { createEvents, sensorOf, toTimeUnit, type Events } from './events.js'
import type { EventFormat } from './format.js'
import { aedat2 } from './formats/aedat2.js'
import { aedat3 } from './formats/aedat3.js'
import { aedat4 } from './formats/aedat4.js'
import { atis } from './formats/atis.js'
import { csv } from './formats/csv.js'
import { dat } from './formats/dat.js'
import { eventStream } from './formats/event-stream.js'
import { evt2 } from './formats/evt2.js'
import { evt21 } from './formats/evt21.js'
import { evt3 } from './formats/evt3.js'
import { hdf5 } from './formats/hdf5.js'
import { unpackLz4 } from './formats/lz4.js'
import { mat } from './formats/mat.js'
import { npy, npz } from './formats/numpy.js'
import { unpackZstd } from './formats/zstd.js'
import { detectFormat, eventFormats, openEvents } from './open.js'
import { concatEvents } from './select.js'

const lists = ({ t, x, y, p }: Events) => ({ t: [...t], x: [...x], y: [...y], p: [...p] })
const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

async function inPieces(format: EventFormat, bytes: Uint8Array, size: number, options: object): Promise<Events> {
  const parts: Events[] = []
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  )
  for await (const part of format.batches(pieces, options)) parts.push(part)
  return concatEvents(parts)
}

const small = { sensor: { width: 34, height: 34 } }
const wide = randomEvents(3000, 2, { sensor: sensorOf(1280, 720), first: 5_000_000 })

describe('what is written is read again, as a whole and in pieces', () => {
  it.each<[EventFormat, Events, object]>([
    [atis, randomEvents(3000, 1), small],
    [aedat2, randomEvents(3000, 1, { sensor: sensorOf(128, 128) }), {}],
    [aedat2, randomEvents(3000, 1, { sensor: sensorOf(346, 260), first: 4e9 }), {}],
    [aedat2, randomEvents(300, 1, { sensor: sensorOf(64, 2, 2) }), {}],
    [aedat3, randomEvents(9000, 1, { sensor: sensorOf(240, 180), first: 2 ** 31 - 1000 }), {}],
    [aedat4, randomEvents(9000, 1, { sensor: sensorOf(346, 260), first: 1.6e15 }), {}],
    [evt2, wide, {}],
    [evt21, randomEvents(3000, 1, { sensor: sensorOf(1280, 720), pause: 2 }), {}],
    [evt3, wide, {}],
    [evt3, randomEvents(200, 2, { pause: 8_000_000 }), {}], // many turns of the counter
    [evt2, randomEvents(3, 2, { pause: 300, first: 2 ** 34 - 1000 }), {}],
    [dat, wide, {}],
    [eventStream, wide, {}],
    [csv, randomEvents(500, 3, { timeUnit: 'ns' }), {}],
    [npz, toTimeUnit(randomEvents(500, 3), 's'), {}],
    [npy, randomEvents(500, 3, { first: 1.6e15 }), small],
    [mat, randomEvents(500, 3), small],
    [hdf5, toTimeUnit(randomEvents(500, 3), 's'), {}],
  ])('%# $id', async (format, events, options) => {
    const bytes = await format.write!(events)
    const read = await format.parse(bytes, options)
    expect(lists(read)).toEqual(lists(events))
    expect([read.sensor, read.timeUnit]).toEqual([events.sensor, events.timeUnit])
    for (const size of [777, 4096]) expect(lists(await inPieces(format, bytes, size, options))).toEqual(lists(events))
    if (format.id !== 'atis') expect(detectFormat(bytes.subarray(0, 1024))?.id).toBe(format.id)
    expect(
      (
        await format.parse(
          await format.write!({
            ...events,
            t: events.t.subarray(0, 0),
            x: events.x.subarray(0, 0),
            y: events.y.subarray(0, 0),
            p: events.p.subarray(0, 0),
          }),
          { ...small, ...options },
        )
      ).t.length,
    ).toBe(0)
  })

  it('EVT 2.1 packs pixels of a row into one word, and legacy files exchange the halves', async () => {
    const row = createEvents(
      { t: [70, 70, 70, 70], x: [3, 9, 31, 32], y: [5, 5, 5, 5], p: [1, 1, 1, 1] },
      { sensor: sensorOf(64, 8) },
    )
    const bytes = await evt21.write!(row)
    const at = bytes.length - 24 // time word, then two event words
    expect(bytes.length - new TextDecoder().decode(bytes).indexOf('% end\n') - 6).toBe(24)
    const swapped = new TextEncoder().encode('% evt 2.1\n% format EVT21;endianness=legacy;height=8;width=64\n% end\n')
    const body = new Uint32Array(bytes.slice(at).buffer)
    const legacy = new Uint8Array(body.map((_, i) => body[i ^ 1]!).buffer)
    expect(lists(await evt21.parse(Uint8Array.from([...swapped, ...legacy])))).toEqual(lists(row))
  })

  it('refuses what a format cannot hold, before writing', async () => {
    const early = randomEvents(3, 1, { first: 2 ** 40 })
    for (const format of [atis, aedat2, evt2, evt3, dat]) {
      const error = await format.write!(early).then(
        () => undefined,
        (e: unknown) => e,
      )
      expect(isSnnError(error, 'ARGUMENT') && error.message, format.id).toMatch(/event 0/)
    }
    const falling = createEvents({ t: [5, 4], x: [0, 0], y: [0, 0], p: [0, 0] }, { sensor: sensorOf(2, 2) })
    await expect(evt3.write!(falling)).rejects.toThrow(/never fall \(before it is 5\)\. Sort them/)
    const at = (time: number): Events => createEvents({ t: [time], x: [0], y: [0], p: [0] }, { sensor: sensorOf(2, 2) })
    await expect(dat.write!(at(-5))).rejects.toThrow(/t -5 us.*from 0 on, not negative\. Take off the first time/)
    await expect(dat.write!(at(2 ** 32))).rejects.toThrow(/below 4294967296 us, not so large\. Take off the first time/)
    await expect(dat.write!(at(0.5))).rejects.toThrow(/whole us\. Round/)
    await expect(
      evt3.write!(createEvents({ t: [0, 1e7], x: [0, 0], y: [0, 0], p: [0, 0] }, { sensor: sensorOf(2, 2) })),
    ).rejects.toThrow(/EVT2/)
  })
})

describe('files of other programs', () => {
  const { t, x, y, p } = golden.events
  const options = { sensor: { width: 240, height: 180 } }

  it.each([
    ['records.npy', {}],
    ['packets.npy', {}],
    ['typed.npy', {}],
    ['rows.npy', { columns: 'xypt' }],
    ['spikingjelly.npz', {}],
    ['asl-dvs.mat', {}],
    ['dsec.h5', {}],
    ['prophesee.h5', {}],
  ] as const)('%s', async (name, more) => {
    const source = await openEvents(bytesOf(golden[name]), { file: name, ...options, ...more })
    expect(lists(await source.all())).toEqual({ t, x, y, p })
  })

  it('es-imagenet.npz: pos and neg in one order of time', async () => {
    const events = await npz.parse(bytesOf(golden['es-imagenet.npz']), options)
    const key = (
      e: { t: ArrayLike<number>; x: ArrayLike<number>; y: ArrayLike<number>; p: ArrayLike<number> },
      shift: number,
    ) => Array.from(e.t, (time, i) => [time - shift, e.x[i], e.y[i], e.p[i]].join()).sort()
    expect(key(events, 0)).toEqual(key({ t, x, y, p }, 5e9))
    expect([...events.t]).toEqual([...events.t].sort((a, b) => a - b))
  })

  it('MVSEC: rows, times in s, p 1 and -1', async () => {
    const events = await hdf5.parse(bytesOf(golden['mvsec.h5']))
    expect([events.timeUnit, events.sensor]).toEqual(['s', { width: 346, height: 260, polarities: 2 }])
    expect(events.notes).toContainEqual({
      about: 'sensor',
      text: 'the file does not say its sensor; taken as 346 x 260',
    })
    expect([[...events.x], [...events.y], [...events.p]]).toEqual([x, y, p])
    expect(Array.from(events.t, (time) => Math.round(time * 1e6) + 5e9)).toEqual(t)
  })

  it('SHD with 16-bit floats', async () => {
    const bytes = bytesOf(golden['shd.h5'])
    const first = await hdf5.parse(bytes)
    expect(first).toMatchObject({ sensor: { width: 700, height: 1, polarities: 1 }, timeUnit: 's' })
    expect([...first.x]).toEqual([1, 699, 3])
    expect([...first.t]).toEqual([0.0010004043579101562, 0.5, 0.75])
    expect([...(await hdf5.parse(bytes, { index: 1 })).x]).toEqual([7])
    expect((await hdf5.parse(bytes, { index: 2 })).t.length).toBe(0)
    await expect(hdf5.parse(bytes, { index: 3 })).rejects.toMatchObject({ code: 'ARGUMENT' })
  })

  it.each([
    [
      'a free part of nothing, at which the library would stay for ever',
      112,
      0n,
      /a value of 0 bytes at byte 2864, expected one that ends before byte 6848/,
    ],
    ['a value beyond the end', 40, 100_000n, /a value of 100000 bytes at byte 2792/],
    [
      'a collection beyond the file',
      0,
      2n ** 40n,
      /values of variable length from byte 2752 to 1099511630528, expected at most its 8998 bytes/,
    ],
  ])('SHD with %s, in memory and read as it goes', { timeout: 20_000 }, async (_, place, size, message) => {
    const bytes = bytesOf(golden['shd.h5']).slice()
    const heap = 2752
    expect(String.fromCharCode(...bytes.subarray(heap, heap + 4))).toBe('GCOL')
    new DataView(bytes.buffer).setBigUint64(heap + place + 8, size, true)
    const later = { size: bytes.length, read: async (from: number, to: number) => bytes.slice(from, to) }
    for (const source of [[bytes], bytesSource(bytes), later]) {
      const read = async (): Promise<void> => {
        for await (const part of hdf5.batches(source)) expect(part.t.length).toBe(0)
      }
      await expect(read()).rejects.toMatchObject({
        code: 'DATA_INVALID',
        message: expect.stringMatching(message) as string,
      })
    }
    expect((await hdf5.parse(bytesOf(golden['shd.h5']))).x.length).toBe(3)
  })

  it('LZ4 with linked blocks', () => {
    const expected = Uint8Array.from({ length: 64 * 200 + 5000 }, (_, i) => (i < 12800 ? i % 64 : 0))
    expect(unpackLz4(bytesOf(golden.lz4), 'lz4', 'x', 1e6)).toEqual(expected)
    expect(() => unpackLz4(bytesOf(golden.lz4), 'lz4', 'x', 1000)).toThrow(/more than 1000 bytes/)
  })

  it('Zstandard', () => {
    const expected = Uint8Array.from({ length: 64 * 200 + 5000 }, (_, i) => (i < 12800 ? i % 64 : 0))
    expect(unpackZstd(bytesOf(golden.zstd), 'zstd', 'x', 1e6)).toEqual(expected)
    expect(() => unpackZstd(bytesOf(golden.zstd), 'zstd', 'x', 1000)).toThrow(/more than 1000 bytes/)
  })

  it.each([1, 3] as const)('AEDAT 4 with compression %i', async (compression) => {
    const events = randomEvents(3, 1)
    const plain = await aedat4.write!(events)
    const from = 18 + new DataView(plain.buffer).getUint32(14, true)
    const size = new DataView(plain.buffer).getInt32(from + 4, true)
    const packet = plain.subarray(from + 8, from + 8 + size)
    // A frame with one block that is not packed; for Zstandard: magic, single segment with a size of one byte, last raw
    // block.
    const block = (kind: number) =>
      kind === 1
        ? [4, 0x22, 0x4d, 0x18, 0x60, 0x40, 0, size, 0, 0, 0x80, ...packet, 0, 0, 0, 0]
        : [0x28, 0xb5, 0x2f, 0xfd, 0x20, size, 1 | ((size << 3) & 0xff), size >> 5, 0, ...packet]
    const packed = Uint8Array.from(block(compression))
    const info = plain.subarray(14 + 36, from)
    const header = new Uint8Array(44 + info.length)
    const view = new DataView(header.buffer)
    ;[
      [0, header.length - 4],
      [4, 20],
      [32, 4],
      [28, 8],
      [40 - 4, 0],
    ].forEach(([at, value]) => view.setUint32(at!, value!, true))
    header.set(new TextEncoder().encode('IOHE'), 8)
    ;[10, 12, 4, 0, 8].forEach((value, i) => view.setUint16(12 + 2 * i, value, true)) // vtable: compression at 4, text at 8
    view.setInt32(24, 12, true)
    view.setInt32(28, compression, true)
    view.setUint32(32, 8, true)
    view.setUint32(40, info.length - 1, true)
    header.set(info, 44)
    const sizes = new Uint8Array(new Int32Array([0, packed.length]).buffer)
    const file = Uint8Array.from([...plain.subarray(0, 14), ...header, ...sizes, ...packed])
    expect(lists(await aedat4.parse(file))).toEqual(lists(events))
  })
})

describe('golden vectors', () => {
  it('ATIS with and without timer overflow', () => {
    const bytes = hex('03048123450af00000072114000010')
    const raw = { sensor: { width: 256, height: 256 } }
    expect(lists(atis.decode(bytes, raw))).toEqual({ t: [74565, 7, 16], x: [3, 10, 33], y: [4, 240, 20], p: [1, 0, 0] })
    expect(lists(atis.decode(bytes))).toEqual({ t: [74565, 8208], x: [3, 33], y: [4, 20], p: [1, 0] })
    expect(lists(atis.decode(bytes, { ...raw, timerOverflow: true }))).toEqual(lists(atis.decode(bytes)))
  })

  it('AEDAT 2.0 as SpikingJelly turns it', () => {
    const bytes = Uint8Array.from([
      ...new TextEncoder().encode('#!AER-DAT2.0\r\n'),
      ...hex('0000143d000003e8000005fe000007d0'),
    ])
    const { t, x, y, p } = aedat2.decode(bytes)
    expect({
      t: [...t],
      x: [...y].map((v) => 127 - v),
      y: [...x].map((v) => 127 - v),
      p: [...p].map((v) => 1 - v),
    }).toEqual({ t: [1000, 2000], x: [107, 122], y: [97, 0], p: [0, 1] })
    expect(lists(aedat2.decode(Uint8Array.from([...bytes, 1, 2, 3])))).toEqual(lists(aedat2.decode(bytes)))
  })

  it('AEDAT 1.0 with 16-bit addresses', () => {
    const bytes = Uint8Array.from([...new TextEncoder().encode('#!AER-DAT1.0\r\n'), ...hex('143d000003e805fe000007d0')])
    expect(lists(aedat2.decode(bytes))).toMatchObject({ t: [1000, 2000], x: [30, 127], y: [20, 5], p: [1, 0] })
  })

  it('AEDAT 3.1 with an overflow; slots that do not count and events that are not valid', () => {
    const packet = new DataView(new ArrayBuffer(28 + 3 * 8))
    ;[
      [4, 8],
      [8, 4],
      [12, 1],
      [16, 3],
      [20, 2],
      [24, 1],
    ].forEach(([at, value]) => packet.setUint32(at!, value!, true))
    packet.setUint16(0, 1, true)
    ;[
      [5, 6, 1, 17, 1],
      [127, 0, 0, 18, 0],
      [1, 1, 1, 19, 1],
    ].forEach(([px, py, pp, pt, valid], i) => {
      packet.setUint32(28 + 8 * i, valid! | (pp! << 1) | (py! << 2) | (px! << 17), true)
      packet.setUint32(32 + 8 * i, pt!, true)
    })
    const other = new Uint8Array(28 + 4) // a packet of another type in front is skipped
    new DataView(other.buffer).setUint16(0, 3, true)
    new DataView(other.buffer).setUint32(4, 4, true)
    new DataView(other.buffer).setUint32(16, 1, true)
    const bytes = Uint8Array.from([
      ...new TextEncoder().encode('#!AER-DAT3.1\r\n#Format: RAW\r\n#!END-HEADER\r\n'),
      ...other,
      ...new Uint8Array(packet.buffer),
    ])
    expect(lists(aedat3.decode(bytes))).toEqual({ t: [2147483665], x: [5], y: [6], p: [1] })
    expect(lists(aedat3.decode(bytes, { invalidToo: true }))).toMatchObject({
      t: [2147483665, 2147483666, 2147483667],
      x: [5, 127, 1],
      y: [6, 0, 1],
      p: [1, 0, 1],
    })
  })

  it('ATIS .dat keeps events after one that is out of order', async () => {
    const rows = [
      [100, 5, 7, 1],
      [150, 303, 239, 0],
      [140, 1, 1, 1],
      [200, 2, 3, 1],
    ]
    const body = new Uint32Array(rows.flatMap(([t, x, y, p]) => [t!, x! | (y! << 9) | (p! << 17)]))
    const bytes = Uint8Array.from([
      ...new TextEncoder().encode('% Data file containing Event2D events.\n% Version 1\n'),
      0,
      8,
      ...new Uint8Array(body.buffer),
    ])
    expect(lists(dat.decode(bytes))).toEqual({
      t: [100, 150, 140, 200],
      x: [5, 303, 1, 2],
      y: [7, 239, 1, 3],
      p: [1, 0, 1, 1],
    })
  })

  it('text: decimal seconds, names, comments, and what is wrong named with its line', async () => {
    const parse = (text: string, options: object) => csv.parse(new TextEncoder().encode(text), options)
    expect(
      lists(
        await parse('0.003811000 96 133 0\n1468939993.067416019 2 3 1', {
          sensor: { width: 240, height: 180 },
          timeUnit: 's',
        }),
      ),
    ).toEqual({ t: [0.003811, 1468939993.067416], x: [96, 2], y: [133, 3], p: [0, 1] })
    expect(lists(await parse('# note\nx,y,polarity,timestamp\n1,2,-1,-7\r\n3,4,1,1e3\n', small))).toEqual({
      t: [-7, 1000],
      x: [1, 3],
      y: [2, 4],
      p: [0, 1],
    })
    await expect(parse('1 2 3 0\n1 two 3 0\n', small)).rejects.toThrow(/line 2: x is "two"/)
    await expect(parse('1 2 3\n', small)).rejects.toThrow(/line 1 has 3 columns, expected 4/)
    await expect(parse('1 2 3 1\n', {})).rejects.toMatchObject({ code: 'ARGUMENT' })
    await expect(parse('1 99 3 1\n', small)).rejects.toThrow(
      /event 0 \(x 99, y 3, p 1\) lies outside of the sensor of 34 x 34/,
    )
  })
})

describe('events outside of the sensor', () => {
  const events = createEvents(
    { t: [10, 20, 30], x: [127, 0, 5], y: [0, 127, 5], p: [0, 0, 1] },
    { sensor: sensorOf(128, 128) },
  )

  it.each([evt2, evt3, aedat2, atis])('$id: the first is named, by column, row and polarity', async (format) => {
    const bytes = await format.write!(events)
    const decode = (width: number, height: number, polarities: number) =>
      format.decode(bytes, { sensor: { width, height, polarities } })
    expect(lists(decode(128, 128, 2))).toMatchObject({ x: [127, 0, 5], y: [0, 127, 5], p: [0, 0, 1] })
    expect(() => decode(127, 128, 2)).toThrow(/event 0 \(x 127, y 0, p 0\) lies outside/)
    expect(() => decode(128, 127, 2)).toThrow(/event 1 \(x 0, y 127, p 0\) lies outside/)
    expect(() => decode(128, 128, 1)).toThrow(/event 2 \(x 5, y 5, p 1\) lies outside/)
  })

  it('evt3: pixels of a vector', () => {
    const words = Uint16Array.of(0x8000, 0x6001, 0x0003, 0x3000 | 120, 0x4000 | 0b1000_1000_0000)
    const file = Uint8Array.from([...new TextEncoder().encode('% evt 3.0\n% end\n'), ...new Uint8Array(words.buffer)])
    const decode = (width: number) => evt3.decode(file, { sensor: { width, height: 4 } })
    expect(lists(decode(132))).toEqual({ t: [1, 1], x: [127, 131], y: [3, 3], p: [0, 0] })
    expect(() => decode(131)).toThrow(/event 1 \(x 131, y 3, p 0\) lies outside/)
  })
})

describe('openEvents', () => {
  const events = randomEvents(2000, 9, { sensor: sensorOf(1280, 720) })

  it('takes bytes, a Blob, a stream and a URL, and says what it found', async () => {
    const bytes = (await evt3.write!(events)) as Uint8Array<ArrayBuffer>
    const url = new URL(`data:application/octet-stream;base64,${Buffer.from(bytes).toString('base64')}`)
    const pieces = Array.from({ length: Math.ceil(bytes.length / 100) }, (_, i) =>
      bytes.subarray(100 * i, 100 * (i + 1)),
    )
    for (const source of [bytes, new Blob([bytes]), new Blob([bytes]).stream(), url, pieces]) {
      const opened = await openEvents(source)
      expect(opened.format).toBe(evt3)
      expect(lists(await opened.all())).toEqual(lists(events))
    }
    const parts: Events[] = []
    for await (const part of (await openEvents(new Blob([bytes]).stream(), { chunkBytes: 512 })).batches())
      parts.push(part)
    expect(parts.length).toBeGreaterThan(10)
    expect(lists(concatEvents(parts))).toEqual(lists(events))
  })

  it('stops when told, and cancels the stream', async () => {
    let cancelled = false
    const endless = new ReadableStream<Uint8Array>({
      pull: async (controller) => controller.enqueue(new Uint8Array(await evt2.write!(events))),
      cancel: () => void (cancelled = true),
    })
    const controller = new AbortController()
    const source = await openEvents(endless, { signal: controller.signal })
    await expect(async () => {
      for await (const part of source.batches()) if (part.t.length > 0) controller.abort(new Error('enough'))
    }).rejects.toThrow('enough')
    expect(cancelled).toBe(true)
  })

  it('refuses what nothing is sure of', async () => {
    await expect(openEvents(new Uint8Array(10))).rejects.toMatchObject({ code: 'ARGUMENT' })
    expect((await openEvents(hex('0304812345'), { file: '00001.bin' })).format).toBe(atis)
    expect(new Set(eventFormats.map(({ id }) => id)).size).toBe(eventFormats.length)
  })
})
