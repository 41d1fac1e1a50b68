import { readFile } from 'node:fs/promises'
import { isSnnError } from '@snn/tensor'
import fc from 'fast-check'
import { zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { randomEvents } from '../../test/random-events.js'
import { sharedData } from '../../test/shared-data.js'
import { openEvents } from '../node/open-events.js'
import { npyFile, npyWithHeader } from '../npy-file.js'
import { createEvents, sensorOf, toTimeUnit, type Events } from './events.js'
import { aedat2, type Aedat2Camera } from './formats/aedat2.js'
import { aedat3 } from './formats/aedat3.js'
import { atis } from './formats/atis.js'
import { csv } from './formats/csv.js'
import { dat } from './formats/dat.js'
import { evt3 } from './formats/evt3.js'
import { hdf5 } from './formats/hdf5.js'
import { npy, npz } from './formats/numpy.js'
import { concatEvents } from './select.js'

const text = (content: string): Uint8Array => new TextEncoder().encode(content)
const sensor = sensorOf(346, 260)
const lists = (events: Events): object => ({
  t: Array.from(toTimeUnit(events, 'us').t, Math.round),
  x: [...events.x],
  y: [...events.y],
  p: [...events.p],
})
const about = (events: Events): string[] => (events.notes ?? []).map((note) => note.about)

/** A file, what its events are, and all options that say how to read it. */
interface Layout {
  readonly bytes: Uint8Array
  readonly file: string
  readonly options: object
}

const recordings = fc
  .tuple(fc.integer({ min: 20, max: 400 }), fc.nat(), fc.constantFrom(0, 70_000, 5_000_000))
  .map(([length, seed, first]) => randomEvents(length, seed, { sensor, pause: 9000, first }))
const orders = fc.constantFrom('txyp', 'xypt', 'xytp', 'tpxy', 'pxyt', 'ptxy')
const codings = fc.constantFrom<readonly [string, string]>(
  ['0', '1'],
  ['-1', '1'],
  ['0', '255'],
  ['false', 'true'],
  ['False', 'True'],
)
const units = fc.constantFrom<'us' | 's'>('us', 's')
const nameStyles = fc.constantFrom<Readonly<Record<string, string>> | undefined>(
  undefined,
  { t: 't', x: 'x', y: 'y', p: 'p' },
  { t: 'timestamp', x: 'x', y: 'y', p: 'polarity' },
  { t: '"timestamps"', x: '"xs"', y: '"ys"', p: '"polarities"' },
  { t: 'Time', x: 'X', y: 'Y', p: 'Pol' },
)
const sizeLines = fc.constantFrom(
  '',
  '%geometry:346,260\n',
  '346 260\n',
  '# width 346\n# height 260\n',
  '# sensor size: 346x260\n',
)

const texts = fc
  .record({
    events: recordings,
    order: orders,
    coding: codings,
    unit: units,
    names: nameStyles,
    size: sizeLines,
    separator: fc.constantFrom(',', ' ', '\t', ';', ', '),
    comment: fc.constantFrom('', '# recorded yesterday, at 1 2 3 4\n'),
    commented: fc.boolean(),
    ending: fc.constantFrom('\n', '\r\n'),
  })
  .map(({ events, order, coding, unit, names, size, separator, comment, commented, ending }): [Events, Layout] => {
    const { t, x, y, p } = events
    const value = {
      t: (i: number) => (unit === 's' ? (t[i]! / 1e6).toFixed(6) : String(t[i])),
      x: (i: number) => String(x[i]),
      y: (i: number) => String(y[i]),
      p: (i: number) => coding[p[i]!]!,
    }
    const head =
      names === undefined
        ? ''
        : `${commented ? '# ' : ''}${order
            .split('')
            .map((letter) => names[letter])
            .join(separator)}\n`
    const rows = Array.from({ length: t.length }, (_, i) =>
      order
        .split('')
        .map((letter) => value[letter as 't'](i))
        .join(separator),
    ).join('\n')
    return [
      events,
      {
        bytes: text(`${size}${comment}${head}${rows}\n`.replaceAll('\n', ending)),
        file: 'events.csv',
        options: { sensor, columns: order, timeUnit: unit },
      },
    ]
  })

const f8 = (values: ArrayLike<number>): Uint8Array => npyFile('<f8', [values.length], Float64Array.from(values))
const arrays = fc
  .record({
    events: recordings,
    order: orders,
    coding: fc.constantFrom<readonly [number, number]>([0, 1], [-1, 1], [0, 255]),
    unit: units,
    kind: fc.constantFrom('rows', 'rows in zip', 'records', 'columns', 'plural columns'),
    padding: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ events, order, coding, unit, kind, padding }): [Events, Layout] => {
    const length = events.t.length
    const columns = {
      t: events.t.map((time) => (unit === 's' ? time / 1e6 : time)),
      x: Float64Array.from(events.x),
      y: Float64Array.from(events.y),
      p: Float64Array.from(events.p, (p) => coding[p]!),
    }
    const inOrder = order.split('').map((letter) => columns[letter as 't'])
    const options = { sensor, columns: order, timeUnit: unit }
    if (kind.startsWith('rows')) {
      const rows = npyFile(
        '<f8',
        [length, 4],
        Float64Array.from({ length: 4 * length }, (_, i) => inOrder[i % 4]![Math.floor(i / 4)]!),
      )
      return [
        events,
        kind === 'rows'
          ? { bytes: rows, file: 'rows.npy', options }
          : { bytes: zipSync({ 'arr_0.npy': rows }), file: 'rows.npz', options },
      ]
    }
    if (kind.endsWith('columns')) {
      const plural = kind === 'columns' ? '' : 's'
      return [
        events,
        {
          bytes: zipSync(
            Object.fromEntries(Object.entries(columns).map(([name, column]) => [`${name}${plural}.npy`, f8(column)])),
          ),
          file: 'columns.npz',
          options: { sensor, timeUnit: unit },
        },
      ]
    }
    const size = 4 * 8 + padding
    const body = new Uint8Array(size * length).fill(0xee)
    const view = new DataView(body.buffer)
    for (let i = 0; i < length; i++)
      inOrder.forEach((column, at) => view.setFloat64(i * size + 8 * at + (at > 1 ? padding : 0), column[i]!, true))
    const fields = order.split('').map((letter) => `('${letter}', '<f8')`)
    if (padding > 0) fields.splice(2, 0, `('', '|V${padding}')`)
    return [
      events,
      {
        bytes: npyWithHeader(`[${fields.join(', ')}]`, [length], body),
        file: 'records.npy',
        options: { sensor, timeUnit: unit },
      },
    ]
  })

async function read({ bytes, file }: Layout, options: object): Promise<Events> {
  const source = await openEvents(bytes, { file, ...options })
  return source.all()
}

describe('law: a file in any layout gives its events, or an error that names an option with which it does', () => {
  const holds = async ([events, layout]: [Events, Layout]): Promise<void> => {
    const found = await read(layout, {}).catch((error: unknown) => error)
    if (found instanceof Error) {
      expect(isSnnError(found, 'ARGUMENT') || isSnnError(found, 'DATA_INVALID'), String(found)).toBe(true)
      expect(found.message).toMatch(/\{ (sensor|columns|timeUnit)\b/)
    } else expect(lists(found as Events)).toEqual(lists(events))
    expect(lists(await read(layout, layout.options))).toEqual(lists(events))
  }

  it('text', () => fc.assert(fc.asyncProperty(texts, holds), { numRuns: 300 }))
  it('NumPy', () => fc.assert(fc.asyncProperty(arrays, holds), { numRuns: 200 }))

  it('text in pieces is text as a whole', async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 5000 }), async ([, { bytes }], chunkBytes) => {
        const whole = await csv.parse(bytes, { sensor })
        const parts: Events[] = []
        for await (const part of csv.batches([bytes], { sensor, chunkBytes })) parts.push(part)
        expect(concatEvents(parts)).toEqual(whole)
      }),
      { numRuns: 60 },
    )
  })

  it('AEDAT 3.1 whose packets are packed is refused', async () => {
    const written = Buffer.from(await aedat3.write!(randomEvents(20, 1))).toString('latin1')
    const bytes = new Uint8Array(Buffer.from(written.replace('#Format: RAW', '#Format: SerializedTS'), 'latin1'))
    await expect(aedat3.parse(bytes)).rejects.toThrow(/packets of the format "SerializedTS", expected RAW/)
  })

  it('AEDAT 2.0 whose first event begins as a line of its header does', async () => {
    for (const x of [160, 170, 175]) {
      // addresses 23 0a .., of which 23 is # and 0a ends a line
      const events = createEvents(
        { t: [10, 2000, 70_000], x: [x, 7, 300], y: [140, 3, 250], p: [1, 0, 1] },
        { sensor: sensorOf(346, 260) },
      )
      const named = Buffer.from(await aedat2.write!(events, { camera: 'davis346' })).toString('latin1')
      const bytes = new Uint8Array(Buffer.from(named.replace(/# AEChip:.*\r\n/, ''), 'latin1'))
      expect(lists(await aedat2.parse(bytes))).toEqual(lists(events))
    }
  })

  it('AEDAT 2.0 that names its camera, none, one of another family, or an unknown one', async () => {
    const chips = fc.constantFrom(
      undefined,
      'eu.seebetter.ini.chips.sbret10.SBret10',
      'a.chip.of.Tomorrow',
      'ch.unizh.ini.jaer.chip.retina.DVS128',
      'eu.seebetter.ini.chips.davis.Davis346red',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<readonly [Aedat2Camera, number, number]>(['dvs128', 128, 128], ['davis346', 346, 260]),
        chips,
        fc.nat(),
        async ([camera, width, height], chip, seed) => {
          const events = randomEvents(200, seed, { sensor: sensorOf(width, height) })
          const named = Buffer.from(await aedat2.write!(events, { camera })).toString('latin1')
          const bytes = new Uint8Array(
            Buffer.from(named.replace(/# AEChip:.*\r\n/, chip === undefined ? '' : `# AEChip: ${chip}\r\n`), 'latin1'),
          )
          const found = await aedat2.parse(bytes).catch((error: unknown) => error)
          if (found instanceof Error) expect(isSnnError(found, 'DATA_INVALID') && found.message).toMatch(/\{ camera: /)
          else expect([lists(found as Events), (found as Events).sensor.width]).toEqual([lists(events), width])
          expect(lists(await aedat2.parse(bytes, { camera }))).toEqual(lists(events))
        },
      ),
      { numRuns: 100 },
    )
  })
})

describe('law: columns that are no events', () => {
  it('an index in front, without a name or with one, is skipped; a line of names that does not fit the rows is refused', async () => {
    await fc.assert(
      fc.asyncProperty(
        recordings,
        orders,
        fc.constantFrom(',', ';', ', '),
        fc.constantFrom('', 'Unnamed: 0', '"Unnamed: 0"', 'index'),
        fc.constantFrom('t', 'time [us]', 'timestamp (us)'),
        async (events, order, separator, index, time) => {
          const { t, x, y, p } = events
          const names = order.split('').map((letter) => (letter === 't' ? time : letter))
          const rows = Array.from(t, (_, i) =>
            [i, ...order.split('').map((letter) => ({ t, x, y, p })[letter as 't'][i])].join(separator.trim()),
          )
          const file = (head: readonly string[]): Layout => ({
            bytes: text([head.join(separator), ...rows].join('\n')),
            file: 'table.csv',
            options: {},
          })
          expect(lists(await read(file([index, ...names]), { sensor }))).toEqual(lists(events))
          const found = await read(file(names), { sensor }).catch((error: unknown) => error)
          expect(isSnnError(found, 'DATA_INVALID') && found.message).toMatch(
            /has 5 columns, but names for 4\. Give \{ columns: '-/,
          )
          expect(lists(await read(file(names), { sensor, columns: `-${order}`, timeUnit: 'us' }))).toEqual(
            lists(events),
          )
        },
      ),
      { numRuns: 40 },
    )
  })

  it('an empty cell is no reason to read the next column in its place', async () => {
    await expect(csv.parse(text(',t,x,y,p\n0,100,3,4,1\n1,200,,4,1\n'), { sensor })).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('line 3: x is ""') as string,
    })
  })
})

describe('law: a number that is none is refused with its place', () => {
  it.each(['nan', 'NaN', 'inf', '-Infinity', '1e999'])('%s in text', async (wrong) => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 399 }),
        fc.constantFrom('t', 'x', 'y', 'p'),
        fc.boolean(),
        async (at, column, named) => {
          const rows = Array.from({ length: 400 }, (_, i) => ({
            t: `${1000 + i}`,
            x: `${i % 30}`,
            y: '3',
            p: `${i % 2}`,
            ...(i === at && { [column]: wrong }),
          }))
          const found = await csv
            .parse(
              text(`${named ? 't,x,y,p\n' : ''}${rows.map(({ t, x, y, p }) => [t, x, y, p].join(',')).join('\n')}\n`),
              { sensor },
            )
            .catch((error: unknown) => error)
          expect(isSnnError(found, 'DATA_INVALID') && found.message).toContain(
            `line ${at + 1 + Number(named)}: ${column} is "${wrong}"`,
          )
        },
      ),
      { numRuns: 12 },
    )
  })

  it.each([NaN, Infinity, -Infinity])('%s in arrays', async (wrong) => {
    for (const at of [0, 17, 99]) {
      const columns = {
        t: Float64Array.from({ length: 100 }, (_, i) => (i === at ? wrong : i / 1000 + 1e-5)),
        x: new Float64Array(100),
        y: new Float64Array(100),
        p: Float64Array.from({ length: 100 }, (_, i) => i % 2),
      }
      const rows = Float64Array.from({ length: 400 }, (_, i) => columns['txyp'[i % 4] as 't'][Math.floor(i / 4)]!)
      for (const found of [
        await npz
          .parse(
            zipSync(Object.fromEntries(Object.entries(columns).map(([name, column]) => [`${name}.npy`, f8(column)]))),
            { sensor },
          )
          .catch((error: unknown) => error),
        await npy.parse(npyFile('<f8', [100, 4], rows), { sensor }).catch((error: unknown) => error),
      ])
        expect(isSnnError(found, 'DATA_INVALID') && found.message).toContain(
          `time ${wrong} of event ${at}, expected a finite number`,
        )
    }
  })
})

const firstRows = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('rows that are not as they seem', () => {
  it('polarities of words are polarities and no names of columns', async () => {
    const { p } = await csv.parse(firstRows('t;x;y;p\n1;2;3;ON\n2;3;4;OFF\n3;3;4;"on"\n'), {
      sensor: { width: 8, height: 8 },
    })
    expect([...p]).toEqual([1, 0, 1])
    await expect(csv.parse(firstRows('t;x;y;p\n1;2;3;UP\n'), { sensor: { width: 8, height: 8 } })).rejects.toThrow(
      /line 2: p is "UP"/,
    )
  })

  it('numbers with a comma for a point are no columns', async () => {
    for (const rows of ['t;x;y;p\n0,001;2;3;1\n0,002;3;4;0\n', '0,001;2;3;1\n', 't\tx\ty\tp\n0,001\t2\t3\t1\n'])
      await expect(csv.parse(firstRows(rows), { sensor })).rejects.toThrow(
        /whose numbers have a comma where a point is expected\. Write them with a point/,
      )
  })

  it('what a file has no column of is noted', async () => {
    const missing = (name: string): object => ({
      about: 'columns',
      text: `the file has no column of ${name}, which is 0 for all events`,
    })
    const t = f8([10, 20])
    const zip = (...names: string[]): Uint8Array => zipSync(Object.fromEntries(names.map((name) => [`${name}.npy`, t])))
    expect((await csv.parse(firstRows('t,x,y\n1,2,3\n2,3,4\n'), { sensor })).notes).toEqual([missing('p')])
    const line = { width: 64, height: 1, polarities: 1 } // two numbers are an event here, and no size of the sensor
    for (const [rows, options] of [
      ['t,x\n1,2\n2,3\n', {}],
      ['1,2\n2,3\n', { columns: 'tx' }],
    ] as const) {
      const events = await csv.parse(firstRows(rows), { sensor: line, ...options })
      expect([[...events.t], [...events.x], events.notes]).toEqual([[1, 2], [2, 3], undefined])
    }
    expect((await npz.parse(zip('t', 'x', 'y'), { sensor })).notes).toEqual([missing('p')])
    expect((await npz.parse(zip('t', 'x', 'y', 'p'), { sensor: { ...sensor, polarities: 64 } })).notes).toBeUndefined()
  })

  it('names of columns may say their unit', async () => {
    expect(
      lists(await csv.parse(firstRows('"timestamp [us]","x [px]","y (px)","polarity"\n1,2,3,1\n'), { sensor })),
    ).toEqual({ t: [1], x: [2], y: [3], p: [1] })
  })

  it('places between pixels are called so', async () => {
    await expect(csv.parse(firstRows('t,x,y,p\n1,2.5,3,1\n'), { sensor })).rejects.toThrow(
      /line 2 \(x 2\.5, y 3, p 1\) lies between the pixels \(round x and y first\) of the sensor/,
    )
  })

  it('an array with a row for each of t, x, y and p is to be transposed', async () => {
    const array = npyFile(
      '<f8',
      [4, 200],
      Float64Array.from({ length: 800 }, (_, i) => i),
    )
    await expect(npy.parse(array)).rejects.toThrow(
      /^\[npy\] npy: rows of 200 numbers, expected those of one event, t, x, y and p\. If it has a row for each of them, transpose it \(numpy: array\.T\)/,
    )
  })
})

describe('law: a file without events says so', () => {
  it.each([
    ['text', () => csv.parse(text('# events of a sensor 34 x 34 x 2, t in us\nt,x,y,p\n'))],
    ['text with names alone', () => csv.parse(text('t,x,y,p\n'), { sensor })],
    ['evt3', async () => evt3.parse(await evt3.write!(randomEvents(0, 1)))],
    ['dat', async () => dat.parse(await dat.write!(randomEvents(0, 1)))],
    ['npz', async () => npz.parse(await npz.write!(randomEvents(0, 1)))],
  ])('%s', async (_, parse) => {
    const { t, notes = [] } = await parse()
    expect([t.length, notes.map((note) => note.text)]).toEqual([0, expect.arrayContaining(['no events in the file'])])
  })
})

describe('times, places and polarities that cannot be', () => {
  const parse = (content: string, options: object = {}) =>
    csv.parse(text(content), { sensor: { width: 64, height: 64 }, ...options })
  const column = (values: readonly number[]): string => values.map((t, i) => `${t} ${i} 3 ${i % 2}`).join('\n')

  it.each([
    [
      'ms or s',
      column([0.001, 0.002, 0.013]),
      /times with up to three decimals, which may be s or ms\. Give their unit, \{ timeUnit: 's' \}/,
    ],
    ['decimals of us', column([1000.12345, 900_000.5, 1e6]), /in s too long/],
    ['ns since 1970', column([1.6e18, 1.6e18 + 1e6]), /in us after the year 2100/],
    [
      'decimals after whole numbers',
      column(Array.from({ length: 300 }, (_, i) => (i < 299 ? i : 299.5))),
      /line 300: time 299\.5 after whole numbers/,
    ],
    ['three polarities', '1 2 3 0\n2 2 3 1\n3 2 3 -1\n', /expected two values|no order of t, x, y and p/],
    ['no polarity', '1 2 3 4\n2 2 3 5\n', /columns that start with 1, 2, 3, 4/],
  ])('%s', async (_, content, message) => {
    await expect(parse(content)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringMatching(message) as string,
    })
  })

  it('are read where an option says so', async () => {
    expect((await parse(column([0.001, 0.002]), { timeUnit: 'ms' })).timeUnit).toBe('ms')
    expect(
      (await parse('1 2 3 0\n2 2 3 3\n', { columns: 'txyp', sensor: { width: 64, height: 64, polarities: 4 } })).p,
    ).toEqual(Uint8Array.of(0, 3))
  })

  it('a few events outside are left out and counted, many are an error', async () => {
    const rows = Array.from({ length: 200 }, (_, i) => `${i} ${i % 64} 3 ${i % 2}`)
    for (const wrong of ['7 33000 3 1', '7 -1 3 1', '7 70000 3 1', '7 1.5 3 1']) {
      const read = await parse([...rows.slice(0, 100), wrong.replace('7', '99'), ...rows.slice(100)].join('\n'))
      expect([read.t.length, read.notes]).toEqual([
        200,
        [{ about: 'outside', count: 1, text: 'events outside of the sensor of 64 x 64 left out' }],
      ])
    }
    const many = rows.map((row, i) => (i % 10 === 0 ? `${i} 99 3 1` : row)).join('\n')
    await expect(parse(many)).rejects.toThrow(
      /line|event 0 \(x 99, y 3, p 1\) lies outside of the sensor of 64 x 64 with 2 polarities, as 20 of 200 events do/,
    )
    expect((await parse(many, { outside: 'drop' })).t.length).toBe(180)
    await expect(parse([...rows, '900 99 3 1'].join('\n'), { outside: 'fail' })).rejects.toThrow(/lies outside/)
    const { t, x, y, p } = randomEvents(200, 1)
    const far = Float64Array.from(y, (row, i) => (i === 50 ? 33_014 : row))
    const arrays = zipSync(
      Object.fromEntries(Object.entries({ t, x, y: far, p }).map(([name, values]) => [`${name}.npy`, f8(values)])),
    )
    await expect(npz.parse(arrays)).rejects.toThrow(/a sensor that no camera has\. Give \{ sensor: /)
    expect((await npz.parse(arrays, { sensor: sensorOf(34, 34) })).t.length).toBe(199)
  })

  it('turns of a counter are taken out', async () => {
    const long = createEvents(
      { t: [2 ** 32 - 5, 2 ** 32 - 1, 2 ** 32 + 3, 2 ** 33 + 1], x: [1, 2, 3, 4], y: [1, 1, 1, 1], p: [0, 1, 0, 1] },
      { sensor: sensorOf(128, 128) },
    )
    const turned = (bits: number): Events => ({ ...long, t: long.t.map((t) => t % 2 ** bits) })
    const bytesOf = async (format: typeof aedat2 | typeof dat, at: number, little: boolean): Promise<Uint8Array> => {
      const bytes = await format.write!({ ...long, t: Float64Array.of(0, 0, 0, 0) })
      const view = new DataView(bytes.buffer, bytes.length - 32)
      turned(32).t.forEach((t, i) => view.setUint32(8 * i + at, t, little))
      return bytes
    }
    const expected = [2 ** 32 - 5, 2 ** 32 - 1, 2 ** 32 + 3, 2 ** 32 + 1] // the last falls by two: that is disorder
    for (const events of [
      await aedat2.parse(await bytesOf(aedat2, 4, false)),
      await dat.parse(await bytesOf(dat, 0, true)),
      await npy.parse(await npy.write!(turned(32)), { sensor: long.sensor }),
    ]) {
      expect([...events.t]).toEqual(expected)
      expect(events.notes).toContainEqual({
        about: 'time',
        count: 1,
        text: 'turns of a counter of 32 bits taken out of the times',
      })
    }
    const bytes = Uint8Array.from([0x7ffff0, 0x7fffff, 5].flatMap((t, i) => [i, 0, t >>> 16, (t >>> 8) & 255, t & 255]))
    expect([...atis.decode(bytes).t]).toEqual([0x7ffff0, 0x7fffff, 2 ** 23 + 5])
  })

  it('what is left out or taken for granted is said', async () => {
    const words = Uint16Array.of(0x2001, 0x8000, 0x6001, 0x0003, 0x2005)
    const early = await evt3.parse(Uint8Array.from([...text('% evt 3.0\n% end\n'), ...new Uint8Array(words.buffer)]))
    expect([[...early.x], early.notes?.map(({ about, count }) => [about, count])]).toEqual([
      [5],
      [
        ['skipped', 1],
        ['sensor', undefined],
      ],
    ])
    expect(about(await parse('5 1 2 0\n5 2 2 1\n'))).toEqual(['time'])
    expect(about(await parse(column([4, 6])))).toEqual([])
    const noise = Uint8Array.from({ length: 5 * 400 }, (_, i) => (i * 7919 + (i >> 3) * 104729) % 251)
    expect(() => atis.decode(noise, { sensor: { width: 256, height: 256 } })).toThrow(
      /times that fall at \d+ of the first 399 events.*\{ format \}/,
    )
  })
})

describe('HDF5', () => {
  async function fileOf(build: (file: import('h5wasm').File) => void): Promise<Uint8Array> {
    const { ready, File: Hdf5File } = await import('h5wasm')
    const { FS } = await ready
    const file = new Hdf5File('layouts.h5', 'w')
    build(file)
    file.close()
    const bytes: Uint8Array = FS.readFile('layouts.h5')
    FS.unlink('layouts.h5')
    return bytes
  }
  const events = randomEvents(300, 5, { sensor, pause: 9000 })
  const { t, x, y, p } = events
  const rows = (...columns: ArrayLike<number>[]): Float64Array =>
    Float64Array.from({ length: 4 * t.length }, (_, i) => columns[i % 4]![Math.floor(i / 4)]!)

  it.each<[string, (file: import('h5wasm').File) => void, object, Partial<Events>]>([
    [
      'event_utils: plural names, seconds, the size as an attribute',
      (file) => {
        file.create_group('events')
        Object.entries({ ts: t.map((time) => time / 1e6), xs: x, ys: y, ps: p }).forEach(([name, data]) =>
          file.create_dataset({ name: `events/${name}`, data }),
        )
        file.create_attribute('sensor_resolution', Int32Array.of(260, 346))
      },
      {},
      { timeUnit: 's', sensor },
    ],
    [
      'size beside the columns',
      (file) => {
        file.create_group('events')
        Object.entries({ t, x, y, p, width: Int32Array.of(1280), height: Int32Array.of(720) }).forEach(([name, data]) =>
          file.create_dataset({ name: `events/${name}`, data }),
        )
      },
      {},
      { sensor: sensorOf(1280, 720) },
    ],
    [
      'v2e: rows of t, x, y, p',
      (file) => file.create_dataset({ name: 'events', data: rows(t, x, y, p), shape: [t.length, 4] }),
      {},
      {},
    ],
    [
      'rows of x, y, t, p with p -1 and 1',
      (file) =>
        file.create_dataset({
          name: 'events',
          data: rows(
            x,
            y,
            t,
            Float64Array.from(p, (value) => 2 * value - 1),
          ),
          shape: [t.length, 4],
        }),
      {},
      {},
    ],
    [
      'rows where nobody looks',
      (file) => {
        file.create_group('some')
        file.create_dataset({ name: 'some/where', data: rows(x, y, p, t), shape: [t.length, 4] })
      },
      {},
      {},
    ],
    [
      'the second of two cameras',
      (file) => {
        for (const name of ['left', 'right']) {
          file.create_group(name)
          Object.entries({ t, x: name === 'left' ? y : x, y, p }).forEach(([column, data]) =>
            file.create_dataset({ name: `${name}/${column}`, data }),
          )
        }
      },
      { path: '/right' },
      {},
    ],
  ])('%s', async (_, build, options, expected) => {
    const read = await hdf5.parse(await fileOf(build), options)
    expect(lists(read)).toEqual(lists(events))
    expect(read).toMatchObject(expected)
  })

  it('asks which, where several groups have events', async () => {
    const bytes = await fileOf((file) => {
      for (const name of ['left', 'right']) {
        file.create_group(name)
        Object.entries({ t, x, y, p }).forEach(([column, data]) =>
          file.create_dataset({ name: `${name}/${column}`, data }),
        )
      }
    })
    await expect(hdf5.parse(bytes)).rejects.toThrow(/events at left, right, expected one\. Give \{ path: 'left' \}/)
    await expect(hdf5.parse(bytes, { path: 'middle' })).rejects.toThrow(/no events at middle.*It has left, right/)
  })
})

const shared = sharedData('faults')
describe.skipIf(!shared)('files that users had', () => {
  const open = async (name: string, options: object = {}): Promise<Events> =>
    (await openEvents(`${shared}/${name}`, options)).all()
  it.each([
    ['davis-without-chip-name.aedat', {}],
    ['davis-other-chip-name.aedat', {}],
    ['times-in-seconds.h5', {}],
    ['times-in-seconds.txt', { sensor }],
    ['columns-x-y-p-t.csv', { sensor }],
    ['columns-with-geometry-line.csv', {}],
    ['one-event-outside.aedat', {}],
    ['one-event-outside.h5', {}],
  ])('%s', async (name, options) => {
    const json = await readFile(`${shared}/${name}.json`, 'utf8').catch(() =>
      readFile(`${shared}/columns-x-y-p-t.csv.json`, 'utf8'),
    )
    const { t, x, y, p } = JSON.parse(json) as Record<'t' | 'x' | 'y' | 'p', number[]>
    const read = await open(name, options)
    if (name.startsWith('times'))
      expect([read.t.length, read.timeUnit, Math.round(1e3 * (read.t.at(-1)! - read.t[0]!))]).toEqual([200, 's', 995])
    else expect(lists(read)).toEqual({ t, x, y, p })
  })
  it.each(['records-with-padding.npy', 'hdf5-records-with-bool.h5'])('%s', async (name) =>
    expect(lists(await open(name))).toMatchObject({
      t: [5, 105, 205, 305, 405, 505, 605, 705, 805, 905],
      p: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1],
    }),
  )
  it.each(['vds.h5', 'vds0.h5'])('%s', async (name) =>
    expect(open(name)).rejects.toThrow(/events\/t is a virtual data set, put together of vsrc1\.h5, vsrc2\.h5/),
  )
})
