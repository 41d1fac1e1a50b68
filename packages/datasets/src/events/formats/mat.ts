import { sizeOf } from '@snn/tensor'
import { invalid } from '../../invalid.js'
import { roleOf, type Role } from '../column-roles.js'
import { checkEvents, type Events, type Sensor, type TimeUnit } from '../events.js'
import { chosenSensor, containerFormat } from '../format.js'
import { assumedSensor } from '../notes.js'
import { fromFile } from './arrays-to-events.js'
import { columnPieces, type EventColumns } from './columns.js'
import { isMat, matArrays, writeMat, type MatArray } from './mat-file.js'

const aslDvs: Sensor = { width: 240, height: 180, polarities: 2 }

export interface MatOptions {
  /** Unit of the times. Default: what is plausible, see `plausibleUnit`. */
  readonly timeUnit?: TimeUnit
}

/**
 * MATLAB 5.0 .mat: ASL-DVS (vectors ts, x, y, pol, or others of such names; us; default sensor 240 x 180) and ST-MNIST
 * (`spiketrain`, 100 rows of taxels and one of times in s: an event where the value is +1 (p = 1) or -1 (p = 0); taxel
 * k lies at x = k mod 10, y = k / 10 of 10 x 10).
 */
export const mat = containerFormat<MatOptions>({
  id: 'mat',
  description: 'MATLAB 5.0 .mat: ASL-DVS, ST-MNIST',
  extensions: ['.mat'],
  options: ['timeUnit'],
  sniff: isMat,
  async *pieces(source, options, file) {
    const arrays = await matArrays(source, file)
    const train = arrays.get('spiketrain')
    if (train) {
      yield* taxels(train, file)
      return
    }
    const found: Partial<Record<Role, MatArray>> = {}
    let nameUnit: TimeUnit | undefined
    for (const [name, array] of arrays) {
      const role = roleOf(name)
      if (!role) continue
      found[role.role] ??= array
      nameUnit ??= role.timeUnit
    }
    const { t, x, y, p } = found
    if (!t || !x || !y || !p)
      throw invalid(
        'mat',
        file,
        `holds ${[...arrays.keys()].join(', ') || 'no arrays'}, expected ts, x, y and pol, or spiketrain.`,
      )
    const sensor = chosenSensor('mat', options, aslDvs)
    const notes = sensor === aslDvs ? [assumedSensor(aslDvs)] : []
    yield* columnPieces('mat', file, () => vectors([t, x, y, p], file), {
      sensor,
      timeUnit: options.timeUnit ?? nameUnit,
      outside: options.outside,
      notes,
    })
  },
  write(events: Events): Uint8Array {
    checkEvents('mat', events)
    return writeMat({ ts: events.t, x: events.x, y: events.y, pol: events.p })
  },
})

/** The vectors ts, x, y and pol side by side. */
async function vectors(arrays: readonly MatArray[], file: string): Promise<EventColumns> {
  const lengths = arrays.map(({ shape }) => sizeOf(shape))
  if (lengths.some((length) => length !== lengths[0]))
    throw invalid('mat', file, `ts, x, y and pol of ${lengths.join(', ')} elements, expected one length.`)
  const readers = await Promise.all(arrays.map((array) => array.open()))
  return {
    length: lengths[0]!,
    async next(count) {
      const [t, x, y, pol] = (await Promise.all(readers.map((reader) => reader.next(count)))) as [
        ArrayLike<number>,
        ArrayLike<number>,
        ArrayLike<number>,
        ArrayLike<number>,
      ]
      return { t, x, y, p: pol }
    },
  }
}

/** Times of a spike train read at once. */
const mostTimes = 4096

async function* taxels({ shape, open }: MatArray, file: string): AsyncGenerator<Events, void, undefined> {
  const [rows, columns] = [shape[0] ?? 0, shape[1] ?? 0]
  if (shape.length !== 2 || rows !== 101)
    throw invalid('mat', file, `spiketrain [${shape.join(',')}], expected [101, times].`)
  const reader = await open()
  for (let done = 0; done === 0 || done < columns; done += mostTimes) {
    const times = Math.min(mostTimes, columns - done)
    const data = await reader.next(101 * times)
    const t: number[] = []
    const taxel: number[] = []
    const p: number[] = []
    for (let column = 0; column < times; column++) {
      for (let row = 0; row < 100; row++) {
        const value = data[column * 101 + row]!
        if (value === 0) continue
        t.push(data[column * 101 + 100]!)
        taxel.push(row)
        p.push(value > 0 ? 1 : 0)
      }
    }
    yield fromFile(
      'mat',
      file,
      { t, x: taxel.map((k) => k % 10), y: taxel.map((k) => Math.floor(k / 10)), p },
      { sensor: { width: 10, height: 10, polarities: 2 }, timeUnit: 's' },
    )
  }
}
