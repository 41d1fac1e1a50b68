import { gunzipSync } from 'node:zlib'
import { isSnnError } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import golden from '../../../test/golden/ecf.json' with { type: 'json' }
import { concatEvents } from '../select.js'
import { unpackEcf } from './ecf.js'
import { hdf5 } from './hdf5.js'

type Row = [t: number, x: number, y: number, p: number]
const u16 = (...values: number[]): number[] => values.flatMap((value) => [value & 255, value >>> 8])
const u32 = (...values: number[]): number[] => values.flatMap((value) => u16(value & 0xffff, value >>> 16))
const head = (count: number, how: 'masks' | 'xp' | 'yxp'): number[] =>
  u32((count << 2) | { masks: 0, xp: 1, yxp: 2 }[how])
const start = (time: number): number[] => u32((time % 2 ** 32) >>> 0, Math.floor(time / 2 ** 32))

function unpacked(bytes: number[], count: number): Row[] {
  const records = new DataView(
    unpackEcf(Uint8Array.from([9, ...bytes]).subarray(1), count, count, 'ecf', 'block').buffer,
  )
  expect(records.byteLength).toBe(16 * count)
  return Array.from({ length: count }, (_, i): Row => {
    const at = 16 * i
    return [
      Number(records.getBigInt64(at + 8, true)),
      records.getUint16(at, true),
      records.getUint16(at + 2, true),
      records.getInt16(at + 4, true),
    ]
  })
}
const times = (bytes: number[], count: number, first: number): number[] =>
  unpacked(
    [
      ...head(count, 'xp'),
      ...start(first),
      ...bytes,
      ...u16(31, count),
      ...Array<number>(6 * Math.ceil(count / 4)).fill(0),
    ],
    count,
  ).map(([t]) => t)
/** The message of the error that bytes for `count` events meet. */
function fault(bytes: number[], count: number): string {
  try {
    unpacked(bytes, count)
  } catch (error) {
    if (isSnnError(error, 'DATA_INVALID')) return error.message
    throw error
  }
  return 'read'
}

describe('a block of ECF', () => {
  it('has times as steps with the number of events of each', () => {
    expect(times([0x02, 0xe1], 3, 1000)).toEqual([1000, 1000, 1014])
    // 15 says that the number follows, a step of 15 that there are 4 bits of a longer one.
    expect(times([0x3f, ...u16(300)], 300, 5)).toEqual(Array<number>(300).fill(8))
    expect(times([0xff, 0x01, 0xf0, 0xf2, 0x11], 2, 7)).toEqual([22, 22 + 0x20 + 1])
    expect(times([0xff, 0xff, 0xff, 0x02, 0x00, 0x01], 3, 2 ** 40 + 1)).toEqual([
      2 ** 40 + 0x1000,
      2 ** 40 + 0x1000,
      2 ** 40 + 0x1000,
    ])
    expect(times([0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf0, 0xf1, 0x01], 1, 3)).toEqual([2 ** 32 + 3])
  })

  it('has y, x and p of four events in 12 bytes', () => {
    const [a, b, c, d] = [
      (719 << 12) | (1279 << 1) | 1,
      (0x5a5 << 12) | (0x2d2 << 1),
      (1 << 12) | (2047 << 1) | 1,
      (2047 << 12) | 2,
    ] as const
    const words = u32(
      ((a << 8) | (b & 255)) >>> 0,
      (((b >>> 8) << 16) | (c & 0xffff)) >>> 0,
      (((c >>> 16) << 24) | d) >>> 0,
    )
    const rows: Row[] = [
      [9, 1279, 719, 1],
      [9, 0x2d2, 0x5a5, 0],
      [9, 2047, 1, 1],
      [9, 1, 2047, 0],
    ]
    expect(unpacked([...head(4, 'yxp'), ...start(9), 0x04, ...words], 4)).toEqual(rows)
    // What fills the last four is void.
    expect(unpacked([...head(5, 'yxp'), ...start(9), 0x05, ...words, ...words], 5)).toEqual([...rows, rows[0]])
    // Both bits: the stronger packing.
    expect(unpacked([...u32((4 << 2) | 3), ...start(9), 0x04, ...words], 4)).toEqual(rows)
  })

  it('has y in runs and x and p of four events in 6 bytes', () => {
    const [a, b, c, d] = [(1279 << 1) | 1, 0x5a5 << 1, (3 << 1) | 1, 2047 << 1] as const
    const words = u16(
      ((a << 4) | (b & 15)) & 0xffff,
      (((b >>> 4) << 8) | (c & 255)) & 0xffff,
      (((c >>> 8) << 12) | d) & 0xffff,
    )
    expect(unpacked([...head(4, 'xp'), ...start(0), 0x04, ...u16((5 << 5) | 1, (719 << 5) | 3), ...words], 4)).toEqual([
      [0, 1279, 5, 1],
      [0, 0x5a5, 719, 0],
      [0, 3, 719, 1],
      [0, 2047, 719, 0],
    ])
    expect(
      unpacked([...head(4, 'xp'), ...start(0), 0x04, ...u16((5 << 5) | 31, 4), ...words], 4).map(([, , y]) => y),
    ).toEqual([5, 5, 5, 5])
  })

  it('has y in runs, x with those beside it, and p in runs', () => {
    const block = (count: number, x: number[], p: number[]): number[] => [
      ...head(count, 'masks'),
      ...start(0),
      0x0f,
      ...u16(count),
      ...u16((1 << 5) | 31, count),
      ...u16(...x),
      ...p,
    ]
    expect(unpacked(block(7, [(100 << 5) | 0b10011, 200 << 5, (7 << 5) | 0b01000], [0x82, 0x05]), 7)).toEqual([
      [0, 100, 1, 1],
      [0, 101, 1, 1],
      [0, 104, 1, 0],
      [0, 105, 1, 0],
      [0, 200, 1, 0],
      [0, 7, 1, 0],
      [0, 9, 1, 0],
    ])
    // The last mask may say more than there is.
    expect(unpacked(block(2, [(100 << 5) | 0b11111], [0x02]), 2)).toEqual([
      [0, 100, 1, 0],
      [0, 101, 1, 0],
    ])
    expect(
      unpacked(block(200, Array<number>(200).fill(4 << 5), [0xff, ...u16(199), 0x01]), 200).map(([, , , p]) => p),
    ).toEqual([...Array<number>(199).fill(1), 0])
  })

  it('is refused when damaged', () => {
    const whole = [...head(2, 'masks'), ...start(3), 0x02, ...u16((1 << 5) | 2, (100 << 5) | 0b10000), 0x82]
    expect(unpacked(whole, 2)).toEqual([
      [3, 100, 1, 1],
      [3, 101, 1, 1],
    ])
    for (let length = 0; length < whole.length; length++)
      expect(fault(whole.slice(0, length), 2)).toBe('[ecf] block: damaged ECF data (ends too early).')
    expect(fault(whole, 3)).toMatch(/2 events in a chunk of 3/)
    expect(fault([...head(2, 'masks'), ...start(3), 0x03], 2)).toMatch(/a run beyond the last event/)
    expect(fault([...head(2, 'masks'), ...start(3), 0x02, ...u16(31, 3)], 2)).toMatch(/a run beyond the last event/)
    expect(fault([...head(2, 'masks'), ...start(2 ** 53 - 1), 0x11], 2)).toMatch(/2\^53/)
    expect(fault([...head(2, 'masks'), ...start(0), ...Array<number>(300).fill(0xf0), 0x01], 2)).toMatch(/2\^53/)
  })
})

describe('HDF5 packed by ECF', () => {
  it.each(Object.entries(golden.files))('%s: at once and in pieces', async (_, base64) => {
    const bytes = new Uint8Array(gunzipSync(Buffer.from(base64, 'base64')))
    const parts = []
    for await (const part of hdf5.batches([bytes])) parts.push(part)
    for (const { t, x, y, p } of [await hdf5.parse(bytes), concatEvents(parts)])
      expect({ t: [...t], x: [...x], y: [...y], p: [...p] }).toEqual(golden.events)
    expect((await hdf5.parse(bytes)).sensor).toEqual({ width: 1280, height: 720, polarities: 2 })
    // The same file with a chunk of another number of events: named, and the next file is read again.
    const damaged = Buffer.from(bytes)
    damaged.set(head(512, 'xp'), damaged.indexOf(Buffer.from(head(256, 'xp'))))
    await expect(hdf5.parse(damaged)).rejects.toThrow(
      /^\[hdf5\] hdf5: damaged ECF data \(512 events in a chunk of 100 to 256\)\.$/,
    )
    expect((await hdf5.parse(bytes)).t.length).toBe(golden.events.t.length)
  })
})
