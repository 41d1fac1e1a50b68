import { join } from 'node:path'
import { sensorOf } from '../../events/events.js'
import { npz } from '../../events/formats/numpy.js'
import { defineSet } from '../define-set.js'
import { readBytes } from '../files.js'
import { findFiles, lastPart, recordingSet, rowsOf } from '../layouts/recordings.js'

/**
 * NeRDD, drones (Magrini et al. 2024): `DATA/*` / SCENE / `Event/output_events.npz`, 1280 x 720. Targets are boxes of
 * `ev_rgb_coordinates.txt`.
 */
export const nerdd = defineSet({
  info: {
    id: 'nerdd',
    kind: 'events',
    title: 'NeRDD drones',
    sensor: sensorOf(1280, 720),
    timeUnit: 'us',
    classes: 115,
    splits: { all: 115 },
    licence: 'see the page of the data set',
    citation:
      'Magrini, Becattini, Pala, Del Bimbo, Porta: Neuromorphic drone detection: an event-RGB multimodal approach. ECCV Workshops 2024.',
    page: 'https://github.com/MagriniGabriele/NeRDD',
    files: [{ name: 'NeRDD.zip' }],
  },
  async open(options, info) {
    const ending = '/Event/output_events.npz'
    const { folder, files } = await findFiles(info, options, `DATA/*/SCENE${ending}`, (path) => path.endsWith(ending))
    const recordings = files.map((name) => {
      const scene = name.slice(0, -ending.length)
      return {
        name,
        title: scene.split('/').slice(-2).join('/'),
        events: async () =>
          npz.parse(await readBytes(join(folder, name)), {
            sensor: info.sensor,
            columns: 'xypt',
            file: `${lastPart(scene)}${ending}`,
          }),
        target: () => rowsOf(join(folder, scene, 'ev_rgb_coordinates.txt'), 5),
      }
    })
    return recordingSet(info, options.split, folder, ['t', 'x1', 'y1', 'x2', 'y2'], recordings)
  },
})
