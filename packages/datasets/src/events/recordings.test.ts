import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import golden from '../../test/golden/recordings.json' with { type: 'json' }
import { sharedData } from '../../test/shared-data.js'
import { isSorted } from './select.js'
import { atis } from './formats/atis.js'
import { eventStreamMessages } from './formats/event-stream.js'
import { openEvents } from './open.js'
import { aedat2 } from './formats/aedat2.js'

const folder = sharedData('events')
const read = (path: string): Uint8Array => new Uint8Array(readFileSync(join(folder!, path)))

/** The weighted sum that the golden file has, modulo 2^40. */
function sum(values: ArrayLike<number>, scale = 1): number {
  let total = 0
  for (let i = 0; i < values.length; i++)
    total = (total + (Math.trunc(values[i]! * scale) % 2 ** 40) * ((i % 97) + 1)) % 2 ** 40
  return total
}

const files = Object.entries(golden).filter(([name]) => name.includes('/')) as [
  string,
  { count: number; first: number; last: number; sums: number[] },
][]

describe.skipIf(!folder)('real recordings, decoded as another program decodes them', () => {
  it.each(files)('%s', async (name, { count, first, last, sums }) => {
    const source = await openEvents(read(name), { file: name })
    const events = await source.all()
    const scale = events.timeUnit === 's' ? 1e6 : 1
    expect(events.t.length).toBe(count)
    expect([events.t[0]! * scale, events.t.at(-1)! * scale]).toEqual([first, last])
    expect([sum(events.t, scale), sum(events.x), sum(events.y), sum(events.p)]).toEqual(sums)
    expect(isSorted(events)).toBe(true)
  })

  it('all of N-MNIST', () => {
    const digest = createHash('sha256')
    let count = 0
    for (const split of ['Test', 'Train']) {
      for (const digit of readdirSync(join(folder!, 'nmnist', split)).sort()) {
        for (const name of readdirSync(join(folder!, 'nmnist', split, digit)).sort()) {
          const { t, x, y, p } = atis.decode(read(join('nmnist', split, digit, name)), {
            sensor: { width: 34, height: 34 },
            file: name,
          })
          for (const array of [t, x, y, p])
            digest.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
          count++
          expect(t.length).toBeGreaterThanOrEqual(1069)
          expect(t.length).toBeLessThanOrEqual(7152)
          expect(t.at(-1)).toBeLessThan(337_000)
        }
      }
    }
    expect(count).toBe(860)
    expect(digest.digest('hex')).toBe(golden.nmnist['sha256 of t float64, x and y uint16, p uint8 of each, by path'])
  })

  it('a header without events, and messages without places', () => {
    expect(aedat2.decode(read('aedat2-header/sample_aedat_header.aedat'))).toMatchObject({
      sensor: { width: 346, height: 260 },
      t: new Float64Array(0),
    })
    const messages = eventStreamMessages(read('event-stream/generic.es'))
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
    expect(messages.slice(0, 4).map(({ t, bytes }) => [t, text(bytes)])).toEqual([
      [0, 'Lorem'],
      [616, 'ipsum'],
      [616 + 5 * 254 + 10, 'dolor'],
      [1896 + 7 * 254 + 3, 'sit'],
    ])
  })
})
