import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { zipSync, zlibSync } from 'fflate'
import { randomEvents } from '../../test/random-events.js'
import { bytesSource, joinBytes, type ByteSource } from '../bytes.js'
import { openEvents } from '../node/open-events.js'
import { npyFile } from '../npy-file.js'
import type { EventFormat } from './format.js'
import { sensorOf, type Events } from './events.js'
import { hdf5 } from './formats/hdf5.js'
import { mat } from './formats/mat.js'
import { npy, npz } from './formats/numpy.js'
import { concatEvents } from './select.js'

const sensor = sensorOf(240, 180)
const events = randomEvents(140_000, 1, { sensor })
const lists = ({ t, x, y, p }: Events) => ({ t: t.join(), x: x.join(), y: y.join(), p: p.join() })

/** A source that counts the bytes that are asked of it. */
function counting(bytes: Uint8Array): ByteSource & { readonly taken: () => number } {
  const { readSync } = bytesSource(bytes)
  let taken = 0
  const count = (from: number, to: number): Uint8Array => {
    taken += to - from
    return readSync!(from, to)
  }
  return { size: bytes.length, read: async (from, to) => count(from, to), readSync: count, taken: () => taken }
}

/** The elements of a .mat file compressed one by one, as MATLAB saves them. */
function compressedMat(plain: Uint8Array): Uint8Array {
  const parts = [plain.subarray(0, 128)]
  const view = new DataView(plain.buffer, plain.byteOffset, plain.length)
  for (let at = 128; at < plain.length;) {
    const next = at + 8 + view.getUint32(at + 4, true)
    const packed = zlibSync(plain.subarray(at, next))
    parts.push(new Uint8Array(Uint32Array.of(15, packed.length).buffer), packed)
    at = next
  }
  return joinBytes(parts)
}

const files: [string, EventFormat, () => Promise<Uint8Array>][] = [
  ['hdf5', hdf5, () => hdf5.write!(events)],
  ['npz', npz, () => npz.write!(events)],
  ['npy, records', npy, () => npy.write!(events)],
  [
    'npy, rows',
    npy,
    async () =>
      npyFile(
        '<f8',
        [events.t.length, 4],
        Float64Array.from(
          { length: 4 * events.t.length },
          (_, i) => [events.t, events.x, events.y, events.p][i % 4]![Math.floor(i / 4)]!,
        ),
      ),
  ],
  ['mat', mat, () => mat.write!(events)],
  ['mat, compressed', mat, async () => compressedMat(await mat.write!(events))],
]

describe('containers are read part by part', () => {
  let folder: string
  beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'snn-containers-'))))
  afterAll(() => rm(folder, { recursive: true }))

  it.each(files)('%s', { timeout: 60_000 }, async (name, format, make) => {
    const bytes = await make()
    const source = counting(bytes)
    const parts: Events[] = []
    for await (const part of format.batches(source, { sensor })) {
      // No more has been read than is given, but for what a block of the file is.
      if (parts.length === 0) expect(source.taken()).toBeLessThan(0.7 * bytes.length)
      expect(part.t.length).toBeLessThanOrEqual(65536)
      parts.push(part)
    }
    expect(source.taken()).toBeLessThan(1.2 * bytes.length)
    const all = lists(events)
    expect(lists(concatEvents(parts))).toEqual(all)
    const path = join(folder, name)
    await writeFile(path, bytes)
    // Without a sensor, from a file, a Blob and a stream; ASL-DVS has a sensor of its own.
    for (const input of [
      path,
      new Blob([bytes as Uint8Array<ArrayBuffer>]),
      new Blob([bytes as Uint8Array<ArrayBuffer>]).stream(),
    ]) {
      const again: Events[] = []
      for await (const part of (await openEvents(input, { format })).batches()) again.push(part)
      expect(again.length).toBe(parts.length)
      expect(lists(concatEvents(again))).toEqual(all)
    }
    const whole = await (await openEvents(path, { format })).all()
    expect([lists(whole), whole.sensor]).toEqual([all, sensor])
  })

  it('stops in the middle and lets the file go', async () => {
    const controller = new AbortController()
    const reading = async (): Promise<void> => {
      for await (const part of hdf5.batches([await hdf5.write!(events)], { signal: controller.signal }))
        if (part.t.length > 0) controller.abort(new Error('enough'))
    }
    await expect(reading()).rejects.toThrow('enough')
  })

  it('reads archives with ZIP64 sizes, as NumPy writes them', async () => {
    // A member whose sizes and place stand in the extra field of the directory.
    const plain = zipSync(
      Object.fromEntries(
        (['t', 'x'] as const).map((key) => [`${key}.npy`, npyFile('<f8', [3], Float64Array.of(1, 2, 3))]),
      ),
      { level: 0 },
    )
    const view = new DataView(plain.buffer)
    const end = plain.length - 22
    const from = view.getUint32(end + 16, true)
    const wide: number[] = []
    for (let at = from; at < end;) {
      const nameLength = view.getUint16(at + 28, true)
      const entry = plain.slice(at, at + 46 + nameLength)
      const head = new DataView(entry.buffer)
      const extra = new DataView(new ArrayBuffer(28))
      extra.setUint16(0, 1, true)
      extra.setUint16(2, 24, true)
      ;[24, 20, 42].forEach((place, i) => {
        extra.setBigUint64(4 + 8 * i, BigInt(head.getUint32(place, true)), true)
        head.setUint32(place, 0xffffffff, true)
      })
      head.setUint16(30, 28, true)
      wide.push(...entry, ...new Uint8Array(extra.buffer))
      at += 46 + nameLength + view.getUint16(at + 30, true)
    }
    const tail = plain.slice(end)
    new DataView(tail.buffer).setUint32(12, wide.length, true)
    const read = await npz.parse(Uint8Array.from([...plain.subarray(0, from), ...wide, ...tail]))
    expect([[...read.t], [...read.x]]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ])
  })
})
