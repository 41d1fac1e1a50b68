import { sensorOf } from '../../events/events.js'
import { atis } from '../../events/formats/atis.js'
import { defineSet } from '../define-set.js'
import { findSet, namesIn } from '../layouts/find-set.js'
import { classFolders, fileSet } from '../layouts/recording-files.js'

const digits = Array.from('0123456789')

/** N-MNIST (Orchard et al. 2015): `Train/0..9/*.bin`, `Test/0..9/*.bin`, 34 x 34. */
export const nmnist = defineSet({
  info: {
    id: 'nmnist',
    kind: 'events',
    title: 'N-MNIST',
    sensor: sensorOf(34, 34),
    timeUnit: 'us',
    classes: 10,
    splits: { train: 60000, test: 10000 },
    licence: 'CC BY-SA 4.0',
    citation:
      'Orchard, Jayawant, Cohen, Thakor: Converting static image datasets to spiking neuromorphic datasets using saccades. Frontiers in Neuroscience 9:437, 2015.',
    page: 'https://www.garrickorchard.com/datasets/n-mnist',
    files: [
      { name: 'Train.zip', md5: '20959b8e626244a1b502305a9e6e2031', splits: ['train'] },
      { name: 'Test.zip', md5: '69ca8762b2fe404d9b9bad1103e97832', splits: ['test'] },
    ],
  },
  async open(options, info) {
    const part = options.split === 'train' ? 'Train' : 'Test'
    const base = await findSet(
      info,
      options,
      `${part}/0..9/*.bin`,
      async (names, at) =>
        names.includes(`${part}/`) && (await namesIn(`${at}/${part}`)).some((name) => /^\d\/$/.test(name)),
    )
    const folder = `${base}/${part}`
    const files = await classFolders(folder, digits, ['.bin'])
    return fileSet(info, options.split, folder, digits, files, (bytes, file) =>
      atis.decode(bytes, { sensor: info.sensor, file }),
    )
  },
})
