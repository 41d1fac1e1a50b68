import { join } from 'node:path'
import type { Dataset, Group } from 'h5wasm'
import { fromFile } from '../../events/formats/arrays-to-events.js'
import { datasetAt, readColumn, readRow, useHdf5 } from '../../events/formats/hdf5-file.js'
import { invalid } from '../../invalid.js'
import { checkIndex } from '../../dataset.js'
import { setCatalogue } from './catalogue.js'
import { findSet } from './layout.js'
import type { EventDataset, SetInfo, SetOptions } from './set.js'

/** Spiking Heidelberg Digits (Cramer et al. 2022): `shd_train.h5`, `shd_test.h5`; 700 channels, times in s, digits in English and German. */
export async function shd(options: SetOptions<'train' | 'test'>): Promise<EventDataset> {
  return spikeTrains(setCatalogue.shd, options)
}

/** Spiking Speech Commands (Cramer et al. 2022): `ssc_train.h5`, `ssc_valid.h5`, `ssc_test.h5`; 700 channels, times in s, 35 words. */
export async function ssc(options: SetOptions<'train' | 'valid' | 'test'>): Promise<EventDataset> {
  return spikeTrains(setCatalogue.ssc, options)
}

/** Opens the file for a moment. The build of the library for Node reads it where it is; the other would need a copy of all in memory. */
function opener(path: string, file: string): <T>(use: (root: Group) => T) => Promise<T> {
  return async (use) => useHdf5(await import('h5wasm/node'), path, file, use)
}

function need(root: Group, file: string, path: string): Dataset {
  const found = datasetAt(root, path, file)
  if (found) return found
  throw invalid('hdf5', file, `no ${path} in it.`)
}

/** The spike trains of a file of any size: each is read when it is asked for. */
async function spikeTrains(info: SetInfo, options: SetOptions): Promise<EventDataset> {
  const file = `${info.id}_${options.split}.h5`
  const folder = await findSet(info, options, file, (names) => names.includes(file))
  const open = opener(join(folder, file), file)
  const { labels, keys } = await open((root) => {
    const list = Array.from(readColumn(need(root, file, 'labels'), 'labels', file))
    const recordings = need(root, file, 'spikes/times').shape?.[0]
    const wrong = list.find((label) => !(label >= 0 && label < info.classes))
    if (wrong !== undefined || list.length !== recordings) throw invalid(info.id, file, `${list.length} labels${wrong === undefined ? '' : ` with a class ${wrong}`} for ${recordings} recordings of ${info.classes} classes.`)
    const names = datasetAt(root, 'extra/keys', file)?.value
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
      const events = await open((root) => {
        const t = readRow(need(root, file, 'spikes/times'), index, 'spikes/times', file)
        return fromFile('hdf5', file, { t, x: readRow(need(root, file, 'spikes/units'), index, 'spikes/units', file) }, info.sensor, 's')
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
  const info = setCatalogue.nTidigits
  const file = 'n-tidigits.hdf5'
  const folder = await findSet(info, options, file, (names) => names.includes(file))
  const open = opener(join(folder, file), file)
  const all = await open((root) => need(root, file, `${options.split}_labels`).value)
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
      const events = await open((root) => {
        const [addresses, timestamps] = [`${options.split}_addresses/${name}`, `${options.split}_timestamps/${name}`]
        return fromFile('hdf5', file, { t: readColumn(need(root, file, timestamps), timestamps, file), x: readColumn(need(root, file, addresses), addresses, file) }, info.sensor, 's')
      })
      return { events, label: labels[index]!, name }
    },
  }
}
