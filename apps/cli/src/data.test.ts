import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { decode } from 'fast-png'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aedat2, atis, createEvents, eventFormats, evt3, npz, sensorOf, type Events } from '@snn/datasets'
import { snn } from '../test/snn.js'
import { formatNamed } from './event-files.js'
import { contactSheet, rasterSvg } from './event-picture.js'
import { flaggedOptions, flaggedWriteOptions, inFlags } from './recording-options.js'

let folder: string
const at = (name: string): string => join(folder, name)
const ramp = (length: number, width: number, height: number): Events =>
  createEvents(
    {
      t: Array.from({ length }, (_, i) => 10 * i),
      x: Array.from({ length }, (_, i) => i % width),
      y: Array.from({ length }, (_, i) => i % height),
      p: Array.from({ length }, (_, i) => i % 2),
    },
    { sensor: sensorOf(width, height, 2) },
  )

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-data-'))
  const put = async (name: string, content: Uint8Array): Promise<void> => {
    await mkdir(dirname(at(name)), { recursive: true })
    await writeFile(at(name), content)
  }
  await put('road.raw', await evt3.write!(ramp(500, 320, 240)))
  for (const digit of [0, 1])
    for (const name of ['00001', '00002'])
      await put(`nmnist/Test/${digit}/${name}.bin`, await atis.write!(ramp(100 + digit, 34, 34)))
})
afterAll(() => rm(folder, { recursive: true }))

describe.concurrent('snn data', { timeout: 60_000 }, () => {
  it('lists the sets and says what is here of one', async () => {
    expect((await snn('data', 'list')).stdout).toMatch(
      /\| nmnist +\| N-MNIST +\| 34 x 34 +\| +10 \| train 60,000, test 10,000/,
    )
    const { stdout, code } = await snn('data', 'info', 'nmnist', '--root', at('nmnist'))
    expect(code).toBe(0)
    expect(stdout).toContain('licence: CC BY-SA 4.0')
    expect(stdout).toContain('here: N-MNIST test, 4 of 10000 recordings of 34 x 34')
    expect(stdout).toContain('here: train: [nmnist] no N-MNIST in')
  })

  it('describes recordings and converts them', async () => {
    const facts = JSON.parse((await snn('data', 'info', at('road.raw'), '--json')).stdout) as object
    expect(facts).toMatchObject({
      format: 'evt3',
      sensor: { width: 320, height: 240 },
      events: 500,
      seconds: 0.00499,
      brighter: 0.5,
      inOrder: true,
    })
    expect((await snn('data', 'convert', at('road.raw'), '--out', at('road.npz'))).stdout).toContain('500 events')
    const read = await npz.parse(new Uint8Array(await readFile(at('road.npz'))))
    expect([[...read.t], [...read.x]]).toEqual([[...ramp(500, 320, 240).t], [...ramp(500, 320, 240).x]])
  })

  it('says what it left out or took for granted, and reads as options say', async () => {
    await writeFile(
      at('events.csv'),
      Array.from({ length: 100 }, (_, i) => `${i % 64},${i === 50 ? 900 : i % 48},${i % 2},${8 * i}`).join('\n'),
    )
    const { stdout } = await snn('data', 'info', at('events.csv'), '--sensor', '64x48')
    expect(stdout).toMatch(
      /99 events[^]*note: 1 events outside of the sensor of 64 x 48 left out\nnote: columns taken as x, y, p, t, the only plausible order; --columns says another/,
    )
    const facts = JSON.parse(
      (
        await snn(
          'data',
          'info',
          at('events.csv'),
          '--sensor',
          '64x48',
          '--columns',
          'xypt',
          '--time-unit',
          'ms',
          '--json',
        )
      ).stdout,
    ) as object
    expect(facts).toMatchObject({ timeUnit: 'ms', seconds: 0.792, notes: [{ about: 'outside', count: 1 }] })
    await writeFile(
      at('twice.csv'),
      Array.from({ length: 100 }, (_, i) => `${10_000 * (i % 50)} ${i % 64} ${i % 48} ${i % 2}`).join('\n'),
    )
    const [kept, continued] = await Promise.all(
      [[], ['--restarts', 'continue']].map((flags) =>
        snn('data', 'info', at('twice.csv'), '--sensor', '64x48', ...flags),
      ),
    )
    expect(kept!.stdout).toMatch(
      /0 to 490000 us[^]*not in order of time\nnote: 1 events earlier than the one before, the farthest by 490000 us at event 50; 1 by more than 0.1 s, .*--restarts continue/,
    )
    expect(continued!.stdout).toMatch(/0 to 980000 us, 0\.9800 s[^]*note: 1 restarts of the clock/)
  })

  it('writes as options say, and names flags in errors', async () => {
    expect((await snn('data', 'convert', at('road.raw'), '--out', at('road.csv'), '--to-columns', 'xypt')).code).toBe(0)
    expect((await readFile(at('road.csv'), 'utf8')).split('\n').slice(1, 3)).toEqual(['x,y,p,t', '0,0,0,0'])
    const other = await snn('data', 'info', at('road.raw'), '--camera', 'davis346')
    expect([other.code, other.stderr]).toEqual([
      2,
      expect.stringMatching(/^ARGUMENT: \[data\] --camera for the format evt3, expected none/),
    ])
    expect(inFlags("Give { sensor: { width, height } }, { timeUnit: 's' }, { path: 'a/b' } or { format }.")).toBe(
      'Give --sensor WIDTHxHEIGHT, --time-unit s, --path a/b or --format.',
    )
  })

  it('writes the format whose usual ending a name has', () => {
    expect(['e.dat', 'e.aedat', 'E.BIN', 'a.dat/e.txt', 'evt2'].map((name) => formatNamed(name).id)).toEqual([
      'dat',
      'aedat2',
      'atis',
      'csv',
      'evt2',
    ])
    const written = eventFormats.filter(({ write }) => write)
    for (const { extensions } of written) expect(formatNamed(`e${extensions[0]}`).extensions[0]).toBe(extensions[0])
  })

  it('has a flag for every option of every format', () => {
    const options = new Set(eventFormats.flatMap((format) => format.options))
    expect([...flaggedOptions, 'filter'].sort()).toEqual([...options].sort())
    expect([...flaggedWriteOptions].sort()).toEqual(
      [...new Set(eventFormats.flatMap((format) => format.writeOptions))].sort(),
    )
  })

  it('converts a set, again without doing it twice', async () => {
    const args = [
      'data',
      'convert',
      'nmnist',
      '--root',
      at('nmnist'),
      '--split',
      'test',
      '--out',
      at('converted'),
      '--json',
    ]
    expect(JSON.parse((await snn(...args)).stdout)).toMatchObject({ written: 4, kept: 0, corrupt: [] })
    expect(JSON.parse((await snn(...args)).stdout)).toMatchObject({ written: 0, kept: 4 })
  })

  it('draws sets and recordings', async () => {
    const { stdout } = await snn(
      'data',
      'preview',
      'nmnist',
      '--root',
      at('nmnist'),
      '--out',
      at('sheet.png'),
      '--samples',
      '3',
      '--columns',
      '4',
    )
    expect(stdout).toMatch(
      /from the top:\n {2}0 \(0\/00001\.bin\), 100 events\n {2}1 \(1\/00001\.bin\), 101 events\n {2}0 \(0\/00002\.bin\)/,
    )
    const picture = decode(await readFile(at('sheet.png')))
    expect([picture.width, picture.height]).toEqual([4 * 104 + 2, 3 * 104 + 2])
  })

  it('draws the spikes of both ears of a cochlea as one raster', async () => {
    await writeFile(at('speech.aedat'), await aedat2.write!(ramp(128, 64, 2)))
    const { code } = await snn('data', 'preview', at('speech.aedat'), '--out', at('speech.svg'))
    expect(code).toBe(0)
    expect(await readFile(at('speech.svg'), 'utf8')).toMatch(/>128<[^]*M48 201\.3h0/)
  })

  it.each([
    ['an unknown set or missing file', ['info', 'nonsense'], 'DATA_NOT_FOUND'],
    ['no folder', ['convert', 'nmnist', '--out', 'x'], 'ARGUMENT'],
    ['a set that asks for a browser', ['download', 'nmnist', '--root', 'ROOT/empty', '--split', 'test'], 'DOWNLOAD'],
    [
      'an archive that is another',
      ['download', 'nmnist', '--root', 'ROOT/empty', '--split', 'test', '--from', 'ROOT/road.raw'],
      'DATA_INVALID',
    ],
    ['a picture for what is none', ['preview', 'ROOT/road.raw', '--out', 'ROOT/x.svg'], 'ARGUMENT'],
    ['a format that is not written', ['convert', 'ROOT/road.raw', '--out', 'ROOT/x.xyz'], 'ARGUMENT'],
    ['an unknown option', ['list', '--colour'], 'ARGUMENT'],
  ])('%s ends with 2', async (_, args, expected) => {
    const { code, stderr } = await snn('data', ...args.map((text) => text.replace('ROOT', folder)))
    expect(code).toBe(2)
    expect(stderr.trim().split('\n').at(-1)).toMatch(new RegExp(`^${expected}: \\[`))
  })
})

describe('pictures', () => {
  it('show brighter blue, darker orange, nothing dark', () => {
    const events = createEvents(
      { t: [0, 1, 10, 11], x: [0, 1, 0, 1], y: [0, 0, 0, 0], p: [1, 0, 1, 0] },
      { sensor: sensorOf(2, 2) },
    )
    const { data, width } = decode(contactSheet([{ title: '', events }], 2))
    const pixel = (x: number, y: number) => [...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)]
    const [on, off, none] = [pixel(10, 10), pixel(100, 10), pixel(10, 100)]
    expect(on[2]! - on[0]!).toBeGreaterThan(50)
    expect(off[0]! - off[2]!).toBeGreaterThan(50)
    expect(none).toEqual([18, 18, 24])
    expect(pixel(0, 0)).toEqual([70, 70, 80])
    expect(pixel(10 + width / 2 - 1, 10)).toEqual(on)
  })

  it('draw spikes at their time and channel, and escape names', () => {
    const events = createEvents({ t: [0, 0.5, 1], x: [0, 349, 699] }, { sensor: sensorOf(700, 1), timeUnit: 's' })
    const svg = rasterSvg([{ title: '<a&b>', events }])
    expect(svg).toContain('&#60;a&#38;b&#62;')
    expect(svg).toContain('1000 ms')
    expect([...svg.matchAll(/M([\d.]+) ([\d.]+)h0/g)].map(([, x, y]) => [Number(x), Number(y)])).toEqual([
      [48, 201.9],
      [368, 112.1],
      [688, 22.1],
    ])
  })
})
