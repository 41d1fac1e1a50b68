import { sensorOf } from '../../events/events.js'
import { npy } from '../../events/formats/numpy.js'
import { defineSet } from '../define-set.js'
import { findSet, foldersIn, hasFolders } from '../layouts/find-set.js'
import { classFolders, fileSet } from '../layouts/recording-files.js'

/** DVS-Lip (Tan et al. 2022): `train/WORD/*.npy`, `test/WORD/*.npy`, 100 words, 128 x 128. */
export const dvsLip = defineSet({
  info: {
    id: 'dvsLip',
    kind: 'events',
    title: 'DVS-Lip',
    sensor: sensorOf(128, 128),
    timeUnit: 'us',
    classes: 100,
    splits: { train: 14896, test: 4975 },
    licence: 'see the page of the data set',
    citation:
      'Tan, Wang, Han, Cao, Wu, Zha: Multi-grained spatio-temporal features perceived network for event-based lip-reading. CVPR 2022.',
    page: 'https://sites.google.com/view/event-based-lipreading',
    files: [{ name: 'DVS-Lip.zip', md5: '2dcb959255122d4cdeb6094ca282494b' }],
  },
  async open(options, info) {
    const base = await findSet(info, options, 'train/WORD/*.npy', (names) => hasFolders(names, ['train', 'test']))
    const folder = `${base}/${options.split}`
    const classes = await foldersIn(folder)
    const files = await classFolders(folder, classes, ['.npy'])
    return fileSet(info, options.split, folder, classes, files, (bytes, file) =>
      npy.parse(bytes, { sensor: info.sensor, file }),
    )
  },
})
