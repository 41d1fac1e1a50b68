import { join } from 'node:path'
import { sensorOf } from '../../events/events.js'
import { defineSet, type SetOptions } from '../define-set.js'
import type { RemoteFile } from '../download/remote-set.js'
import { findFiles, hdf5Events, lastPart, recordingSet, rowsOf } from '../layouts/recordings.js'

const munich = (recording: string): RemoteFile[] =>
  ['events_left.h5', 'events_right.h5', 'vi_gt_data.tar.gz'].map((ending) => ({
    name: `${recording}-${ending}`,
    url: `https://tumevent-vi.vision.in.tum.de/${recording}/${recording}-${ending}`,
  }))

/** Options of TUM-VIE. */
export interface TumVieOptions extends SetOptions<'all'> {
  /** Which of the two cameras. Default `left`. */
  readonly camera?: 'left' | 'right'
}

const pose = ['t', 'px', 'py', 'pz', 'qx', 'qy', 'qz', 'qw'] as const

/**
 * TUM-VIE (Klenk et al. 2021): `*-events_left.h5` and `*-events_right.h5`, 1280 x 720. Targets are the poses of
 * `mocap_data.txt`, which lies beside or in the folder that `*-vi_gt_data.tar.gz` unpacks to: time in us, place in m,
 * quaternion.
 */
export const tumVie = defineSet({
  info: {
    id: 'tumVie',
    kind: 'events',
    title: 'TUM-VIE',
    sensor: sensorOf(1280, 720),
    timeUnit: 'us',
    classes: 21,
    splits: { all: 21 },
    licence: 'CC BY 4.0',
    citation: 'Klenk, Chui, Demmel, Cremers: TUM-VIE: the TUM stereo visual-inertial event dataset. IROS 2021.',
    page: 'https://vision.in.tum.de/data/datasets/visual-inertial-event-dataset',
    files: [
      'mocap-1d-trans',
      'mocap-3d-trans',
      'mocap-6dof',
      'mocap-desk',
      'mocap-desk2',
      'mocap-shake',
      'mocap-shake2',
      'office-maze',
      'running-easy',
      'running-hard',
      'skate-easy',
      'skate-hard',
      'loop-floor0',
      'loop-floor1',
      'loop-floor2',
      'loop-floor3',
      'floor2-dark',
      'slide',
      'bike-easy',
      'bike-hard',
      'bike-night',
    ].flatMap(munich),
  },
  async open(options: TumVieOptions, info) {
    const { camera = 'left' } = options
    const ending = `-events_${camera}.h5`
    const { folder, files } = await findFiles(
      info,
      options,
      `*${ending}`,
      (path) => path.endsWith(ending) || path.endsWith('mocap_data.txt'),
    )
    const recordings = files
      .filter((path) => path.endsWith(ending))
      .map((name) => {
        const title = lastPart(name).slice(0, -ending.length)
        const beside = name.split('/').slice(0, -1).join('/')
        const poses = files.find(
          (path) =>
            path.endsWith('mocap_data.txt') &&
            (path.includes(`${title}-vi_gt_data/`) || path.split('/').slice(0, -1).join('/') === beside),
        )
        return {
          name,
          title,
          events: () => hdf5Events(folder, name, info),
          target: async () => (poses === undefined ? undefined : rowsOf(join(folder, poses), pose.length)),
        }
      })
    return recordingSet(info, options.split, folder, pose, recordings)
  },
})
