import { join } from 'node:path'
import { sensorOf } from '../../events/events.js'
import { npz } from '../../events/formats/numpy.js'
import { defineSet } from '../define-set.js'
import type { RemoteFile } from '../download/remote-set.js'
import { findSet, foldersIn } from '../layouts/find-set.js'
import { labelLines } from '../layouts/label-lines.js'
import { classFolders, fileSet, naturally } from '../layouts/recording-files.js'

const part = (number: number, md5: string): RemoteFile => {
  const name = `ES-imagenet-0.18.part${String(number).padStart(2, '0')}.rar`
  return { name, md5, url: `https://cloud.tsinghua.edu.cn/d/94873ab4ec2a4eb497b3/files/?p=%2F${name}&dl=1` }
}

/** Of the 25 parts. */
const checksums = [
  '900bdd57b5641f7d81cd4620283fef76',
  '5982532009e863a8f4e18e793314c54b',
  '8f408c1f5a1d4604e48d0d062a8289a0',
  '5c5b5cf0a55954eb639964e3da510097',
  '51feb661b4c9fa87860b63e76b914673',
  'fcd007a2b17b7c13f338734c53f6db31',
  'd3e74b96d9c5df15714bbc3abcd329fc',
  '65b9cf7fa63e18d2e7d92ff45a42a5e5',
  '241c9a37a83ff9efd305fe46d012211e',
  'ceee96971008e30d0cdc34086c49fd75',
  '4fbfefbe6e48758fbb72427c81f119cf',
  'c8cc163be4e5f6451201dccbded4ec24',
  '08c9dff32f6b42c49ef7cd78e37c728e',
  '43aa157dc5bd5fcea81315a46e0322cf',
  '480a69b050f465ef01efcc44ae29f7df',
  '11abd24d92b93e7f85acd63abd4a18ab',
  '3891486a6862c63a325c5f16cd01fdd1',
  'cf8bb0525b514f411bca9d7c2d681f7c',
  '3766bc35572ccacc03f0f293c571d0ae',
  'bf73a5e338644122220e41da7b5630e6',
  '564de4a2609cbb0bb67ffa1bc51f2487',
  '60a9e52db1acadfccc9a9809073f0b04',
  '373b5484826d40d7ec35f0e1605cb6ea',
  'a50612e889b20f99cc7b2725dfd72e9e',
  '0802ccdeb0cff29237faf55164524101',
]

/** ES-ImageNet (Lin et al. 2021): `train/CLASS/*.npz`, and `val/*.npz` with `vallabel.txt`; 256 x 256, 8 time steps. */
export const esImagenet = defineSet({
  info: {
    id: 'esImagenet',
    kind: 'events',
    title: 'ES-ImageNet',
    sensor: sensorOf(256, 256),
    timeUnit: 'us',
    classes: 1000,
    splits: { train: 1257035, test: 49881 },
    licence: 'see the page of the data set',
    citation:
      'Lin, Ding, Qiang, Deng, Li: ES-ImageNet: a million event-stream classification dataset for spiking neural networks. Frontiers in Neuroscience 15, 2021.',
    page: 'https://cloud.tsinghua.edu.cn/d/94873ab4ec2a4eb497b3/',
    files: checksums.map((md5, i) => part(i + 1, md5)),
  },
  async open(options, info) {
    const folder = await findSet(
      info,
      options,
      'train/CLASS/*.npz and vallabel.txt',
      (names) => names.includes('train/') && names.includes('vallabel.txt'),
    )
    const read = (bytes: Uint8Array, file: string) => npz.parse(bytes, { sensor: info.sensor, file })
    const classes = (await foldersIn(join(folder, 'train'))).sort(naturally)
    if (options.split === 'train')
      return fileSet(
        info,
        'train',
        join(folder, 'train'),
        classes,
        await classFolders(join(folder, 'train'), classes, ['.npz']),
        read,
      )
    return fileSet(
      info,
      'test',
      join(folder, 'val'),
      classes,
      await labelLines(join(folder, 'vallabel.txt'), 'vallabel.txt', info.classes, options.signal),
      read,
    )
  },
})
