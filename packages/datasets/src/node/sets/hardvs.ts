import { join } from 'node:path'
import { sensorOf } from '../../events/events.js'
import { npz } from '../../events/formats/numpy.js'
import { defineSet } from '../define-set.js'
import { findSet, namesIn } from '../layouts/find-set.js'
import { labelLines } from '../layouts/label-lines.js'
import { fileSet } from '../layouts/recording-files.js'

/**
 * HARDVS, the small version (Wang et al. 2024): `train_label.txt`, `val_label.txt`, `test_label.txt` with lines
 * `action_XXX/NAME label`; 346 x 260.
 */
export const hardvs = defineSet({
  info: {
    id: 'hardvs',
    kind: 'events',
    title: 'HARDVS (mini)',
    sensor: sensorOf(346, 260),
    timeUnit: 'us',
    classes: 300,
    splits: { train: 0, val: 0, test: 0 },
    licence: 'see the page of the data set',
    citation:
      'Wang, Wu, Jiang, Bao, Zhu, Li, Wang, Tian: HARDVS: revisiting human activity recognition with dynamic vision sensors. AAAI 2024.',
    page: 'https://github.com/Event-AHU/HARDVS',
    files: [
      { name: 'MINI_HARDVS_files.zip', md5: '9c4cc0d9ba043faa17f6f1a9e9aff982' },
      { name: 'test_label.txt', md5: '5b664af5843f9b476a9c22626f7f5a59' },
      { name: 'train_label.txt', md5: '0d642b6e6871034f151b2649a89d8d3c' },
      { name: 'val_label.txt', md5: 'cd2cebcba80e4552102bbacf2b5df812' },
    ],
  },
  async open(options, info) {
    const list = `${options.split}_label.txt`
    const folder = await findSet(info, options, `${list} beside MINI_HARDVS_files/action_XXX/*.npz`, (names) =>
      names.includes(list),
    )
    const names = await namesIn(folder)
    const below = names.includes('MINI_HARDVS_files/') ? 'MINI_HARDVS_files/' : ''
    const files = await labelLines(join(folder, list), list, info.classes, options.signal)
    const classes = Array.from({ length: info.classes }, (_, i) => `action_${String(i + 1).padStart(3, '0')}`)
    const withEnding = files.map(({ path, label }) => ({
      path: `${below}${path}${path.endsWith('.npz') ? '' : '.npz'}`,
      label,
    }))
    return fileSet(info, options.split, folder, classes, withEnding, (bytes, file) =>
      npz.parse(bytes, { sensor: info.sensor, file }),
    )
  },
})
