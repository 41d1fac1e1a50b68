import { sensorOf } from '../../events/events.js'
import { defineSet } from '../define-set.js'
import type { RemoteFile } from '../download/remote-set.js'
import { bagEvents, findFiles, lastPart, recordingSet } from '../layouts/recordings.js'

const zurich = (name: string, md5: string): RemoteFile => ({
  name: `${name}.bag`,
  md5,
  url: `http://rpg.ifi.uzh.ch/datasets/davis/${name}.bag`,
})

/**
 * The DAVIS data set of Zurich (Mueggler et al. 2017): `shapes_6dof.bag`, `slider_far.bag`, ..., 240 x 180; times in us
 * since 1970.
 */
export const davisZurich = defineSet({
  info: {
    id: 'davisZurich',
    kind: 'events',
    title: 'DAVIS event camera data set',
    sensor: sensorOf(240, 180),
    timeUnit: 'us',
    classes: 25,
    splits: { all: 25 },
    licence: 'CC BY-NC-SA 3.0',
    citation:
      'Mueggler, Rebecq, Gallego, Delbruck, Scaramuzza: The event-camera dataset and simulator. International Journal of Robotics Research 36(2), 2017.',
    page: 'https://rpg.ifi.uzh.ch/davis_data.html',
    files: [
      zurich('boxes_6dof', 'c919cebc25e564935abfc0a3954bf016'),
      zurich('boxes_rotation', '1ec1ef4f354ce1908ed091703c1f98d0'),
      zurich('boxes_translation', '4fd11a69015022c72b375a4d000ee8cd'),
      zurich('calibration', '6e67817c7b6d2e95ca5796e89d219bac'),
      zurich('dynamic_6dof', '16e8cb3b151da15ff1fe6019b517e695'),
      zurich('dynamic_rotation', '77a2b0a87582e10e702365a38dc0c93c'),
      zurich('dynamic_translation', '2db36fd0c2945cbace48735f0416c506'),
      zurich('hdr_boxes', '67661ed4b472189432e35e8849faf200'),
      zurich('hdr_poster', 'b59e37b616a3eda81184183b12b0dce5'),
      zurich('office_spiral', '60fe934450c558aff90ff5ba6b370a05'),
      zurich('office_zigzag', '3eba8fc8f42adbfd394b630852ce1f78'),
      zurich('outdoors_running', '7db2de811cb22b71fa34abd4ab1bba6b'),
      zurich('outdoors_walking', '2ef9b03c87d3c565d30211b7dcfaabc5'),
      zurich('poster_6dof', 'e42ef11f523a52f11921cdb4a0fca231'),
      zurich('poster_rotation', 'abcd843a894546775e5dda3560979edf'),
      zurich('poster_translation', 'bb6736c56ff38f07cbe72613b72d25ed'),
      zurich('shapes_6dof', '9b9495ace2dd82881bcc5c0620dd595f'),
      zurich('shapes_rotation', 'ee436cfe74b545fa25a2534f3ef021df'),
      zurich('shapes_translation', '2a805ba32671b237e4e13c023f276be9'),
      zurich('slider_close', '9426bbb70334c7b849dd5dd38eb7f2a9'),
      zurich('slider_depth', 'b38a7a373f170f4b6aeca4f36e06f71a'),
      zurich('slider_far', '0f341da6aec0fd1801129e3d3a9981fa'),
      zurich('slider_hdr_close', '34cc10dd212ca1fddd3a8584046d5d1c'),
      zurich('slider_hdr_far', 'c310f4f2d62cdf7b8d1c0a49315fb253'),
      zurich('urban', 'c22db0b3ecbcbba8d282b0d8c3393851'),
    ],
  },
  async open(options, info) {
    const wanted = new Set<string>(info.files.map(({ name }) => name))
    const { folder, files } = await findFiles(info, options, 'slider_far.bag, ...', (path) =>
      wanted.has(lastPart(path)),
    )
    return recordingSet(
      info,
      options.split,
      folder,
      [],
      files.map((name) => ({
        name,
        title: lastPart(name).replace(/\.bag$/, ''),
        events: () => bagEvents(folder, name, info),
      })),
    )
  },
})
