import { invalid } from '../../invalid.js'
import { checkEvents, type Events } from '../events.js'
import { chosenSensor, wholeFormat } from '../format.js'
import { fromFile } from './arrays-to-events.js'
import { isMat, parseMat, writeMat, type MatArray } from './mat-file.js'

/**
 * MATLAB 5.0 .mat: ASL-DVS (vectors ts, x, y, pol; us; default sensor 240 x 180) and ST-MNIST (`spiketrain`, 100 rows of taxels and one of
 * times in s: an event where the value is +1 (p = 1) or -1 (p = 0); taxel k lies at x = k mod 10, y = k / 10 of 10 x 10).
 */
export const mat = wholeFormat({
  id: 'mat',
  description: 'MATLAB 5.0 .mat: ASL-DVS, ST-MNIST',
  extensions: ['.mat'],
  sniff: isMat,
  parse(bytes, options, file): Events {
    const arrays = parseMat(bytes, file)
    const train = arrays.get('spiketrain')
    if (train) return taxels(train, file)
    const [t, x, y, pol] = ['ts', 'x', 'y', 'pol'].map((name) => arrays.get(name)?.data)
    if (!t || !x || !y || !pol) throw invalid('mat', file, `holds ${[...arrays.keys()].join(', ') || 'no arrays'}, expected ts, x, y and pol, or spiketrain.`)
    const sensor = chosenSensor('mat', options, { width: 240, height: 180, polarities: 2 })
    return fromFile('mat', file, { t, x, y, p: pol.map((value) => (value > 0 ? 1 : 0)) }, sensor, 'us')
  },
  write(events: Events): Uint8Array {
    checkEvents('mat', events)
    return writeMat({ ts: events.t, x: events.x, y: events.y, pol: events.p })
  },
})

function taxels({ shape, data }: MatArray, file: string): Events {
  const [rows, columns] = [shape[0] ?? 0, shape[1] ?? 0]
  if (shape.length !== 2 || rows !== 101) throw invalid('mat', file, `spiketrain [${shape.join(',')}], expected [101, times].`)
  const t: number[] = []
  const taxel: number[] = []
  const p: number[] = []
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < 100; row++) {
      const value = data[column * 101 + row]!
      if (value === 0) continue
      t.push(data[column * 101 + 100]!)
      taxel.push(row)
      p.push(value > 0 ? 1 : 0)
    }
  }
  return fromFile('mat', file, { t, x: taxel.map((k) => k % 10), y: taxel.map((k) => Math.floor(k / 10)), p }, { width: 10, height: 10, polarities: 2 }, 's')
}
