import { isSnnError } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { randomEvents } from '../../test/random-events.js'
import { sensorOf, type Events } from './events.js'
import type { EventFormat } from './format.js'
import { aedat3 } from './formats/aedat3.js'
import { aedat4 } from './formats/aedat4.js'
import { csv } from './formats/csv.js'
import { evt3 } from './formats/evt3.js'
import { hdf5 } from './formats/hdf5.js'
import { eventFormats } from './open.js'
import { concatEvents } from './select.js'

const events = randomEvents(40, 1, { sensor: sensorOf(64, 48), pause: 100 })
const options = { sensor: { width: 64, height: 48 } }
/**
 * Bytes of a record, of formats where a file may end after each; all others have parts whose length is known before.
 */
const recordBytes: Readonly<Record<string, number>> = { atis: 5, aedat2: 8, dat: 8, es: 5, evt2: 4, evt21: 8, evt3: 2 }
const rows = ({ t, x, y, p }: Events): string[] => Array.from(t, (time, i) => [time, x[i], y[i], p[i]].join())
const cutNotes = ({ notes = [] }: Events): string[] =>
  notes.filter(({ text }) => /is cut|no events/.test(text)).map(({ count, text }) => `${count} ${text}`)

async function inPieces(format: EventFormat, bytes: Uint8Array): Promise<Events> {
  const parts: Events[] = []
  for await (const part of format.batches([bytes.subarray(0, 333), bytes.subarray(333)], options)) parts.push(part)
  return concatEvents(parts)
}

/** What is read, or undefined after a typed error. */
const attempt = (read: Promise<Events>): Promise<Events | undefined> =>
  read.catch((error: unknown) => {
    if (!isSnnError(error, 'DATA_INVALID') && !isSnnError(error, 'ARGUMENT')) throw error
    return undefined
  })

describe('a recording that is cut: the events before the cut and a note, or a typed error', () => {
  it.each(eventFormats.filter(({ write }) => write))('$id', { timeout: 60_000 }, async (format) => {
    const bytes = await format.write!(events)
    const all = rows(events)
    const step = recordBytes[format.id] === undefined && !/^(aedat|csv)/.test(format.id) ? 37 : 1 // containers are slow
    for (let cut = 1; cut <= bytes.length; cut += step) {
      const rest = bytes.slice(0, bytes.length - cut)
      const read = await attempt(format.parse(rest, options))
      const where = `${format.id} cut by ${cut} of ${bytes.length} bytes`
      if (!read) {
        if (format.id === 'csv') expect(rest.filter((byte) => byte === 0x0a).length, where).toBeLessThan(3) // two lines of head, and an event
        continue
      }
      expect(rows(read), where).toEqual(all.slice(0, read.t.length))
      const betweenRecords =
        format.id === 'csv'
          ? rest.at(-1) === 0x0a || bytes[rest.length] === 0x0a
          : cut % (recordBytes[format.id] ?? NaN) === 0
      if (read.t.length < all.length && !betweenRecords) expect(cutNotes(read), where).not.toEqual([])
      if (step > 1 || read.t.length === 0) continue
      const parts = await inPieces(format, rest)
      expect([rows(parts), cutNotes(parts)], where).toEqual([rows(read), cutNotes(read)])
    }
  })

  it('says how much is left out; packets before the cut stay', async () => {
    const left = (count: number): string =>
      `${count} bytes at the end left out: the file is cut within a record or packet`
    const odd = await evt3.parse((await evt3.write!(events)).slice(0, -1))
    expect([odd.t.length, cutNotes(odd)]).toEqual([39, [left(1)]])
    const two = await aedat4.write!(randomEvents(5000, 1)) // packets of 4096 and 904 events, of 16 bytes, after 8 and 32 of headers
    const first = await aedat4.parse(two.slice(0, -1))
    expect([first.t.length, cutNotes(first)]).toEqual([4096, [left(40 + 904 * 16 - 1)]])
    const alone = await aedat4.parse((await aedat4.write!(events)).slice(0, -1))
    expect([alone.t.length, cutNotes(alone)]).toEqual([0, [left(40 + 40 * 16 - 1), 'undefined no events in the file']])
    const third = await aedat3.parse((await aedat3.write!(events)).slice(0, -16))
    expect([third.t.length, cutNotes(third)]).toEqual([
      38,
      ['2 events of the last packet missing: the file is cut within it'],
    ])
  })

  it('text whose last number is cut, and HDF5, say that they may be cut', async () => {
    const lines = 'x,y,p,t\n1,2,1,1000\n2,3,1,2000\n2,3,1,2100'
    const whole = await csv.parse(new TextEncoder().encode(lines), options)
    expect([whole.t.length, whole.notes]).toEqual([3, undefined])
    const cut = await csv.parse(new TextEncoder().encode(lines.slice(0, -2)), options)
    expect(
      cutNotes({
        ...cut,
        notes: cut.notes?.map((note) => ({ ...note, text: note.text.replace('may be cut', 'is cut') })) ?? [],
      }),
    ).toEqual([
      'undefined the last line has no end, and its time 21 is before the 2000 of the line above it: the file is cut within a number',
    ])
    for (const end of ['2', '2,', '2,3,1', '2,3,1,-']) {
      const short = await csv.parse(new TextEncoder().encode(`${lines.slice(0, -10)}${end}`), options)
      expect([short.t.length, cutNotes(short)]).toEqual([
        2,
        [`${end.length} bytes at the end left out: the file is cut within a record or packet`],
      ])
    }
    const error: unknown = await hdf5
      .parse((await hdf5.write!(events)).slice(0, -100))
      .catch((thrown: unknown) => thrown)
    expect((error as Error).message).toMatch(
      /^\[hdf5\] hdf5: cannot be read \(unable to synchronously open file: truncated file: .*$/,
    )
  })

  it('a file that ends within its header is refused in pieces, too', async () => {
    const header = (await evt3.write!(events)).slice(0, 20)
    await expect(evt3.parse(header)).rejects.toThrow(/within the header/)
    await expect(inPieces(evt3, header)).rejects.toThrow(/within the header/)
  })
})
