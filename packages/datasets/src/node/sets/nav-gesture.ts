import { checkObject } from '@snn/tensor/library'
import { sensorOf } from '../../events/events.js'
import { dat } from '../../events/formats/dat.js'
import { isSorted, sortEvents } from '../../events/select.js'
import { defineSet, type EventSetInfo, type SetOptions } from '../define-set.js'
import type { EventDataset } from '../event-dataset.js'
import { findSet, namesIn } from '../layouts/find-set.js'
import { fileSet, type SampleFile } from '../layouts/recording-files.js'

const directions = ['le', 'ri', 'up', 'do', 'ho', 'se']

async function openNavGesture(options: SetOptions<'all'>, info: EventSetInfo): Promise<EventDataset> {
  const isRecording = (name: string): boolean => /^[^_]+_(le|ri|up|do|ho|se)_.*\.dat$/.test(name)
  // Recordings stand in a folder for each user, or all in one.
  const folder = await findSet(info, options, 'files USER_le_1.dat, ...', async (names, base) => {
    if (names.some(isRecording)) return true
    const below = await Promise.all(
      names
        .filter((name) => name.endsWith('/'))
        .slice(0, 16)
        .map((name) => namesIn(`${base}/${name}`)),
    )
    return below.some((inner) => inner.some(isRecording))
  })
  const files: SampleFile[] = []
  const visit = async (below: string, depth: number): Promise<void> => {
    for (const name of await namesIn(`${folder}/${below}`)) {
      if (name.endsWith('/') && depth < 2) await visit(`${below}${name}`, depth + 1)
      else if (isRecording(name))
        files.push({ path: `${below}${name}`, label: directions.indexOf(name.split('_')[1]!) })
    }
  }
  await visit('', 0)
  return fileSet(
    info,
    options.split,
    folder,
    ['left', 'right', 'up', 'down', 'home', 'select'],
    files,
    (bytes, file) => {
      const events = dat.decode(bytes, { sensor: sensorOf(304, 240), xBits: 9, file })
      const upright = { ...events, y: events.y.map((y) => 239 - y) }
      return isSorted(upright) ? upright : sortEvents(upright)
    },
  )
}

const page = 'https://www.neuromorphic-vision.com/public/downloads/navgesture/'

/** One of the two sets. */
const navGestureOf = <const Id extends string>(id: Id, part: 'walk' | 'sit', md5: string) => {
  const name = `navgesture-${part}.zip`
  return defineSet({
    info: {
      id,
      kind: 'events',
      title: `NavGesture ${part}`,
      sensor: sensorOf(304, 240),
      timeUnit: 'us',
      classes: 6,
      splits: { all: 0 },
      licence: 'see the page of the data set',
      citation:
        'Maro, Ieng, Benosman: Event-based gesture recognition with dynamic background suppression using smartphone computational capabilities. Frontiers in Neuroscience 14:275, 2020.',
      page,
      files: [{ name, md5, url: `${page}${name}` }],
    },
    open: openNavGesture,
  })
}

export const navGestureWalk = navGestureOf('navGestureWalk', 'walk', '5d305266f13005401959e819abe206f0')
export const navGestureSit = navGestureOf('navGestureSit', 'sit', '1571753ace4d9e0946e6503313712c22')

/**
 * NavGesture (Maro et al. 2020): .dat files named USER_DIRECTION_NUMBER_..., 304 x 240; classes left, right, up, down,
 * home, select. Rows are turned, since they are stored upside down; events out of order are put in order.
 */
export async function navGesture(
  settings: SetOptions<'all'> & { readonly kind: 'walk' | 'sit' },
): Promise<EventDataset> {
  checkObject('navGesture', settings)
  const { kind, ...options } = settings
  return (kind === 'walk' ? navGestureWalk : navGestureSit)(options)
}
