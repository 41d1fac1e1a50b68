import { sensorOf } from '../../events/events.js'
import { atis } from '../../events/formats/atis.js'
import { defineSet } from '../define-set.js'
import { findSet, foldersIn, hasFolders } from '../layouts/find-set.js'
import { classFolders, fileSet } from '../layouts/recording-files.js'

/**
 * N-Caltech101 (Orchard et al. 2015): a folder of .bin files for each of 101 classes, 240 x 180. There is no official
 * split.
 */
export const ncaltech101 = defineSet({
  info: {
    id: 'ncaltech101',
    kind: 'events',
    title: 'N-Caltech101',
    sensor: sensorOf(240, 180),
    timeUnit: 'us',
    classes: 101,
    splits: { all: 8709 },
    licence: 'CC BY 4.0',
    citation:
      'Orchard, Jayawant, Cohen, Thakor: Converting static image datasets to spiking neuromorphic datasets using saccades. Frontiers in Neuroscience 9:437, 2015.',
    page: 'https://www.garrickorchard.com/datasets/n-caltech101',
    files: [{ name: 'Caltech101.zip', md5: '66201824eabb0239c7ab992480b50ba3' }],
  },
  async open(options, info) {
    const folder = await findSet(info, options, 'folders airplanes, yin_yang, ... of .bin files', (names) =>
      hasFolders(names, ['airplanes', 'yin_yang']),
    )
    const classes = await foldersIn(folder)
    const files = await classFolders(folder, classes, ['.bin'])
    return fileSet(info, options.split, folder, classes, files, (bytes, file) =>
      atis.decode(bytes, { sensor: info.sensor, file }),
    )
  },
})
