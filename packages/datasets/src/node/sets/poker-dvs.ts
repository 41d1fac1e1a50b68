import { sensorOf } from '../../events/events.js'
import { npy } from '../../events/formats/numpy.js'
import { defineSet } from '../define-set.js'
import { findSet, namesIn } from '../layouts/find-set.js'
import { classFolders, fileSet } from '../layouts/recording-files.js'

/**
 * POKER-DVS (Serrano-Gotarredona et al. 2015) in the copy of Tonic: `pips_train/cl/*.npy`, ... (club, heart, diamond,
 * spade), 35 x 35.
 */
export const pokerDvs = defineSet({
  info: {
    id: 'pokerDvs',
    kind: 'events',
    title: 'POKER-DVS',
    sensor: sensorOf(35, 35),
    timeUnit: 'us',
    classes: 4,
    splits: { train: 48, test: 20 },
    licence: 'see the page of the data set',
    citation:
      'Serrano-Gotarredona, Linares-Barranco: Poker-DVS and MNIST-DVS. Their history, how they were made, and other details. Frontiers in Neuroscience 9:481, 2015.',
    page: 'http://www2.imse-cnm.csic.es/caviar/POKERDVS.html',
    files: [
      {
        name: 'pips_train.tar.gz',
        md5: '412bcfb96826e4fcb290558e8c150aae',
        url: 'https://www.neuromorphic-vision.com/public/downloads/pips_train.tar.gz',
        splits: ['train'],
      },
      {
        name: 'pips_test.tar.gz',
        md5: 'eef2bf7d0d3defae89a6fa98b07c17af',
        url: 'https://www.neuromorphic-vision.com/public/downloads/pips_test.tar.gz',
        splits: ['test'],
      },
    ],
  },
  async open(options, info) {
    const endings = ['cl', 'he', 'di', 'sp']
    const isClass = (name: string): boolean => endings.some((ending) => name.endsWith(`${ending}/`))
    const part = `pips_${options.split}`
    const base = await findSet(
      info,
      options,
      `${part}/{cl,he,di,sp}/*.npy`,
      async (names, at) => names.includes(`${part}/`) && (await namesIn(`${at}/${part}`)).some(isClass),
    )
    const folder = `${base}/${part}`
    const folders = (await namesIn(folder)).filter(isClass).map((name) => name.slice(0, -1))
    const files = (await classFolders(folder, folders, ['.npy'])).map(({ path, label }) => ({
      path,
      label: endings.indexOf(folders[label]!.slice(-2)),
    }))
    return fileSet(info, options.split, folder, ['club', 'heart', 'diamond', 'spade'], files, (bytes, file) =>
      npy.parse(bytes, { sensor: info.sensor, columns: 'txyp', file }),
    )
  },
})
