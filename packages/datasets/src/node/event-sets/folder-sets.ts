import { checkObject } from '@snn/tensor'
import { sensorOf, type Events } from '../../events/events.js'
import { aedat2 } from '../../events/formats/aedat2.js'
import { aedat4 } from '../../events/formats/aedat4.js'
import { atis } from '../../events/formats/atis.js'
import { dat } from '../../events/formats/dat.js'
import { mat } from '../../events/formats/mat.js'
import { npy } from '../../events/formats/numpy.js'
import { isSorted, sortEvents } from '../../events/select.js'
import { subset } from '../../dataset.js'
import { splitByClass } from '../../split.js'
import { setCatalogue } from './catalogue.js'
import { classFolders, fileSet, findSet, namesIn, type SampleFile } from './layout.js'
import type { EventDataset, SetOptions } from './set.js'

type Split = 'train' | 'test'
const digits = Array.from('0123456789')
const hasAll = (names: readonly string[], wanted: readonly string[]): boolean => wanted.every((name) => names.includes(`${name}/`))

/** N-MNIST (Orchard et al. 2015): `Train/0..9/*.bin`, `Test/0..9/*.bin`, 34 x 34. */
export async function nmnist(options: SetOptions<Split>): Promise<EventDataset> {
  checkObject('nmnist', options)
  const info = setCatalogue.nmnist
  const part = options.split === 'train' ? 'Train' : 'Test'
  const folder = `${await findSet(info, options, `${part}/0..9/*.bin`, async (names, base) => names.includes(`${part}/`) && (await namesIn(`${base}/${part}`)).some((name) => /^\d\/$/.test(name)))}/${part}`
  return fileSet(info, options.split, folder, digits, await classFolders(folder, digits, ['.bin']), (bytes, file) => atis.decode(bytes, { sensor: info.sensor, file }))
}

/** N-Caltech101 (Orchard et al. 2015): a folder of .bin files for each of 101 classes, 240 x 180. There is no official split. */
export async function ncaltech101(options: SetOptions<'all'>): Promise<EventDataset> {
  checkObject('ncaltech101', options)
  const info = setCatalogue.ncaltech101
  const folder = await findSet(info, options, 'folders airplanes, yin_yang, ... of .bin files', (names) => hasAll(names, ['airplanes', 'yin_yang']))
  const classes = (await namesIn(folder)).filter((name) => name.endsWith('/')).map((name) => name.slice(0, -1))
  return fileSet(info, options.split, folder, classes, await classFolders(folder, classes, ['.bin']), (bytes, file) => atis.decode(bytes, { sensor: info.sensor, file }))
}

const cifar10Classes = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']

/**
 * CIFAR10-DVS (Li et al. 2017): `airplane/*.aedat`, ..., 128 x 128, turned as SpikingJelly turns it; also Tonic's copy in .aedat4.
 * There is no official split: `train` is the first 90 % of each class, as is usual, `test` the rest.
 */
export async function cifar10Dvs(options: SetOptions<Split | 'all'>): Promise<EventDataset> {
  checkObject('cifar10Dvs', options)
  const info = setCatalogue.cifar10Dvs
  const folder = await findSet(info, options, 'folders airplane ... truck of .aedat files', (names) => hasAll(names, cifar10Classes))
  const files = await classFolders(folder, cifar10Classes, ['.aedat', '.aedat4'], true)
  const all = fileSet(info, 'all', folder, cifar10Classes, files, (bytes, file) => (file.endsWith('.aedat4') ? aedat4.decode(bytes, { file }) : turned(aedat2.decode(bytes, { camera: 'dvs128', file }))))
  if (options.split === 'all') return all
  const [train, test] = splitByClass(files.map(({ label }) => label), 0.9)
  return { ...subset(all, options.split === 'train' ? train : test), split: options.split }
}

/** (x, y, p) -> (127 - y, 127 - x, 1 - p) */
function turned(events: Events): Events {
  return { ...events, x: events.y.map((y) => 127 - y), y: events.x.map((x) => 127 - x), p: events.p.map((p) => 1 - p) }
}

export interface AslDvsOptions extends SetOptions<'all'> {
  /** Rows as stored are upside down: `y` (default, as Tonic) turns them, `both` turns columns too (as SpikingJelly), `none` leaves both. */
  readonly flip?: 'y' | 'both' | 'none'
}

const letters = Array.from('abcdefghiklmnopqrstuvwxy')

/** ASL-DVS (Bi et al. 2019): `a/*.mat` ... `y/*.mat` (24 letters without j and z), 240 x 180. There is no official split. */
export async function aslDvs(options: AslDvsOptions): Promise<EventDataset> {
  checkObject('aslDvs', options)
  const { flip = 'y' } = options
  const info = setCatalogue.aslDvs
  const folder = await findSet(info, options, 'folders a ... y of .mat files', (names) => hasAll(names, ['a', 'b', 'c', 'y']))
  const { width, height } = info.sensor
  return fileSet(info, options.split, folder, letters, await classFolders(folder, letters, ['.mat'], true), async (bytes, file) => {
    const events = await mat.parse(bytes, { sensor: info.sensor, file })
    return { ...events, y: flip === 'none' ? events.y : events.y.map((y) => height - 1 - y), x: flip === 'both' ? events.x.map((x) => width - 1 - x) : events.x }
  })
}

/** DVS-Lip (Tan et al. 2022): `train/WORD/*.npy`, `test/WORD/*.npy`, 100 words, 128 x 128. */
export async function dvsLip(options: SetOptions<Split>): Promise<EventDataset> {
  checkObject('dvsLip', options)
  const info = setCatalogue.dvsLip
  const folder = `${await findSet(info, options, 'train/WORD/*.npy', (names) => hasAll(names, ['train', 'test']))}/${options.split}`
  const classes = (await namesIn(folder)).filter((name) => name.endsWith('/')).map((name) => name.slice(0, -1))
  return fileSet(info, options.split, folder, classes, await classFolders(folder, classes, ['.npy']), (bytes, file) => npy.parse(bytes, { sensor: info.sensor, file }))
}

/** N-CARS (Sironi et al. 2018): `n-cars_train/{background,cars}/*.dat`, `n-cars_test/...`; pictures of different size within 304 x 240. */
export async function ncars(options: SetOptions<Split>): Promise<EventDataset> {
  checkObject('ncars', options)
  const info = setCatalogue.ncars
  const part = options.split === 'train' ? 'n-cars_train' : 'n-cars_test'
  const classes = ['background', 'cars']
  const folder = `${await findSet(info, options, `${part}/{background,cars}/*.dat`, (names) => names.includes(`${part}/`))}/${part}`
  return fileSet(info, options.split, folder, classes, await classFolders(folder, classes, ['.dat']), (bytes, file) => dat.decode(bytes, { sensor: info.sensor, file }))
}

/** ST-MNIST (See et al. 2020): `0/*.mat` ... `9/*.mat` of a tactile sensor of 10 x 10; times in s. There is no official split. */
export async function stMnist(options: SetOptions<'all'>): Promise<EventDataset> {
  checkObject('stMnist', options)
  const info = setCatalogue.stMnist
  const folder = await findSet(info, options, 'folders 0 ... 9 of .mat files', (names) => hasAll(names, digits))
  return fileSet(info, options.split, folder, digits, (await classFolders(folder, digits, ['.mat'])).filter(({ path }) => !path.includes('LUT')), (bytes, file) => mat.parse(bytes, { file }))
}

/** POKER-DVS (Serrano-Gotarredona et al. 2015) in the copy of Tonic: `pips_train/cl/*.npy`, ... (club, heart, diamond, spade), 35 x 35. */
export async function pokerDvs(options: SetOptions<Split>): Promise<EventDataset> {
  checkObject('pokerDvs', options)
  const info = setCatalogue.pokerDvs
  const endings = ['cl', 'he', 'di', 'sp']
  const isClass = (name: string): boolean => endings.some((ending) => name.endsWith(`${ending}/`))
  const part = `pips_${options.split}`
  const base = await findSet(info, options, `${part}/{cl,he,di,sp}/*.npy`, async (names, at) => names.includes(`${part}/`) && (await namesIn(`${at}/${part}`)).some(isClass))
  const folder = `${base}/${part}`
  const folders = (await namesIn(folder)).filter(isClass).map((name) => name.slice(0, -1))
  const files = (await classFolders(folder, folders, ['.npy'])).map(({ path, label }) => ({ path, label: endings.indexOf(folders[label]!.slice(-2)) }))
  return fileSet(info, options.split, folder, ['club', 'heart', 'diamond', 'spade'], files, (bytes, file) => npy.parse(bytes, { sensor: info.sensor, columns: 'txyp', file }))
}

const bullyingClasses = ['handshake', 'slapping', 'punching', 'walking', 'fingerguess', 'strangling', 'greeting', 'pushing', 'hairgrabs', 'kicking']

/** Bullying10K (Dong et al. 2023): `handshake/**.npy`, ..., 346 x 260. Of each class sorted by name every fifth, from the first, is for `test`. */
export async function bullying10k(options: SetOptions<Split>): Promise<EventDataset> {
  checkObject('bullying10k', options)
  const info = setCatalogue.bullying10k
  const folder = await findSet(info, options, 'folders handshake ... kicking of .npy files', (names) => names.includes('handshake/'))
  const files = await classFolders(folder, bullyingClasses, ['.npy'], true)
  const places = new Map<number, number>()
  const chosen = files.filter(({ label }) => {
    const place = places.get(label) ?? 0
    places.set(label, place + 1)
    return (place % 5 === 0) === (options.split === 'test')
  })
  return fileSet(info, options.split, folder, bullyingClasses, chosen, (bytes, file) => npy.parse(bytes, { sensor: info.sensor, file }))
}

const directions = ['le', 'ri', 'up', 'do', 'ho', 'se']

/**
 * NavGesture (Maro et al. 2020): .dat files named USER_DIRECTION_NUMBER_..., 304 x 240; classes left, right, up, down, home, select.
 * Rows are turned, since they are stored upside down; events out of order are put in order.
 */
export async function navGesture(settings: SetOptions<'all'> & { readonly kind: 'walk' | 'sit' }): Promise<EventDataset> {
  checkObject('navGesture', settings)
  const { kind, ...options } = settings
  const info = kind === 'walk' ? setCatalogue.navGestureWalk : setCatalogue.navGestureSit
  const isRecording = (name: string): boolean => /^[^_]+_(le|ri|up|do|ho|se)_.*\.dat$/.test(name)
  // Recordings stand in a folder for each user, or all in one.
  const folder = await findSet(info, options, 'files USER_le_1.dat, ...', async (names, base) => {
    if (names.some(isRecording)) return true
    const below = await Promise.all(names.filter((name) => name.endsWith('/')).slice(0, 16).map((name) => namesIn(`${base}/${name}`)))
    return below.some((inner) => inner.some(isRecording))
  })
  const files: SampleFile[] = []
  const visit = async (below: string, depth: number): Promise<void> => {
    for (const name of await namesIn(`${folder}/${below}`)) {
      if (name.endsWith('/') && depth < 2) await visit(`${below}${name}`, depth + 1)
      else if (isRecording(name)) files.push({ path: `${below}${name}`, label: directions.indexOf(name.split('_')[1]!) })
    }
  }
  await visit('', 0)
  return fileSet(info, options.split, folder, ['left', 'right', 'up', 'down', 'home', 'select'], files, (bytes, file) => {
    const events = dat.decode(bytes, { sensor: sensorOf(304, 240), xBits: 9, file })
    const upright = { ...events, y: events.y.map((y) => 239 - y) }
    return isSorted(upright) ? upright : sortEvents(upright)
  })
}
