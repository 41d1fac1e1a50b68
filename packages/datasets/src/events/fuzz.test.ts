import { isSnnError } from '@snn/tensor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gunzipSync } from 'node:zlib'
import ecf from '../../test/golden/ecf.json' with { type: 'json' }
import golden from '../../test/golden/event-files.json' with { type: 'json' }
import filters from '../../test/golden/hdf5-filters.json' with { type: 'json' }
import bags from '../../test/golden/rosbag.json' with { type: 'json' }
import { mutation } from '../../test/mutations.js'
import { randomEvents } from '../../test/random-events.js'
import { checkEvents, sensorOf } from './events.js'
import { readHdf5Filter } from '../node/hdf5-filter.js'
import type { EventFormat } from './format.js'
import { eventFormats } from './open.js'

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
const events = randomEvents(200, 1, { sensor: sensorOf(64, 48) })
const runs = 2000

async function samples(format: EventFormat): Promise<Uint8Array[]> {
  const others = Object.entries({ ...golden, ...bags }).flatMap(([name, content]) =>
    typeof content === 'string' && format.extensions.some((extension) => name.endsWith(extension))
      ? [bytesOf(content)]
      : [],
  )
  const packed =
    format.id === 'hdf5'
      ? Object.values({ ...filters.files, ...ecf.files }).map((base64) => new Uint8Array(gunzipSync(bytesOf(base64))))
      : []
  return [...(format.write ? [await format.write(events)] : []), ...others, ...packed]
}

describe('damaged recordings: a typed error or events on the sensor, never anything else', () => {
  it.each(eventFormats)(`${runs} mutations of $id`, { timeout: 300_000 }, async (format) => {
    const files = await samples(format)
    const options = { sensor: { width: 640, height: 480 }, filter: readHdf5Filter }
    const outcome = { read: 0, refused: 0 }
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), mutation, fc.boolean(), async (file, mutate, streamed) => {
        const bytes = mutate(file)
        const start = performance.now()
        const before = process.memoryUsage().arrayBuffers
        try {
          if (streamed) {
            for await (const part of format.batches([bytes.subarray(0, 100), bytes.subarray(100)], options))
              checkEvents('fuzz', part)
          } else checkEvents('fuzz', await format.parse(bytes, options))
          outcome.read++
        } catch (error) {
          if (!isSnnError(error, 'DATA_INVALID') && !(format.id === 'csv' && isSnnError(error, 'ARGUMENT'))) throw error
          expect(error.message).toMatch(/^\[\w+\] .+/)
          outcome.refused++
        }
        expect(performance.now() - start).toBeLessThan(5000)
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(256 * 2 ** 20)
      }),
      { numRuns: runs, seed: 1, endOnFailure: true },
    )
    expect(outcome.read + outcome.refused).toBeGreaterThanOrEqual(runs)
    if (format.id !== 'atis') expect(outcome.refused).toBeGreaterThan(20)
  })
})
