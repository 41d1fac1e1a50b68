import { join } from 'node:path'
import type { Group } from 'h5wasm'
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

/** The spike trains of a file of any size: each is read when it is asked for. */
async function spikeTrains(info: SetInfo, options: SetOptions): Promise<EventDataset> {
  const file = `${info.id}_${options.split}.h5`
  const folder = await findSet(info, options, file, (names) => names.includes(file))
  // The build of the library for Node opens files where they are; the other would need a copy of all in memory.
  const open = async <T>(use: (root: Group) => T): Promise<T> => useHdf5(await import('h5wasm/node'), join(folder, file), file, use)
  const need = (root: Group, path: string): NonNullable<ReturnType<typeof datasetAt>> => {
    const found = datasetAt(root, path, file)
    if (!found) throw invalid(info.id, file, `no ${path} in it.`)
    return found
  }
  const { labels, keys } = await open((root) => {
    const list = Array.from(readColumn(need(root, 'labels'), 'labels', file))
    const recordings = need(root, 'spikes/times').shape?.[0]
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
        const t = readRow(need(root, 'spikes/times'), index, 'spikes/times', file)
        return fromFile('hdf5', file, { t, x: readRow(need(root, 'spikes/units'), index, 'spikes/units', file) }, info.sensor, 's')
      })
      return { events, label: labels[index]!, name: `${file}#${index}` }
    },
  }
}
