import { join } from 'node:path'
import { checkIndex } from '../../dataset.js'
import { sensorOf } from '../../events/events.js'
import { fromFile } from '../../events/formats/arrays-to-events.js'
import { needDataset, readColumn } from '../../events/formats/hdf5-file.js'
import { invalid } from '../../invalid.js'
import { defineSet } from '../define-set.js'
import { findSet } from '../layouts/find-set.js'
import { hdf5Reader } from '../layouts/hdf5-reader.js'

const digits = 'o123456789z'

/**
 * N-TIDIGITS18 (Anumula et al. 2018), the recordings of single digits: `n-tidigits.hdf5`, 64 channels of a silicon
 * cochlea, times in s. The part of a recording's name after the last `-` is what is said; classes are o, 1 to 9, z.
 */
export const nTidigits = defineSet({
  info: {
    id: 'nTidigits',
    kind: 'events',
    title: 'N-TIDIGITS18, single digits',
    sensor: sensorOf(64, 1),
    timeUnit: 's',
    classes: 11,
    splits: { train: 0, test: 0 },
    licence: 'see the page of the data set',
    citation:
      'Anumula, Neil, Delbruck, Liu: Feature representations for neuromorphic audio spike streams. Frontiers in Neuroscience 12:23, 2018.',
    page: 'https://docs.google.com/document/d/1Uxe7GsKKXcy6SlDUX4hoJVAC0-UkH-8kr5UXp0Ndi1M',
    files: [
      {
        name: 'n-tidigits.hdf5',
        md5: '360a2d11e5429555c9197381cf6b58e0',
        url: 'https://www.dropbox.com/scl/fi/1x4lxt9yyw25sc3tez8oi/n-tidigits.hdf5?rlkey=w8gi5udvib2zqzosusa5tr3wq&dl=1',
      },
    ],
  },
  async open(options, info) {
    const file = 'n-tidigits.hdf5'
    const folder = await findSet(info, options, file, (names) => names.includes(file))
    const open = hdf5Reader(join(folder, file), file)
    const all = await open((view) => needDataset(view, `${options.split}_labels`).value)
    const said = (name: string): string => name.split('-').at(-1)!
    const names = (Array.isArray(all) ? all.map(String) : []).filter(
      (name) => said(name).length === 1 && digits.includes(said(name)),
    )
    if (names.length === 0) throw invalid(info.id, file, `no recordings of single digits in ${options.split}_labels.`)
    const labels = names.map((name) => digits.indexOf(said(name)))
    return {
      length: names.length,
      description: `N-TIDIGITS18 ${options.split}, ${names.length} recordings of single digits, 64 channels`,
      sensor: info.sensor,
      timeUnit: info.timeUnit,
      classes: Array.from(digits),
      labels,
      names,
      split: options.split,
      async get(index) {
        checkIndex(index, names.length)
        const name = names[index]!
        const events = await open((view) => {
          const [addresses, timestamps] = [`${options.split}_addresses/${name}`, `${options.split}_timestamps/${name}`]
          return fromFile(
            'hdf5',
            file,
            { t: readColumn(view, needDataset(view, timestamps)), x: readColumn(view, needDataset(view, addresses)) },
            { sensor: info.sensor, timeUnit: 's' },
          )
        })
        return { events, label: labels[index]!, name }
      },
    }
  },
})
