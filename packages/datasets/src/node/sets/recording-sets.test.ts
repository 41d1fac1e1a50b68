import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { File as Hdf5File, ready } from 'h5wasm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import bags from '../../../test/golden/rosbag.json' with { type: 'json' }
import filters from '../../../test/golden/hdf5-filters.json' with { type: 'json' }
import { checkEvents } from '../../events/events.js'
import { npyFile } from '../../npy-file.js'
import { openEventSet } from '../catalogue.js'
import { convertEvents, convertedEvents } from '../convert.js'
import type { RecordingDataset } from '../layouts/recordings.js'
import { davisZurich } from './davis-zurich.js'
import { ebssa } from './ebssa.js'
import { nerdd } from './nerdd.js'
import { threeEt } from './three-et.js'
import { tumVie } from './tum-vie.js'
import { parseFixes, vpr } from './vpr.js'

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
let root: string
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), 'snn-recordings-'))))
afterAll(() => rm(root, { recursive: true }))

async function layout(name: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name, path)), { recursive: true })
    await writeFile(join(root, name, path), content)
  }
  return join(root, name)
}

/** An HDF5 file of arrays [shape, values] by path. */
async function hdf5File(
  arrays: Readonly<Record<string, readonly [readonly number[], Float64Array]>>,
): Promise<Uint8Array> {
  const { FS } = await ready
  const file = new Hdf5File('made.h5', 'w')
  for (const [path, [shape, data]] of Object.entries(arrays)) {
    const parts = path.split('/').slice(0, -1)
    parts.forEach(
      (_, i) => file.get(parts.slice(0, i + 1).join('/')) ?? file.create_group(parts.slice(0, i + 1).join('/')),
    )
    file.create_dataset({ name: path, data, shape: [...shape] })
  }
  file.close()
  return FS.readFile('made.h5').slice()
}

async function everySample(set: RecordingDataset): Promise<void> {
  for (let i = 0; i < set.length; i++) {
    const { events, label, name, target } = await set.get(i)
    checkEvents('test', events)
    expect([label, name, events.sensor, events.timeUnit]).toEqual([i, set.names[i], set.sensor, set.timeUnit])
    expect(set.classes[label]).toBeDefined()
    if (target) expect(target.shape[1]).toBe(set.targetColumns.length)
  }
}

describe('sets of recordings without classes', () => {
  it('the DAVIS data set of Zurich, as it is downloaded', async () => {
    const bag = bytesOf(bags['none.bag'])
    const set = await davisZurich({
      root: await layout('davis', {
        'download/slider_far.bag': bag,
        'extract/slider_far.bag/slider_far.bag': bag,
        'extract/urban.bag/urban.bag': bytesOf(bags['lz4.bag']),
        'extract/other.bag/other.bag': bag,
      }),
      split: 'all',
    })
    expect([set.classes, set.description]).toEqual([
      ['slider_far', 'urban'],
      'DAVIS event camera data set all, 2 of 25 recordings of 240 x 180',
    ])
    await everySample(set)
    const { events } = await set.get(0)
    expect([...events.x]).toEqual(bags.left.map(([, x]) => x))
    expect((await set.get(1)).target).toBeUndefined()
  })

  it('visual place recognition, with the fixes of the day', async () => {
    const nmea =
      '$GPGSV,3,1,11*00\n$GPGGA,235959.50,2728.5000,S,15301.2500,E,1,08,1.0,10.0,M,,M,,*00\n$GPGGA,000001.50,,,,,0,00,,,M,,M,,*00\nnoise\n$GNGGA,000002.00,2730.0000,S,15306.0000,E,2,08,1.0,10.0,M,,M,,*00\n'
    const set = await vpr({
      root: await layout('vpr', {
        'dvs_vpr_2020-04-21-17-03-03.bag': bytesOf(bags['none.bag']),
        '20200421_170039-sunset1_concat.nmea': nmea,
        'dvs_vpr_2020-04-27-18-13-29.bag': bytesOf(bags['none.bag']),
      }),
      split: 'all',
    })
    expect(set.classes).toEqual(['sunset1', '20200427'])
    expect((await set.get(0)).target).toEqual({
      data: Float64Array.of(0, -27.475, 153 + 1.25 / 60, 2.5, -27.5, 153.1),
      shape: [2, 3],
      dtype: 'float64',
    })
    expect((await set.get(1)).target).toBeUndefined()
    expect((await set.get(0)).events.sensor.width).toBe(346)
    expect(parseFixes('')).toEqual([])
  })

  it('TUM-VIE, packed by Blosc, with poses of the archive beside', async () => {
    const packed = new Uint8Array(gunzipSync(bytesOf(filters.files['blosc zstd shuffle'])))
    const set = await tumVie({
      root: await layout('tum', {
        'extract/bike-easy-events_left.h5/bike-easy-events_left.h5': packed,
        'extract/bike-easy-vi_gt_data/mocap_data.txt':
          '# timestamp px py pz qx qy qz qw\n1000 1 2 3 0 0 0 1\n2000 1 2 4 0 0 0 1\n',
        'skate-hard/skate-hard-events_left.h5': packed,
        'skate-hard/skate-hard-events_right.h5': packed,
      }),
      split: 'all',
    })
    expect(set.classes).toEqual(['bike-easy', 'skate-hard'])
    await everySample(set)
    const { events, target } = await set.get(0)
    expect([...events.t]).toEqual(filters.events.t)
    expect(target!.shape).toEqual([2, 8])
    expect((await set.get(1)).target).toBeUndefined()
    expect((await tumVie({ root: join(root, 'tum'), split: 'all', camera: 'right' })).classes).toEqual(['skate-hard'])
  })

  it('3ET', async () => {
    const rows = await hdf5File({ events: [[3, 4], Float64Array.of(0, 5, 6, 1, 10, 239, 179, 0, 20, 1, 2, 1)] })
    const base = await layout('eyes', {
      'ThreeET_Eyetracking/train_files.txt': '1_1\n1_2\n',
      'ThreeET_Eyetracking/val_files.txt': '../../secret\n',
      'ThreeET_Eyetracking/data/1_1.h5': rows,
      'ThreeET_Eyetracking/data/1_2.h5': rows,
      'ThreeET_Eyetracking/labels/1_1.txt': '10.5 20.5 0\n11 21 1\n',
    })
    const set = await threeEt({ root: base, split: 'train' })
    expect(set.names).toEqual(['data/1_1.h5', 'data/1_2.h5'])
    await everySample(set)
    const { events, target } = await set.get(0)
    expect([[...events.t], [...events.x], [...events.y], [...events.p]]).toEqual([
      [0, 10, 20],
      [5, 239, 1],
      [6, 179, 2],
      [1, 0, 1],
    ])
    expect(target!.data).toEqual(Float64Array.of(10.5, 20.5, 0, 11, 21, 1))
    await expect(threeEt({ root: base, split: 'val' })).rejects.toMatchObject({ code: 'DATA_INVALID' })
  })

  it('NeRDD', async () => {
    const archive = zipSync({ 'data.npy': npyFile('<i4', [2, 4], Int32Array.of(1279, 719, 1, 5, 3, 4, 0, 9)) })
    const set = await nerdd({
      root: await layout('nerdd', {
        'DATA/archive_1/2/Event/output_events.npz': archive,
        'DATA/archive_1/2/ev_rgb_coordinates.txt': '0.033: 10.0, 20.0, 30.0, 40.0\n',
        'DATA/archive_1/10/Event/output_events.npz': archive,
        'DATA/archive_1/10/ev_rgb_coordinates.txt': 'nonsense: x\n1: 2\n',
      }),
      split: 'all',
    })
    expect(set.classes).toEqual(['archive_1/2', 'archive_1/10'])
    const { events, target } = await set.get(0)
    expect([[...events.t], [...events.x], [...events.y], [...events.p]]).toEqual([
      [5, 9],
      [1279, 3],
      [719, 4],
      [1, 0],
    ])
    expect(target!.data).toEqual(Float64Array.of(0.033, 10, 20, 30, 40))
    await expect(set.get(1)).rejects.toThrow(/line 2 is "1: 2", expected 5 numbers/)
  })

  it('EBSSA: places counted from 1, times from 0', async () => {
    const row = (...values: number[]): readonly [readonly number[], Float64Array] => [
      [1, values.length],
      Float64Array.from(values),
    ]
    const file = await hdf5File({
      '1/TD/ts': row(1000, 1500),
      '1/TD/x': row(1, 304),
      '1/TD/y': row(1, 240),
      '1/TD/p': row(-1, 1),
      '1/Obj/ts': row(1200),
      '1/Obj/x': row(5),
      '1/Obj/y': row(6),
      '1/Obj/id': row(2),
      '2/TD/ts': row(7),
      '2/TD/x': row(2),
      '2/TD/y': row(2),
      '2/TD/p': row(1),
    })
    const set = await ebssa({ root: await layout('ebssa', { 'EBSSA/labelled_ebssa.h5': file }), split: 'labelled' })
    expect(set.classes).toEqual(['1', '2'])
    await everySample(set)
    const { events, target } = await set.get(0)
    expect([[...events.t], [...events.x], [...events.y], [...events.p]]).toEqual([
      [0, 500],
      [0, 303],
      [0, 239],
      [0, 1],
    ])
    expect(target!.data).toEqual(Float64Array.of(200, 4, 5, 2))
    expect((await set.get(1)).target).toBeUndefined()
    expect((await openEventSet('ebssa', { root: join(root, 'ebssa'), split: 'labelled' })).length).toBe(2)

    // Converted, a set keeps its targets.
    expect(await convertEvents(set, join(root, 'ebssa-converted'))).toEqual({ written: 2, kept: 0, corrupt: [] })
    const converted = await convertedEvents(join(root, 'ebssa-converted'))
    expect(converted.targetColumns).toEqual(set.targetColumns)
    for (let i = 0; i < 2; i++) expect(await converted.get(i)).toEqual(await set.get(i))
    const manifest = join(root, 'ebssa-converted', 'manifest.jsonl')
    await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('0000/0000000.target.npy', '../../secret.npy'))
    await expect(convertedEvents(join(root, 'ebssa-converted'))).rejects.toMatchObject({ code: 'DATA_INVALID' })
  })
})
