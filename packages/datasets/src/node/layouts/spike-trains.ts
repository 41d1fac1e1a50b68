import { join } from 'node:path'
import { checkIndex } from '../../dataset.js'
import { fromFile } from '../../events/formats/arrays-to-events.js'
import { datasetAt, needDataset, readColumn, readRow } from '../../events/formats/hdf5-file.js'
import { invalid } from '../../invalid.js'
import type { EventSetInfo, SetOptions } from '../define-set.js'
import type { EventDataset } from '../event-dataset.js'
import { findSet } from './find-set.js'
import { hdf5Reader } from './hdf5-reader.js'
import { describePart } from './recording-files.js'

/** The spike trains of a file `ID_SPLIT.h5` as those of Heidelberg, of any size: each is read when it is asked for. */
export async function spikeTrains(info: EventSetInfo, options: SetOptions): Promise<EventDataset> {
  const file = `${info.id}_${options.split}.h5`
  const folder = await findSet(info, options, file, (names) => names.includes(file))
  const open = hdf5Reader(join(folder, file), file)
  const { labels, keys } = await open((view) => {
    const list = Array.from(readColumn(view, needDataset(view, 'labels')))
    const recordings = needDataset(view, 'spikes/times').shape?.[0]
    const wrong = list.find((label) => !(label >= 0 && label < info.classes))
    if (wrong !== undefined || list.length !== recordings)
      throw invalid(
        info.id,
        file,
        `${list.length} labels${wrong === undefined ? '' : ` with a class ${wrong}`} for ${recordings} recordings of ${info.classes} classes.`,
      )
    const names = datasetAt(view, 'extra/keys')?.value
    return { labels: list, keys: Array.isArray(names) ? names.map(String) : [] }
  })
  return {
    length: labels.length,
    description: `${describePart(info, options.split, labels.length)} recordings of ${info.sensor.width} channels`,
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
        return fromFile(
          'hdf5',
          file,
          { t, x: readRow(view, needDataset(view, 'spikes/units'), index) },
          { sensor: info.sensor, timeUnit: 's' },
        )
      })
      return { events, label: labels[index]!, name: `${file}#${index}` }
    },
  }
}
