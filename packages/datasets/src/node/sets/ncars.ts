import { sensorOf } from '../../events/events.js'
import { dat } from '../../events/formats/dat.js'
import { defineSet } from '../define-set.js'
import { findSet } from '../layouts/find-set.js'
import { classFolders, fileSet } from '../layouts/recording-files.js'

/**
 * N-CARS (Sironi et al. 2018): `n-cars_train/{background,cars}/*.dat`, `n-cars_test/...`; pictures of different size
 * within 304 x 240.
 */
export const ncars = defineSet({
  info: {
    id: 'ncars',
    kind: 'events',
    title: 'N-CARS',
    sensor: sensorOf(304, 240),
    timeUnit: 'us',
    classes: 2,
    splits: { train: 15422, test: 8607 },
    licence: 'see the page of the data set',
    citation:
      'Sironi, Brambilla, Bourdis, Lagorce, Benosman: HATS: histograms of averaged time surfaces for robust event-based object classification. CVPR 2018.',
    page: 'https://www.prophesee.ai/2018/03/13/dataset-n-cars/',
    files: [{ name: 'Prophesee_Dataset_n_cars.zip' }],
  },
  async open(options, info) {
    const part = options.split === 'train' ? 'n-cars_train' : 'n-cars_test'
    const classes = ['background', 'cars']
    const base = await findSet(info, options, `${part}/{background,cars}/*.dat`, (names) => names.includes(`${part}/`))
    const folder = `${base}/${part}`
    const files = await classFolders(folder, classes, ['.dat'])
    return fileSet(info, options.split, folder, classes, files, (bytes, file) =>
      dat.decode(bytes, { sensor: info.sensor, file }),
    )
  },
})
