import { join } from 'node:path'
import { sensorOf } from '../../events/events.js'
import { invalid } from '../../invalid.js'
import { defineSet } from '../define-set.js'
import { readBytes } from '../files.js'
import { findSet } from '../layouts/find-set.js'
import { hdf5Events, recordingSet, rowsOf } from '../layouts/recordings.js'

/**
 * 3ET, eye tracking (Chen et al. 2023): `train_files.txt`, `val_files.txt`, `data/*.h5`, `labels/*.txt`; 240 x 180.
 * Targets: place of the pupil and whether the eye is closed.
 */
export const threeEt = defineSet({
  info: {
    id: 'threeEt',
    kind: 'events',
    title: '3ET eye tracking',
    sensor: sensorOf(240, 180),
    timeUnit: 'us',
    classes: 0,
    splits: { train: 0, val: 0 },
    licence: 'see the page of the data set',
    citation:
      'Chen, Wang, Liu, Gao: 3ET: efficient event-based eye tracking using a change-based ConvLSTM network. BioCAS 2023.',
    page: 'https://github.com/qinche106/cb-convlstm-eyetracking',
    files: [
      {
        name: 'ThreeET_Eyetracking.zip',
        md5: 'b6c652b06fdfd85721f39e2dbe12f4e8',
        url: 'https://dl.dropboxusercontent.com/s/1hyer8egd8843t9/ThreeET_Eyetracking.zip?dl=0',
      },
    ],
  },
  async open(options, info) {
    const list = `${options.split}_files.txt`
    const folder = await findSet(info, options, `${list} beside data/*.h5`, (names) => names.includes(list))
    const names = new TextDecoder()
      .decode(await readBytes(join(folder, list), options.signal))
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '')
    const wrong = names.find((name) => name.split(/[\\/]/).includes('..'))
    if (wrong !== undefined) throw invalid(info.id, list, `${JSON.stringify(wrong)} leads out of the folder.`)
    const recordings = names.map((name) => ({
      name: `data/${name}.h5`,
      title: name,
      events: () => hdf5Events(folder, `data/${name}.h5`, info),
      target: () => rowsOf(join(folder, 'labels', `${name}.txt`), 3),
    }))
    return recordingSet(info, options.split, folder, ['x', 'y', 'closed'], recordings)
  },
})
