import { sensorOf } from '../../events/events.js'
import { mat } from '../../events/formats/mat.js'
import { defineSet } from '../define-set.js'
import { findSet, hasFolders } from '../layouts/find-set.js'
import { classFolders, fileSet } from '../layouts/recording-files.js'

const digits = Array.from('0123456789')

/**
 * ST-MNIST (See et al. 2020): `0/*.mat` ... `9/*.mat` of a tactile sensor of 10 x 10; times in s. There is no official
 * split.
 */
export const stMnist = defineSet({
  info: {
    id: 'stMnist',
    kind: 'events',
    title: 'ST-MNIST',
    sensor: sensorOf(10, 10),
    timeUnit: 's',
    classes: 10,
    splits: { all: 6953 },
    licence: 'see the page of the data set',
    citation:
      'See, Lim, Li, Yao, Lin, Lin, Soh, Thakor: ST-MNIST: the spiking tactile MNIST neuromorphic dataset. arXiv 2005.04319, 2020.',
    page: 'https://scholarbank.nus.edu.sg/bitstream/10635/168106/2/STMNIST%20dataset%20NUS%20Tee%20Research%20Group.zip',
    files: [{ name: 'STMNIST dataset NUS Tee Research Group.zip' }],
  },
  async open(options, info) {
    const folder = await findSet(info, options, 'folders 0 ... 9 of .mat files', (names) => hasFolders(names, digits))
    const files = (await classFolders(folder, digits, ['.mat'])).filter(({ path }) => !path.includes('LUT'))
    return fileSet(info, options.split, folder, digits, files, (bytes, file) => mat.parse(bytes, { file }))
  },
})
