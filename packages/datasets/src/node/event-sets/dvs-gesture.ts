import { checkObject } from '@snn/tensor'
import { basename, join } from 'node:path'
import { toTimeUnit, type Events } from '../../events/events.js'
import { aedat3 } from '../../events/formats/aedat3.js'
import { npy } from '../../events/formats/numpy.js'
import { sliceTime, sortEvents } from '../../events/select.js'
import { invalid } from '../../invalid.js'
import { kindOf, notFound, readBytes } from '../files.js'
import { setCatalogue } from './catalogue.js'
import { classFolders, fileSet, findSet, namesIn, type SampleFile } from './layout.js'
import type { EventDataset, SetOptions } from './set.js'

const classes = ['hand clapping', 'right hand wave', 'left hand wave', 'right arm clockwise', 'right arm counter clockwise', 'left arm clockwise', 'left arm counter clockwise', 'arm roll', 'air drums', 'air guitar', 'other gestures']

interface Row {
  readonly label: number
  readonly start: number
  readonly end: number
}

/**
 * DVS128 Gesture (Amir et al. 2017): `trials_to_train.txt` and `trials_to_test.txt` list .aedat recordings; each has a `_labels.csv` with lines
 * `class,startTime_usec,endTime_usec`, and each line makes one sample of the events with start <= t < end and label class - 1.
 * Also the copy of Tonic, which is cut already: `ibmGestureTrain/USER_LIGHT/LABEL.npy` with rows [x, y, p, t] in ms, 1077 and 264 samples.
 */
export async function dvsGesture(options: SetOptions<'train' | 'test'>): Promise<EventDataset> {
  checkObject('dvsGesture', options)
  const info = setCatalogue.dvsGesture
  const list = options.split === 'train' ? 'trials_to_train.txt' : 'trials_to_test.txt'
  const copy = options.split === 'train' ? 'ibmGestureTrain/' : 'ibmGestureTest/'
  const folder = await findSet(info, options, `${list} or ${copy}`, async (names, at) => names.includes(list) || (names.includes(copy) && (await namesIn(join(at, copy))).some((name) => /^user\d/.test(name))))
  if (!(await namesIn(folder)).includes(list)) return samplesInFiles(options.split, join(folder, copy))
  const text = async (name: string): Promise<string> => new TextDecoder().decode(await readBytes(join(folder, name), options.signal))
  const recordings = (await text(list)).split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '')
  const files: SampleFile[] = []
  const rows = new Map<string, Row>()
  const missing: string[] = []
  for (const path of recordings) {
    if ((await kindOf(join(folder, path))) !== 'file') {
      missing.push(path)
      continue
    }
    const labels = parseGestureLabels(await text(path.replace(/\.aedat$/, '_labels.csv')), `${basename(folder)}/${path.replace(/\.aedat$/, '_labels.csv')}`)
    labels.forEach((row, i) => {
      files.push({ path, part: String(i), label: row.label })
      rows.set(`${path}#${i}`, row)
    })
  }
  if (files.length === 0 && missing.length > 0) throw notFound('dvsGesture', folder, missing.slice(0, 5))
  // One recording of 20 MB has a dozen samples, which are mostly asked for one after another.
  let kept: { readonly path: string; readonly events: Promise<Events> } | undefined
  return fileSet(info, options.split, folder, classes, files, async (bytes, file, { path, part }) => {
    if (kept?.path !== path) kept = { path, events: Promise.resolve().then(() => sortEvents(aedat3.decode(bytes, { sensor: info.sensor, file }))) }
    const { start, end } = rows.get(`${path}#${part}`)!
    return sliceTime(await kept.events, start, end)
  })
}

async function samplesInFiles(split: string, folder: string): Promise<EventDataset> {
  const info = setCatalogue.dvsGesture
  const folders = (await namesIn(folder)).filter((name) => name.endsWith('/')).map((name) => name.slice(0, -1))
  const files = (await classFolders(folder, folders, ['.npy'])).flatMap(({ path }) => {
    const label = Number(/\/(\d+)\.npy$/.exec(path)?.[1] ?? NaN)
    return label < classes.length ? [{ path, label }] : []
  })
  return fileSet(info, split, folder, classes, files, async (bytes, file) => toTimeUnit(await npy.parse(bytes, { sensor: info.sensor, columns: 'xypt', timeUnit: 'ms', file }), 'us'))
}

/** The lines of a `_labels.csv`. Throws `DATA_INVALID`. */
export function parseGestureLabels(text: string, file: string): Row[] {
  return text.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === '' || (i === 0 && line.startsWith('class'))) return []
    const [label, start, end] = line.split(',').map(Number)
    const holds = Number.isInteger(label) && label! >= 1 && label! <= classes.length && start! >= 0 && end! >= start!
    if (!holds) throw invalid('dvsGesture', file, `line ${i + 1} is ${JSON.stringify(line.slice(0, 60))}, expected class,startTime_usec,endTime_usec.`)
    return [{ label: label! - 1, start: start!, end: end! }]
  })
}
