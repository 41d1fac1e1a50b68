import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { isSnnError } from '@snn/tensor'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import golden from '../../../test/golden/event-files.json' with { type: 'json' }
import { randomEvents } from '../../../test/random-events.js'
import { sharedData } from '../../../test/shared-data.js'
import { checkEvents, sensorOf, type Events } from '../../events/events.js'
import { aedat2 } from '../../events/formats/aedat2.js'
import { aedat3 } from '../../events/formats/aedat3.js'
import { atis } from '../../events/formats/atis.js'
import { dat } from '../../events/formats/dat.js'
import { mat } from '../../events/formats/mat.js'
import { npy, npz } from '../../events/formats/numpy.js'
import { loader } from '../../loader.js'
import { npyFile } from '../../npy-file.js'
import type { OpenEventsOptions } from '../../events/open.js'
import { toFrames } from '../../events/tensors/frames.js'
import { openEventSet, setCatalogue } from '../catalogue.js'
import { convertEvents, convertedEvents } from '../convert.js'
import type { EventDataset } from '../event-dataset.js'
import { openEvents } from '../open-events.js'
import { aslDvs } from './asl-dvs.js'
import { bullying10k } from './bullying10k.js'
import { cifar10Dvs } from './cifar10-dvs.js'
import { dvsGesture } from './dvs-gesture.js'
import { dvsLip } from './dvs-lip.js'
import { esImagenet } from './es-imagenet.js'
import { hardvs } from './hardvs.js'
import { nTidigits } from './n-tidigits.js'
import { navGesture } from './nav-gesture.js'
import { ncaltech101 } from './ncaltech101.js'
import { ncars } from './ncars.js'
import { nmnist } from './nmnist.js'
import { pokerDvs } from './poker-dvs.js'
import { shd } from './shd.js'
import { stMnist } from './st-mnist.js'

const folder = sharedData('events')
let root: string
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), 'snn-sets-'))))
afterAll(() => rm(root, { recursive: true }))

const lists = ({ t, x, y, p }: Events) => ({ t: [...t], x: [...x], y: [...y], p: [...p] })

async function layout(name: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const base = join(root, name)
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(base, path)), { recursive: true })
    await writeFile(join(base, path), content)
  }
  return base
}

async function everySample(dataset: EventDataset): Promise<void> {
  expect(dataset.labels.length).toBe(dataset.length)
  for (let i = 0; i < dataset.length; i++) {
    const { events, label, name } = await dataset.get(i)
    checkEvents('test', events)
    expect(events.sensor).toMatchObject(dataset.sensor)
    expect(events.timeUnit).toBe(dataset.timeUnit)
    expect([label, name]).toEqual([dataset.labels[i], dataset.names[i]])
    expect(dataset.classes[label]).toBeDefined()
  }
}

describe.skipIf(!folder)('N-MNIST, real', () => {
  it('has the counts of the data, and frames come in batches', async () => {
    const [train, test] = [
      await nmnist({ root: folder!, split: 'train' }),
      await nmnist({ root: join(folder!, 'nmnist'), split: 'test' }),
    ]
    const counts = (dataset: EventDataset) =>
      dataset.classes.map((_, digit) => dataset.labels.filter((label) => label === digit).length)
    expect(counts(train)).toEqual([79, 98, 81, 73, 81, 72, 73, 86, 73, 84])
    expect(counts(test)).toEqual([6, 10, 5, 5, 10, 7, 5, 6, 0, 6])
    expect(test.description).toBe('N-MNIST test, 60 of 10000 recordings of 34 x 34')
    await everySample(test)
    const frames = toFrames({ by: 'number', n: 10 })
    for await (const [x, y] of loader(test, {
      batch: 32,
      prefetch: 1,
      transform: ({ events, label }) => [frames(events), label],
    })) {
      expect(x.shape.slice(1)).toEqual([10, 2, 34, 34])
      expect(y.shape).toEqual([x.shape[0]])
    }
  })
})

describe('sets in the folders of their archives', () => {
  const at = (width: number, height: number, seed = 1, length = 50) =>
    randomEvents(length, seed, { sensor: sensorOf(width, height) })

  it('N-Caltech101', async () => {
    const base = await layout('caltech', {
      'Caltech101/airplanes/image_0001.bin': await atis.write!(at(240, 180)),
      'Caltech101/yin_yang/image_0002.bin': await atis.write!(at(240, 180, 2)),
      'Caltech101/BACKGROUND_Google/a.bin': await atis.write!(at(240, 180, 3)),
    })
    const set = await ncaltech101({ root: base, split: 'all' })
    expect(set.classes).toEqual(['BACKGROUND_Google', 'airplanes', 'yin_yang'])
    expect(set.labels).toEqual([0, 1, 2])
    await everySample(set)
  })

  it('gives one of their recordings, opened by its path, the sensor of its set', async () => {
    const bytes = await atis.write!(at(30, 30))
    const base = await layout('by-path', {
      'Train/3/00045.bin': bytes,
      'Train/3/mine.bin': bytes,
      '1.bs2': bytes,
      'airplanes/image_0001.bin': bytes,
    })
    const open = async (path: string, options: OpenEventsOptions = {}) =>
      (await openEvents(join(base, path), options)).all()
    const { sensor, notes } = await open('Train/3/00045.bin')
    expect(sensor).toEqual(sensorOf(34, 34))
    expect(notes).toEqual([
      {
        about: 'sensor',
        text: 'the file does not say its sensor; taken as 34 x 34, that of N-MNIST, as whose files it is named',
      },
    ])
    expect((await open('1.bs2')).sensor).toEqual(sensorOf(34, 34))
    expect((await open('airplanes/image_0001.bin')).sensor).toEqual(sensorOf(240, 180))
    expect((await open('Train/3/mine.bin')).sensor).toEqual(sensorOf(256, 240))
    expect(await open('Train/3/00045.bin', { sensor: sensorOf(40, 30) })).toMatchObject({ sensor: sensorOf(40, 30) })
    const source = await openEvents(join(base, 'Train/3/00045.bin'), { chunkBytes: 20 })
    const parts: Events[] = []
    for await (const part of source.batches()) parts.push(part)
    expect(parts.length).toBeGreaterThan(1)
    expect(parts.map((part) => part.notes?.length ?? 0)).toEqual(parts.map((_, i) => (i === 0 ? 1 : 0)))
    expect(parts.every((part) => part.sensor.width === 34)).toBe(true)
  })

  it('CIFAR10-DVS, turned as SpikingJelly turns it, 90 % of each class to train', async () => {
    const classes = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']
    const events = at(128, 128)
    const files: Record<string, Uint8Array> = {}
    for (const name of classes)
      for (let i = 0; i < (name === 'cat' ? 20 : 10); i++)
        files[`extract/${name}/${name}/cifar10_${name}_${i}.aedat`.replace(`extract/${name}/`, 'x/')] =
          await aedat2.write!(events)
    const base = await layout('cifar', files)
    const [train, test] = [
      await cifar10Dvs({ root: base, split: 'train' }),
      await cifar10Dvs({ root: base, split: 'test' }),
    ]
    expect([train.length, test.length]).toEqual([99, 11])
    expect(test.names.filter((name) => name.startsWith('cat/'))).toEqual([
      'cat/cifar10_cat_18.aedat',
      'cat/cifar10_cat_19.aedat',
    ])
    const { x, y, p } = (await test.get(0)).events
    expect([[...x], [...y], [...p]]).toEqual([
      [...events.y].map((v) => 127 - v),
      [...events.x].map((v) => 127 - v),
      [...events.p].map((v) => 1 - v),
    ])
    expect(test.labels.length).toBe(11)
  })

  it('DVS128 Gesture: one sample for each line of the labels', async () => {
    const events = randomEvents(3000, 1, { sensor: sensorOf(128, 128), pause: 100 })
    const span = events.t.at(-1)!
    const labels = `class,startTime_usec,endTime_usec\n1,0,${Math.floor(span / 2)}\n11,${Math.floor(span / 2)},${Math.floor(span)}\n`
    const base = await layout('gesture', {
      'DvsGesture/trials_to_train.txt': 'user01_led.aedat\nuser02_led.aedat\n',
      'DvsGesture/trials_to_test.txt': 'user24_led.aedat\n',
      'DvsGesture/user01_led.aedat': await aedat3.write!(events),
      'DvsGesture/user01_led_labels.csv': labels,
    })
    const set = await dvsGesture({ root: base, split: 'train' })
    expect(set.labels).toEqual([0, 10])
    expect(set.names).toEqual(['user01_led.aedat#0', 'user01_led.aedat#1'])
    await everySample(set)
    const [first, second] = [(await set.get(0)).events, (await set.get(1)).events]
    expect(first.t.length + second.t.length).toBe(events.t.filter((t) => t < Math.floor(span)).length)
    await expect(dvsGesture({ root: base, split: 'test' })).rejects.toMatchObject({ code: 'DATA_NOT_FOUND' })
    const real = folder && (await readFile(join(folder, 'dvs-gesture/user01_natural_labels.csv')))
    if (real) {
      const { parseGestureLabels } = await import('./dvs-gesture.js')
      const rows = parseGestureLabels(new TextDecoder().decode(real), 'labels.csv')
      expect(rows.length).toBe(12)
      expect(rows[0]).toEqual({ label: 0, start: 53036986, end: 59508469 })
    }
  })

  it('DVS128 Gesture in the copy of Tonic: rows in ms', async () => {
    const rows = npyFile('<f8', [2, 4], Float64Array.of(1, 2, 1, 0, 127, 126, 0, 3.5))
    const base = await layout('gesture-copy', {
      'extract/ibmGestureTest/ibmGestureTest/user24_led/0.npy': rows,
      'extract/ibmGestureTest/ibmGestureTest/user24_led/10.npy': rows,
      'extract/ibmGestureTest/ibmGestureTest/user25_lab/3.npy': rows,
      'extract/ibmGestureTest/ibmGestureTest/user25_lab/11.npy': rows,
    })
    const set = await dvsGesture({ root: base, split: 'test' })
    expect([set.labels, set.names]).toEqual([
      [0, 10, 3],
      ['user24_led/0.npy', 'user24_led/10.npy', 'user25_lab/3.npy'],
    ])
    await everySample(set)
    expect(lists((await set.get(0)).events)).toEqual({ t: [0, 3500], x: [1, 127], y: [2, 126], p: [1, 0] })
  })

  it('ASL-DVS with rows turned, or both, or none', async () => {
    const events = at(240, 180)
    const files: Record<string, Uint8Array> = {}
    for (const letter of 'abcdefghiklmnopqrstuvwxy') files[`${letter}/${letter}_0001.mat`] = await mat.write!(events)
    const base = await layout('asl', files)
    const set = await aslDvs({ root: base, split: 'all' })
    expect(set.length).toBe(24)
    await everySample(set)
    expect([...(await set.get(0)).events.y]).toEqual([...events.y].map((y) => 179 - y))
    expect([...(await (await aslDvs({ root: base, split: 'all', flip: 'both' })).get(0)).events.x]).toEqual(
      [...events.x].map((x) => 239 - x),
    )
    expect(lists((await (await aslDvs({ root: base, split: 'all', flip: 'none' })).get(0)).events)).toEqual(
      lists(events),
    )
  })

  it('DVS-Lip, N-CARS, Bullying10K, ES-ImageNet, HARDVS', async () => {
    const write = npy.write!
    const lip = await dvsLip({
      root: await layout('lip', {
        'DVS-Lip/train/HELLO/0.npy': await write(at(128, 128)),
        'DVS-Lip/train/ZERO/0.npy': await write(at(128, 128)),
        'DVS-Lip/test/HELLO/10.npy': await write(at(128, 128)),
        'DVS-Lip/test/HELLO/9.npy': await write(at(128, 128)),
      }),
      split: 'test',
    })
    expect(lip.names).toEqual(['HELLO/9.npy', 'HELLO/10.npy'])
    await everySample(lip)

    const cars = await ncars({
      root: await layout('ncars', {
        'n-cars_train/cars/a.dat': await dat.write!(at(100, 100)),
        'n-cars_train/background/b.dat': await dat.write!(at(100, 100)),
      }),
      split: 'train',
    })
    expect(cars.labels).toEqual([0, 1])
    expect((await cars.get(0)).events.t.length).toBe(50)

    const bully: Record<string, Uint8Array> = {}
    for (let i = 0; i < 11; i++)
      bully[`handshake/P01/${i}.npy`] = new Uint8Array(Buffer.from(golden['packets.npy'], 'base64'))
    const base = await layout('bully', bully)
    const [train, test] = [
      await bullying10k({ root: base, split: 'train' }),
      await bullying10k({ root: base, split: 'test' }),
    ]
    expect(test.names.map((name) => name.split('/').at(-1))).toEqual(['0.npy', '5.npy', '10.npy'])
    expect(train.length).toBe(8)
    await everySample(test)

    const image = new Uint8Array(Buffer.from(golden['es-imagenet.npz'], 'base64'))
    const es = await layout('es', {
      'ES/train/class0/a.npz': image,
      'ES/train/class1/b.npz': image,
      'ES/val/c.npz': image,
      'ES/vallabel.txt': 'c.npz 1\n',
    })
    expect((await esImagenet({ root: es, split: 'train' })).labels).toEqual([0, 1])
    const val = await esImagenet({ root: es, split: 'test' })
    expect(val.labels).toEqual([1])
    await everySample(val)

    const hard = await layout('hardvs', {
      'train_label.txt': 'action_001/a 0\naction_300/b 299\n',
      'val_label.txt': '../../etc/passwd 0\n',
      'MINI_HARDVS_files/action_001/a.npz': await npz.write!(at(346, 260)),
      'MINI_HARDVS_files/action_300/b.npz': await npz.write!(at(346, 260)),
    })
    await everySample(await hardvs({ root: hard, split: 'train' }))
    await expect(hardvs({ root: hard, split: 'val' })).rejects.toMatchObject({ code: 'DATA_INVALID' })
  })

  it('NavGesture: rows turned, events out of order kept', async () => {
    const rows = [
      [100, 5, 7, 1],
      [150, 303, 239, 0],
      [140, 1, 1, 1],
      [200, 2, 3, 1],
    ]
    const body = new Uint8Array(
      new Uint32Array(rows.flatMap(([t, x, y, p]) => [t!, x! | (y! << 9) | (p! << 17)])).buffer,
    )
    const file = Uint8Array.from([
      ...new TextEncoder().encode('% Data file containing Event2D events.\n% Version 1\n'),
      0,
      8,
      ...body,
    ])
    const set = await navGesture({
      root: await layout('nav', {
        'navgesture-walk/alice/alice_ri_1_x.dat': file,
        'navgesture-walk/bob/bob_se_2_x.dat': file,
      }),
      split: 'all',
      kind: 'walk',
    })
    expect(set.labels.map((label) => set.classes[label])).toEqual(['right', 'select'])
    expect(lists((await set.get(0)).events)).toEqual({
      t: [100, 140, 150, 200],
      x: [5, 1, 303, 2],
      y: [232, 238, 0, 236],
      p: [1, 1, 0, 1],
    })
  })

  it('SHD', async () => {
    const base = await layout('shd', {
      'extract/shd_train/shd_train.h5': new Uint8Array(Buffer.from(golden['shd.h5'], 'base64')),
    })
    const set = await shd({ root: base, split: 'train' })
    expect(set).toMatchObject({
      length: 3,
      labels: [3, 19, 0],
      description: 'Spiking Heidelberg Digits train, 3 of 8156 recordings of 700 channels',
    })
    expect(set.classes.slice(0, 2)).toEqual(['zero', 'one'])
    await everySample(set)
    expect([...(await set.get(0)).events.x]).toEqual([1, 699, 3])
  })

  it('N-TIDIGITS18, the single digits, and POKER-DVS', async () => {
    const set = await nTidigits({
      root: await layout('tidigits', {
        'extract/n-tidigits/n-tidigits.hdf5': new Uint8Array(Buffer.from(golden['n-tidigits.h5'], 'base64')),
      }),
      split: 'train',
    })
    expect([set.names, set.labels.map((label) => set.classes[label])]).toEqual([
      ['man-ae-a-1', 'woman-xx-b-z'],
      ['1', 'z'],
    ])
    await everySample(set)
    expect(lists((await set.get(1)).events)).toMatchObject({ t: [0.1, 0.2, 2.25], x: [5, 63, 2] })
    const rows = npyFile('<i4', [2, 4], Int32Array.of(0, 1, 34, 1, 9, 2, 3, 0))
    const cards = await pokerDvs({
      root: await layout('poker', {
        'extract/pips_train/pips_train/cl/a.npy': rows,
        'extract/pips_train/pips_train/sp/b.npy': rows,
      }),
      split: 'train',
    })
    expect(cards.labels.map((label) => cards.classes[label])).toEqual(['club', 'spade'])
    await everySample(cards)
    expect(lists((await cards.get(0)).events)).toEqual({ t: [0, 9], x: [1, 2], y: [34, 3], p: [1, 0] })
  })

  it.skipIf(!folder)('ST-MNIST and N-CARS, real samples', async () => {
    const base = join(root, 'tactile')
    for (let digit = 0; digit < 10; digit++)
      await cp(join(folder!, 'st-mnist/sample_stmnist.mat'), join(base, 'data', String(digit), 'sample.mat'), {
        recursive: true,
      })
    await everySample(await stMnist({ root: base, split: 'all' }))
    await cp(join(folder!, 'ncars/sample_ncars_td.dat'), join(root, 'cars-real/n-cars_test/cars/obj.dat'), {
      recursive: true,
    })
    const cars = await ncars({ root: join(root, 'cars-real'), split: 'test' })
    expect((await cars.get(0)).events.t.length).toBe(2009)
  })

  it('every set of the catalogue says what is missing', async () => {
    const empty = join(root, 'empty')
    await mkdir(empty)
    for (const [name, info] of Object.entries(setCatalogue)) {
      const split = Object.keys(info.splits)[0]!
      const error = await openEventSet(name, { root: empty, split }).then(
        () => undefined,
        (e: unknown) => e,
      )
      expect(isSnnError(error, 'DATA_NOT_FOUND') && error.message, name).toMatch(
        /^\[\w+\] no .+ in .+, looked for .+\./,
      )
      await expect(openEventSet(name, { root: empty, split: 'nonsense' })).rejects.toMatchObject({ code: 'ARGUMENT' })
    }
    await expect(openEventSet('toString', { root: empty, split: 'train' })).rejects.toMatchObject({ code: 'ARGUMENT' })
  })
})

describe('downloads of a set', () => {
  const archive = async () =>
    zipSync({
      'Test/3/00001.bin': await atis.write!(randomEvents(20, 1)),
      'Test/3/00002.bin': await atis.write!(randomEvents(20, 2)),
    })

  it('takes an archive that is here, says licence and citation first, and refuses another file', async () => {
    const base = join(root, 'from')
    const path = join(await layout('archives', { 'Test.zip': await archive() }), 'Test.zip')
    const notices: string[] = []
    const error = await nmnist({
      root: base,
      split: 'test',
      download: true,
      from: path,
      onNotice: (text) => notices.push(text),
    }).then(
      () => undefined,
      (e: unknown) => e,
    )
    expect(isSnnError(error, 'DATA_INVALID') && error.message).toMatch(
      /Test.zip: has MD5 \w+, expected 69ca8762b2fe404d9b9bad1103e97832/,
    )
    expect(notices[0]).toMatch(/N-MNIST\nLicence: CC BY-SA 4.0\nPlease cite: Orchard/)
    await expect(nmnist({ root: base, split: 'test', download: true, onNotice: () => {} })).rejects.toMatchObject({
      code: 'DOWNLOAD',
      message: expect.stringContaining('garrickorchard.com') as string,
    })
  })

  it('refuses an archive that is not there, or has the name of no file of the set', async () => {
    const base = join(root, 'from-other')
    const path = join(await layout('archives3', { 'Other.zip': await archive() }), 'Other.zip')
    await expect(
      nmnist({ root: base, split: 'test', download: true, from: `${path}.none`, onNotice: () => {} }),
    ).rejects.toMatchObject({ code: 'DATA_NOT_FOUND' })
    await expect(
      shd({ root: base, split: 'test', download: true, from: [path, path], onNotice: () => {} }),
    ).rejects.toThrow(/Other\.zip, which has the name of no file of .*shd_train\.h5\.zip, shd_test\.h5\.zip/)
  })

  it('unpacks once and goes on from there', async () => {
    const { downloadSet } = await import('../download/download-set.js')
    const bytes = await archive()
    const info = {
      ...setCatalogue.nmnist,
      files: [{ name: 'Test.zip', md5: createHash('md5').update(bytes).digest('hex'), splits: ['test'] }],
    }
    const base = join(root, 'unpack')
    await downloadSet(info, {
      root: base,
      split: 'test',
      from: join(await layout('archives2', { 'Test.zip': bytes }), 'Test.zip'),
      onNotice: () => {},
    })
    await rm(join(root, 'archives2'), { recursive: true })
    await downloadSet(info, { root: base, split: 'test', onNotice: () => {} })
    expect((await nmnist({ root: base, split: 'test' })).labels).toEqual([3, 3])
  })

  it('archives inside archives, tar.gz, paths that lead out, bombs and RAR', async () => {
    const { extractArchive } = await import('../download/extract.js')
    const base = await layout('extract', {
      'outer.zip': zipSync({
        'a.zip': zipSync({ 'deep/file.txt': new TextEncoder().encode('deep') }),
        'top.txt': new TextEncoder().encode('top'),
      }),
      'evil.zip': zipSync({ '../../evil.txt': new TextEncoder().encode('evil') }),
      'set.rar': 'Rar!',
      'broken.zip': 'PK nonsense',
      'one.h5.gz': gzipSync('content'),
    })
    await extractArchive(join(base, 'outer.zip'), join(base, 'outer'))
    expect((await readdir(join(base, 'outer'), { recursive: true })).sort()).toEqual([
      'a',
      'a/deep',
      'a/deep/file.txt',
      'top.txt',
    ])
    await extractArchive(join(base, 'one.h5.gz'), join(base, 'one'))
    expect(await readFile(join(base, 'one/one.h5'), 'utf8')).toBe('content')
    await expect(extractArchive(join(base, 'evil.zip'), join(base, 'evil'))).rejects.toMatchObject({
      code: 'DATA_INVALID',
    })
    await expect(extractArchive(join(base, 'broken.zip'), join(base, 'broken'))).rejects.toMatchObject({
      code: 'DATA_INVALID',
    })
    await expect(extractArchive(join(base, 'set.rar'), join(base, 'rar'))).rejects.toThrow(/unar -o/)
    expect((await readdir(base)).includes('broken')).toBe(false)
  })
})

describe('conversion', () => {
  it('goes on where it was interrupted, and reports what is corrupt', async () => {
    const good = await atis.write!(randomEvents(30, 1))
    const base = await layout('convert', {
      'Train/0/00001.bin': good,
      'Train/0/00002.bin': Uint8Array.of(200, 200, 0, 0, 0),
      'Train/1/00003.bin': good,
      'Train/2/00004.bin': good,
    })
    const set = await nmnist({ root: base, split: 'train' })
    const out = join(root, 'converted')
    await expect(convertEvents(set, out)).rejects.toThrow(/00002\.bin/)
    const controller = new AbortController()
    const stopped = convertEvents(set, out, {
      corrupt: 'skip',
      signal: controller.signal,
      onProgress: ({ done }) => done === 3 && controller.abort(new Error('stop')),
    })
    await expect(stopped).rejects.toThrow('stop')
    // The computer went off in the middle of a line.
    await writeFile(join(out, 'manifest.jsonl'), `${await readFile(join(out, 'manifest.jsonl'), 'utf8')}{"name":"2/000`)
    const report = await convertEvents(set, out, { corrupt: 'skip' })
    expect(report).toMatchObject({ written: 1, kept: 3, corrupt: [{ name: '0/00002.bin' }] })
    const read = await convertedEvents(out)
    expect([read.labels, read.names, read.classes]).toEqual([
      [0, 1, 2],
      ['0/00001.bin', '1/00003.bin', '2/00004.bin'],
      set.classes,
    ])
    for (let i = 0; i < 3; i++) expect(lists((await read.get(i)).events)).toEqual(lists(randomEvents(30, 1)))
    await expect(
      convertEvents(await nmnist({ root: await layout('other', { 'Train/0/1.bin': good }), split: 'train' }), out),
    ).rejects.toThrow(/Choose another folder/)
    await expect(convertedEvents(base)).rejects.toMatchObject({ code: 'DATA_NOT_FOUND' })
  })
})
