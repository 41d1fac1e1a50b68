import { sensorOf } from '../../events/events.js'
import { defineSet } from '../define-set.js'
import { spikeTrains } from '../layouts/spike-trains.js'

/**
 * Spiking Heidelberg Digits (Cramer et al. 2022): `shd_train.h5`, `shd_test.h5`; 700 channels, times in s, digits in
 * English and German.
 */
export const shd = defineSet({
  info: {
    id: 'shd',
    kind: 'events',
    title: 'Spiking Heidelberg Digits',
    sensor: sensorOf(700, 1),
    timeUnit: 's',
    classes: 20,
    splits: { train: 8156, test: 2264 },
    licence: 'CC BY 4.0',
    citation:
      'Cramer, Stradmann, Schemmel, Zenke: The Heidelberg spiking data sets for the systematic evaluation of spiking neural networks. IEEE TNNLS 33(7), 2022.',
    page: 'https://zenkelab.org/resources/spiking-heidelberg-datasets-shd/',
    files: [
      {
        name: 'shd_train.h5.zip',
        md5: 'f3252aeb598ac776c1b526422d90eecb',
        url: 'https://zenkelab.org/datasets/shd_train.h5.zip',
        splits: ['train'],
      },
      {
        name: 'shd_test.h5.zip',
        md5: '1503a5064faa34311c398fb0a1ed0a6f',
        url: 'https://zenkelab.org/datasets/shd_test.h5.zip',
        splits: ['test'],
      },
    ],
  },
  open: (options, info) => spikeTrains(info, options),
})
