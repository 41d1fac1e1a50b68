import { sensorOf } from '../../events/events.js'
import { defineSet } from '../define-set.js'
import { spikeTrains } from '../layouts/spike-trains.js'

/**
 * Spiking Speech Commands (Cramer et al. 2022): `ssc_train.h5`, `ssc_valid.h5`, `ssc_test.h5`; 700 channels, times in
 * s, 35 words.
 */
export const ssc = defineSet({
  info: {
    id: 'ssc',
    kind: 'events',
    title: 'Spiking Speech Commands',
    sensor: sensorOf(700, 1),
    timeUnit: 's',
    classes: 35,
    splits: { train: 75466, valid: 9981, test: 20382 },
    licence: 'CC BY 4.0',
    citation:
      'Cramer, Stradmann, Schemmel, Zenke: The Heidelberg spiking data sets for the systematic evaluation of spiking neural networks. IEEE TNNLS 33(7), 2022.',
    page: 'https://zenkelab.org/resources/spiking-heidelberg-datasets-shd/',
    files: [
      {
        name: 'ssc_train.h5.zip',
        md5: 'd102be95e7144fcc0553d1f45ba94170',
        url: 'https://zenkelab.org/datasets/ssc_train.h5.zip',
        splits: ['train'],
      },
      {
        name: 'ssc_valid.h5.zip',
        md5: 'b4eee3516a4a90dd0c71a6ac23a8ae43',
        url: 'https://zenkelab.org/datasets/ssc_valid.h5.zip',
        splits: ['valid'],
      },
      {
        name: 'ssc_test.h5.zip',
        md5: 'a35ff1e9cffdd02a20eb850c17c37748',
        url: 'https://zenkelab.org/datasets/ssc_test.h5.zip',
        splits: ['test'],
      },
    ],
  },
  open: (options, info) => spikeTrains(info, options),
})
