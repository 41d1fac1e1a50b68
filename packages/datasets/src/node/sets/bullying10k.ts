import { sensorOf } from '../../events/events.js'
import { npy } from '../../events/formats/numpy.js'
import { defineSet } from '../define-set.js'
import { findSet } from '../layouts/find-set.js'
import { classFolders, fileSet } from '../layouts/recording-files.js'

const classes = [
  'handshake',
  'slapping',
  'punching',
  'walking',
  'fingerguess',
  'strangling',
  'greeting',
  'pushing',
  'hairgrabs',
  'kicking',
]

/**
 * Bullying10K (Dong et al. 2023): `handshake/**.npy`, ..., 346 x 260. Of each class sorted by name every fifth, from
 * the first, is for `test`.
 */
export const bullying10k = defineSet({
  info: {
    id: 'bullying10k',
    kind: 'events',
    title: 'Bullying10K',
    sensor: sensorOf(346, 260),
    timeUnit: 'us',
    classes: 10,
    splits: { train: 8000, test: 2000 },
    licence: 'see the page of the data set',
    citation:
      'Dong, Li, Zhao, Shen, Zeng: Bullying10K: a large-scale neuromorphic dataset towards privacy-preserving bullying recognition. NeurIPS 2023.',
    page: 'https://figshare.com/articles/dataset/Bullying10k/19160663',
    files: [
      {
        name: 'handshake.zip',
        md5: '681d70f499e736a1e805305284ddc425',
        url: 'https://figshare.com/ndownloader/files/41268834',
      },
      {
        name: 'slapping.zip',
        md5: '84b41d6805958f9f62f425223916ffc2',
        url: 'https://figshare.com/ndownloader/files/41247021',
      },
      {
        name: 'punching.zip',
        md5: '40954f480ab210099d448b7b88fc4719',
        url: 'https://figshare.com/ndownloader/files/41263314',
      },
      {
        name: 'walking.zip',
        md5: '56e4cac9c0814ce701c3b2292c15b6a9',
        url: 'https://figshare.com/ndownloader/files/41247024',
      },
      {
        name: 'fingerguess.zip',
        md5: 'f83114e5b4f0ea57cac86fb080c7e4d7',
        url: 'https://figshare.com/ndownloader/files/41253057',
      },
      {
        name: 'strangling.zip',
        md5: '8185ecd6f3147e9b609d22f06270aa86',
        url: 'https://figshare.com/ndownloader/files/41261904',
      },
      {
        name: 'greeting.zip',
        md5: '4a763fad728b04c8356db8544f1121fe',
        url: 'https://figshare.com/ndownloader/files/41268792',
      },
      {
        name: 'pushing.zip',
        md5: '7986c74ade7149a98672120a89b13ba8',
        url: 'https://figshare.com/ndownloader/files/41268951',
      },
      {
        name: 'hairgrabs.zip',
        md5: 'a9cf690ed0a3305da4a4b8e110f64db1',
        url: 'https://figshare.com/ndownloader/files/41277855',
      },
      {
        name: 'kicking.zip',
        md5: '6c3218f977de4ac29c84a10b17779c33',
        url: 'https://figshare.com/ndownloader/files/41278008',
      },
    ],
  },
  async open(options, info) {
    const folder = await findSet(info, options, 'folders handshake ... kicking of .npy files', (names) =>
      names.includes('handshake/'),
    )
    const files = await classFolders(folder, classes, ['.npy'], true)
    const places = new Map<number, number>()
    const chosen = files.filter(({ label }) => {
      const place = places.get(label) ?? 0
      places.set(label, place + 1)
      return (place % 5 === 0) === (options.split === 'test')
    })
    return fileSet(info, options.split, folder, classes, chosen, (bytes, file) =>
      npy.parse(bytes, { sensor: info.sensor, file }),
    )
  },
})
