import { join } from 'node:path'
import { sensorOf } from '../../events/events.js'
import { fromFile } from '../../events/formats/arrays-to-events.js'
import { datasetAt, needDataset, readFlat, type Hdf5View } from '../../events/formats/hdf5-file.js'
import { defineSet } from '../define-set.js'
import { findSet } from '../layouts/find-set.js'
import { hdf5Reader } from '../layouts/hdf5-reader.js'
import { naturally } from '../layouts/recording-files.js'
import { recordingSet } from '../layouts/recordings.js'

/**
 * EBSSA, satellites and stars (Afshar et al. 2020), the labelled part in the copy of Tonic: `labelled_ebssa.h5` with a
 * group for each recording, `TD` of events counted from 1 and `Obj` of objects. Times start at 0; targets are the
 * places of objects at times.
 */
export const ebssa = defineSet({
  info: {
    id: 'ebssa',
    kind: 'events',
    title: 'EBSSA, labelled',
    // Recorded with sensors of 304 x 240 and 240 x 180.
    sensor: sensorOf(304, 240),
    timeUnit: 'us',
    classes: 84,
    splits: { labelled: 84 },
    licence: 'see the page of the data set',
    citation:
      'Afshar, Nicholson, van Schaik, Cohen: Event-based object detection and tracking for space situational awareness. IEEE Sensors Journal 20(24), 2020.',
    page: 'https://drive.google.com/uc?id=1lCh2HWvxEzzaBHT5TlPuyUn6XPM5OVWN',
    files: [{ name: 'labelled_ebssa.h5' }],
  },
  async open(options, info) {
    const file = 'labelled_ebssa.h5'
    const folder = await findSet(info, options, file, (names) => names.includes(file))
    const open = hdf5Reader(join(folder, file), file)
    const read = (view: Hdf5View, path: string): Float64Array => readFlat(view, needDataset(view, path))
    const keys = (await open(({ root }) => root.keys())).sort(naturally)
    const recordings = keys.map((key) => ({
      name: `${file}#${key}`,
      title: key,
      events: () =>
        open((view) => {
          const [t, x, y, p] = ['ts', 'x', 'y', 'p'].map((name) => read(view, `${key}/TD/${name}`)) as [
            Float64Array,
            Float64Array,
            Float64Array,
            Float64Array,
          ]
          const first = t[0] ?? 0
          return fromFile(
            info.id,
            file,
            {
              t: t.map((time) => time - first),
              x: x.map((value) => value - 1),
              y: y.map((value) => value - 1),
              p: p.map((value) => (value > 0 ? 1 : 0)),
            },
            { sensor: info.sensor, timeUnit: info.timeUnit },
          )
        }),
      target: () =>
        open((view) => {
          if (!datasetAt(view, `${key}/Obj/ts`)) return undefined
          const first = read(view, `${key}/TD/ts`)[0] ?? 0
          const [t, x, y, id] = ['ts', 'x', 'y', 'id'].map((name) => read(view, `${key}/Obj/${name}`)) as [
            Float64Array,
            Float64Array,
            Float64Array,
            Float64Array,
          ]
          return Array.from(t, (time, i) => [time - first, x[i]! - 1, y[i]! - 1, id[i]!])
        }),
    }))
    return recordingSet(info, options.split, folder, ['t', 'x', 'y', 'id'], recordings)
  },
})
