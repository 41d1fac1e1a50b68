import { checkObject } from '@snn/tensor'
import { join } from 'node:path'
import { npz } from '../../events/formats/numpy.js'
import { invalid } from '../../invalid.js'
import { readBytes } from '../files.js'
import { setCatalogue } from './catalogue.js'
import { classFolders, fileSet, findSet, namesIn, naturally, type SampleFile } from './layout.js'
import type { EventDataset, SetOptions } from './set.js'

/** The lines `name label` of a text file. Throws `DATA_INVALID`. */
async function labelLines(path: string, file: string, classes: number, signal?: AbortSignal): Promise<SampleFile[]> {
  const text = new TextDecoder().decode(await readBytes(path, signal))
  return text.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === '') return []
    const [, name, digits] = /^(.*\S)\s+(\d+)\s*$/.exec(line) ?? []
    const label = Number(digits)
    if (name === undefined || label >= classes || name.split('/').includes('..')) {
      throw invalid('labels', file, `line ${i + 1} is ${JSON.stringify(line.slice(0, 60))}, expected a file name and a class from 0 to ${classes - 1}.`)
    }
    return [{ path: name, label }]
  })
}

/** ES-ImageNet (Lin et al. 2021): `train/CLASS/*.npz`, and `val/*.npz` with `vallabel.txt`; 256 x 256, 8 time steps. */
export async function esImagenet(options: SetOptions<'train' | 'test'>): Promise<EventDataset> {
  checkObject('esImagenet', options)
  const info = setCatalogue.esImagenet
  const folder = await findSet(info, options, 'train/CLASS/*.npz and vallabel.txt', (names) => names.includes('train/') && names.includes('vallabel.txt'))
  const read = (bytes: Uint8Array, file: string) => npz.parse(bytes, { sensor: info.sensor, file })
  const classes = (await namesIn(join(folder, 'train'))).filter((name) => name.endsWith('/')).map((name) => name.slice(0, -1)).sort(naturally)
  if (options.split === 'train') return fileSet(info, 'train', join(folder, 'train'), classes, await classFolders(join(folder, 'train'), classes, ['.npz']), read)
  return fileSet(info, 'test', join(folder, 'val'), classes, await labelLines(join(folder, 'vallabel.txt'), 'vallabel.txt', info.classes, options.signal), read)
}

/** HARDVS, the small version (Wang et al. 2024): `train_label.txt`, `val_label.txt`, `test_label.txt` with lines `action_XXX/NAME label`; 346 x 260. */
export async function hardvs(options: SetOptions<'train' | 'val' | 'test'>): Promise<EventDataset> {
  checkObject('hardvs', options)
  const info = setCatalogue.hardvs
  const list = `${options.split}_label.txt`
  const folder = await findSet(info, options, `${list} beside MINI_HARDVS_files/action_XXX/*.npz`, (names) => names.includes(list))
  const names = await namesIn(folder)
  const below = names.includes('MINI_HARDVS_files/') ? 'MINI_HARDVS_files/' : ''
  const files = await labelLines(join(folder, list), list, info.classes, options.signal)
  const classes = Array.from({ length: info.classes }, (_, i) => `action_${String(i + 1).padStart(3, '0')}`)
  const withEnding = files.map(({ path, label }) => ({ path: `${below}${path}${path.endsWith('.npz') ? '' : '.npz'}`, label }))
  return fileSet(info, options.split, folder, classes, withEnding, (bytes, file) => npz.parse(bytes, { sensor: info.sensor, file }))
}
