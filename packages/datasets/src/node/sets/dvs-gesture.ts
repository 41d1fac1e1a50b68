import { basename, join } from 'node:path'
import { sensorOf, toTimeUnit, type Events } from '../../events/events.js'
import { aedat3 } from '../../events/formats/aedat3.js'
import { npy } from '../../events/formats/numpy.js'
import { sliceTime, sortEvents } from '../../events/select.js'
import { invalid } from '../../invalid.js'
import { defineSet, type EventSetInfo } from '../define-set.js'
import type { EventDataset } from '../event-dataset.js'
import { kindOf, notFound, readBytes } from '../files.js'
import { findSet, foldersIn, namesIn } from '../layouts/find-set.js'
import { classFolders, fileSet, type SampleFile } from '../layouts/recording-files.js'

const classes = [
  'hand clapping',
  'right hand wave',
  'left hand wave',
  'right arm clockwise',
  'right arm counter clockwise',
  'left arm clockwise',
  'left arm counter clockwise',
  'arm roll',
  'air drums',
  'air guitar',
  'other gestures',
]

interface Row {
  readonly label: number
  readonly start: number
  readonly end: number
}

/**
 * DVS128 Gesture (Amir et al. 2017): `trials_to_train.txt` and `trials_to_test.txt` list .aedat recordings; each has a
 * `_labels.csv` with lines `class,startTime_usec,endTime_usec`, and each line makes one sample of the events with start
 * <= t < end and label class - 1. Also the copy of Tonic, which is cut already: `ibmGestureTrain/USER_LIGHT/LABEL.npy`
 * with rows [x, y, p, t] in ms, 1077 and 264 samples.
 */
export const dvsGesture = defineSet({
  info: {
    id: 'dvsGesture',
    kind: 'events',
    title: 'DVS128 Gesture',
    sensor: sensorOf(128, 128),
    timeUnit: 'us',
    classes: 11,
    splits: { train: 1176, test: 288 },
    licence: 'CC BY 4.0',
    citation: 'Amir, Taba, Berg et al.: A low power, fully event-based gesture recognition system. CVPR 2017.',
    page: 'https://ibm.ent.box.com/s/3hiq58ww1pbbjrinh367ykfdf60xsfm8/folder/50167556794',
    files: [{ name: 'DvsGesture.tar.gz', md5: '8a5c71fb11e24e5ca5b11866ca6c00a1' }],
  },
  async open(options, info) {
    const list = options.split === 'train' ? 'trials_to_train.txt' : 'trials_to_test.txt'
    const copy = options.split === 'train' ? 'ibmGestureTrain/' : 'ibmGestureTest/'
    const folder = await findSet(
      info,
      options,
      `${list} or ${copy}`,
      async (names, at) =>
        names.includes(list) ||
        (names.includes(copy) && (await namesIn(join(at, copy))).some((name) => /^user\d/.test(name))),
    )
    if (!(await namesIn(folder)).includes(list)) return samplesInFiles(info, options.split, join(folder, copy))
    const text = async (name: string): Promise<string> =>
      new TextDecoder().decode(await readBytes(join(folder, name), options.signal))
    const recordings = (await text(list))
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '')
    const files: SampleFile[] = []
    const rows = new Map<string, Row>()
    const missing: string[] = []
    for (const path of recordings) {
      if ((await kindOf(join(folder, path))) !== 'file') {
        missing.push(path)
        continue
      }
      const labels = parseGestureLabels(
        await text(path.replace(/\.aedat$/, '_labels.csv')),
        `${basename(folder)}/${path.replace(/\.aedat$/, '_labels.csv')}`,
      )
      labels.forEach((row, i) => {
        files.push({ path, part: String(i), label: row.label })
        rows.set(`${path}#${i}`, row)
      })
    }
    if (files.length === 0 && missing.length > 0) throw notFound('dvsGesture', folder, missing.slice(0, 5))
    // One recording of 20 MB has a dozen samples, which are mostly asked for one after another.
    let kept: { readonly path: string; readonly events: Promise<Events> } | undefined
    return fileSet(info, options.split, folder, classes, files, async (bytes, file, { path, part }) => {
      if (kept?.path !== path)
        kept = {
          path,
          events: Promise.resolve().then(() => sortEvents(aedat3.decode(bytes, { sensor: info.sensor, file }))),
        }
      const { start, end } = rows.get(`${path}#${part}`)!
      return sliceTime(await kept.events, start, end)
    })
  },
})

async function samplesInFiles(info: EventSetInfo, split: string, folder: string): Promise<EventDataset> {
  const folders = await foldersIn(folder)
  const files = (await classFolders(folder, folders, ['.npy'])).flatMap(({ path }) => {
    const label = Number(/\/(\d+)\.npy$/.exec(path)?.[1] ?? NaN)
    return label < classes.length ? [{ path, label }] : []
  })
  return fileSet(info, split, folder, classes, files, async (bytes, file) =>
    toTimeUnit(await npy.parse(bytes, { sensor: info.sensor, columns: 'xypt', timeUnit: 'ms', file }), 'us'),
  )
}

/** The lines of a `_labels.csv`. Throws `DATA_INVALID`. */
export function parseGestureLabels(text: string, file: string): Row[] {
  return text.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === '' || (i === 0 && line.startsWith('class'))) return []
    const [label, start, end] = line.split(',').map(Number)
    const holds = Number.isInteger(label) && label! >= 1 && label! <= classes.length && start! >= 0 && end! >= start!
    if (!holds)
      throw invalid(
        'dvsGesture',
        file,
        `line ${i + 1} is ${JSON.stringify(line.slice(0, 60))}, expected class,startTime_usec,endTime_usec.`,
      )
    return [{ label: label! - 1, start: start!, end: end! }]
  })
}
