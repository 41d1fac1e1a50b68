import { subset } from '../../dataset.js'
import { sensorOf, type Events } from '../../events/events.js'
import { aedat2 } from '../../events/formats/aedat2.js'
import { aedat4 } from '../../events/formats/aedat4.js'
import { splitByClass } from '../../split.js'
import { defineSet } from '../define-set.js'
import type { EventDataset } from '../event-dataset.js'
import { findSet, hasFolders } from '../layouts/find-set.js'
import { classFolders, fileSet } from '../layouts/recording-files.js'

const classes = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck']

/**
 * CIFAR10-DVS (Li et al. 2017): `airplane/*.aedat`, ..., 128 x 128, turned as SpikingJelly turns it; also Tonic's copy
 * in .aedat4. There is no official split: `train` is the first 90 % of each class, as is usual, `test` the rest.
 */
export const cifar10Dvs = defineSet({
  info: {
    id: 'cifar10Dvs',
    kind: 'events',
    title: 'CIFAR10-DVS',
    sensor: sensorOf(128, 128),
    timeUnit: 'us',
    classes: 10,
    splits: { train: 9000, test: 1000, all: 10000 },
    licence: 'CC BY 4.0',
    citation:
      'Li, Liu, Ji, Li, Shi: CIFAR10-DVS: an event-stream dataset for object classification. Frontiers in Neuroscience 11:309, 2017.',
    page: 'https://figshare.com/articles/dataset/CIFAR10-DVS_New/4724671',
    files: [
      {
        name: 'airplane.zip',
        md5: '0afd5c4bf9ae06af762a77b180354fdd',
        url: 'https://ndownloader.figshare.com/files/7712788',
      },
      {
        name: 'automobile.zip',
        md5: '8438dfeba3bc970c94962d995b1b9bdd',
        url: 'https://ndownloader.figshare.com/files/7712791',
      },
      {
        name: 'bird.zip',
        md5: 'a9c207c91c55b9dc2002dc21c684d785',
        url: 'https://ndownloader.figshare.com/files/7712794',
      },
      {
        name: 'cat.zip',
        md5: '52c63c677c2b15fa5146a8daf4d56687',
        url: 'https://ndownloader.figshare.com/files/7712812',
      },
      {
        name: 'deer.zip',
        md5: 'b6bf21f6c04d21ba4e23fc3e36c8a4a3',
        url: 'https://ndownloader.figshare.com/files/7712815',
      },
      {
        name: 'dog.zip',
        md5: 'f379ebdf6703d16e0a690782e62639c3',
        url: 'https://ndownloader.figshare.com/files/7712818',
      },
      {
        name: 'frog.zip',
        md5: 'cad6ed91214b1c7388a5f6ee56d08803',
        url: 'https://ndownloader.figshare.com/files/7712842',
      },
      {
        name: 'horse.zip',
        md5: 'e7cbbf77bec584ffbf913f00e682782a',
        url: 'https://ndownloader.figshare.com/files/7712851',
      },
      {
        name: 'ship.zip',
        md5: '41c7bd7d6b251be82557c6cce9a7d5c9',
        url: 'https://ndownloader.figshare.com/files/7712836',
      },
      {
        name: 'truck.zip',
        md5: '89f3922fd147d9aeff89e76a2b0b70a7',
        url: 'https://ndownloader.figshare.com/files/7712839',
      },
    ],
  },
  async open(options, info): Promise<EventDataset> {
    const folder = await findSet(info, options, 'folders airplane ... truck of .aedat files', (names) =>
      hasFolders(names, classes),
    )
    const files = await classFolders(folder, classes, ['.aedat', '.aedat4'], true)
    const all = fileSet(info, 'all', folder, classes, files, (bytes, file) =>
      file.endsWith('.aedat4')
        ? aedat4.decode(bytes, { file })
        : turned(aedat2.decode(bytes, { camera: 'dvs128', file })),
    )
    if (options.split === 'all') return all
    const [train, test] = splitByClass(
      files.map(({ label }) => label),
      0.9,
    )
    return { ...subset(all, options.split === 'train' ? train : test), split: options.split }
  },
})

/** (x, y, p) -> (127 - y, 127 - x, 1 - p) */
function turned(events: Events): Events {
  return { ...events, x: events.y.map((y) => 127 - y), y: events.x.map((x) => 127 - x), p: events.p.map((p) => 1 - p) }
}
