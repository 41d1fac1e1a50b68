import { checkObject } from '@snn/tensor'
import { join } from 'node:path'
import { fromFile } from '../../events/formats/arrays-to-events.js'
import { datasetAt, needDataset, openHdf5, readColumn, readRow, type Hdf5View } from '../../events/formats/hdf5-file.js'
import { invalid } from '../../invalid.js'
import { checkIndex } from '../../dataset.js'
import { setCatalogue } from './catalogue.js'
import { fileSource } from '../files.js'
import { readHdf5Filter } from '../hdf5-filter.js'
import { findSet } from './layout.js'
import type { EventDataset, SetInfo, SetOptions } from './set.js'

/** Spiking Heidelberg Digits (Cramer et al. 2022): `shd_train.h5`, `shd_test.h5`; 700 channels, times in s, digits in English and German. */
export async function shd(options: SetOptions<'train' | 'test'>): Promise<EventDataset> {
  checkObject('shd', options)
  return spikeTrains(setCatalogue.shd, options)
}

/** Spiking Speech Commands (Cramer et al. 2022): `ssc_train.h5`, `ssc_valid.h5`, `ssc_test.h5`; 700 channels, times in s, 35 words. */
export async function ssc(options: SetOptions<'train' | 'valid' | 'test'>): Promise<EventDataset> {
  checkObject('ssc', options)
  return spikeTrains(setCatalogue.ssc, options)
}

/** Opens the file for a moment, reading no more of it than is asked for. */
function opener(path: string, file: string): <T>(use: (view: Hdf5View) => T) => Promise<T> {
  return async (use) => {
    const opened = await openHdf5(await fileSource(path), file, readHdf5Filter)
    try {
      return await opened.read(use)
    } finally {
      opened.close()
    }
  }
}

/** The spike trains of a file of any size: each is read when it is asked for. */
async function spikeTrains(info: SetInfo, options: SetOptions): Promise<EventDataset> {
  const file = `${info.id}_${options.split}.h5`
  const folder = await findSet(info, options, file, (names) => names.includes(file))
  const open = opener(join(folder, file), file)
  const { labels, keys } = await open((view) => {
    const list = Array.from(readColumn(view, needDataset(view, 'labels')))
    const recordings = needDataset(view, 'spikes/times').shape?.[0]
    const wrong = list.find((label) => !(label >= 0 && label < info.classes))
    if (wrong !== undefined || list.length !== recordings) throw invalid(info.id, file, `${list.length} labels${wrong === undefined ? '' : ` with a class ${wrong}`} for ${recordings} recordings of ${info.classes} classes.`)
    const names = datasetAt(view, 'extra/keys')?.value
    return { labels: list, keys: Array.isArray(names) ? names.map(String) : [] }
  })
  const official = info.splits[options.split]!
  return {
    length: labels.length,
    description: `${info.title} ${options.split}, ${labels.length === official ? official : `${labels.length} of ${official}`} recordings of ${info.sensor.width} channels`,
    sensor: info.sensor,
    timeUnit: info.timeUnit,
    classes: Array.from({ length: info.classes }, (_, i) => keys[i] ?? String(i)),
    labels,
    names: labels.map((_, i) => `${file}#${i}`),
    split: options.split,
    async get(index) {
      checkIndex(index, labels.length)
      const events = await open((view) => {
        const t = readRow(view, needDataset(view, 'spikes/times'), index)
        return fromFile('hdf5', file, { t, x: readRow(view, needDataset(view, 'spikes/units'), index) }, { sensor: info.sensor, timeUnit: 's' })
      })
      return { events, label: labels[index]!, name: `${file}#${index}` }
    },
  }
}

const digits = 'o123456789z'

/**
 * N-TIDIGITS18 (Anumula et al. 2018), the recordings of single digits: `n-tidigits.hdf5`, 64 channels of a silicon cochlea, times in s. The part of
 * a recording's name after the last `-` is what is said; classes are o, 1 to 9, z.
 */
export async function nTidigits(options: SetOptions<'train' | 'test'>): Promise<EventDataset> {
  checkObject('nTidigits', options)
  const info = setCatalogue.nTidigits
  const file = 'n-tidigits.hdf5'
  const folder = await findSet(info, options, file, (names) => names.includes(file))
  const open = opener(join(folder, file), file)
  const all = await open((view) => needDataset(view, `${options.split}_labels`).value)
  const said = (name: string): string => name.split('-').at(-1)!
  const names = (Array.isArray(all) ? all.map(String) : []).filter((name) => said(name).length === 1 && digits.includes(said(name)))
  if (names.length === 0) throw invalid(info.id, file, `no recordings of single digits in ${options.split}_labels.`)
  const labels = names.map((name) => digits.indexOf(said(name)))
  return {
    length: names.length,
    description: `N-TIDIGITS18 ${options.split}, ${names.length} recordings of single digits, 64 channels`,
    sensor: info.sensor,
    timeUnit: info.timeUnit,
    classes: Array.from(digits),
    labels,
    names,
    split: options.split,
    async get(index) {
      checkIndex(index, names.length)
      const name = names[index]!
      const events = await open((view) => {
        const [addresses, timestamps] = [`${options.split}_addresses/${name}`, `${options.split}_timestamps/${name}`]
        return fromFile('hdf5', file, { t: readColumn(view, needDataset(view, timestamps)), x: readColumn(view, needDataset(view, addresses)) }, { sensor: info.sensor, timeUnit: 's' })
      })
      return { events, label: labels[index]!, name }
    },
  }
}
