import { sensorOf } from '../../events/events.js'
import { mat } from '../../events/formats/mat.js'
import { defineSet, type SetOptions } from '../define-set.js'
import { findSet, hasFolders } from '../layouts/find-set.js'
import { classFolders, fileSet } from '../layouts/recording-files.js'

/** Options of ASL-DVS. */
export interface AslDvsOptions extends SetOptions<'all'> {
  /**
   * Rows as stored are upside down: `y` (default, as Tonic) turns them, `both` turns columns too (as SpikingJelly),
   * `none` leaves both.
   */
  readonly flip?: 'y' | 'both' | 'none'
}

const letters = Array.from('abcdefghiklmnopqrstuvwxy')

/**
 * ASL-DVS (Bi et al. 2019): `a/*.mat` ... `y/*.mat` (24 letters without j and z), 240 x 180. There is no official
 * split.
 */
export const aslDvs = defineSet({
  info: {
    id: 'aslDvs',
    kind: 'events',
    title: 'ASL-DVS',
    sensor: sensorOf(240, 180),
    timeUnit: 'us',
    classes: 24,
    splits: { all: 100800 },
    licence: 'see the page of the data set',
    citation:
      'Bi, Chadha, Abbas, Bourtsoulatze, Andreopoulos: Graph-based object classification for neuromorphic vision sensing. ICCV 2019.',
    page: 'https://github.com/PIX2NVS/NVS2Graph',
    files: [{ name: 'ICCV2019_DVS_dataset.zip' }],
  },
  async open(options: AslDvsOptions, info) {
    const { flip = 'y' } = options
    const folder = await findSet(info, options, 'folders a ... y of .mat files', (names) =>
      hasFolders(names, ['a', 'b', 'c', 'y']),
    )
    const { width, height } = info.sensor
    const files = await classFolders(folder, letters, ['.mat'], true)
    return fileSet(info, options.split, folder, letters, files, async (bytes, file) => {
      const events = await mat.parse(bytes, { sensor: info.sensor, file })
      return {
        ...events,
        y: flip === 'none' ? events.y : events.y.map((y) => height - 1 - y),
        x: flip === 'both' ? events.x.map((x) => width - 1 - x) : events.x,
      }
    })
  },
})
