import { expect, it } from 'vitest'
import { sequentialEvents } from './sequential-mnist.js'

const image = { data: Uint8Array.of(0, 255, 255, 100, 0), shape: [1, 1, 5] }

it('spikes where grey values cross thresholds, by the definition', () => {
  const { t, x, sensor, timeUnit } = sequentialEvents({ neurons: 7, dt: 10, duplicate: false })(image)
  // thresholds 0, 127, 254: rising on channels 6, 5, 4, falling on 3, 2, 1, white on 0
  expect(Array.from(t, (time, i) => [time, x[i]])).toEqual([
    [0, 4],
    [0, 5],
    [10, 0],
    [20, 0],
    [20, 1],
    [20, 2],
  ])
  expect([sensor, timeUnit]).toEqual([{ width: 7, height: 1, polarities: 1 }, 'us'])
})

it('gives two spikes for each, and 99 channels, unless told otherwise', () => {
  const { t, x, sensor } = sequentialEvents()(image)
  expect(sensor.width).toBe(99)
  const single = sequentialEvents({ duplicate: false })(image)
  expect(t.length).toBe(2 * single.t.length)
  const first = [...single.x].filter((_, i) => single.t[i] === 0)
  expect([...x].filter((_, i) => t[i] === 0)).toEqual(first)
  expect([...x].filter((_, i) => t[i] === 1000)).toEqual(first)
  expect([...t].every((time, i) => i === 0 || time >= t[i - 1]!)).toBe(true)
  expect(() => sequentialEvents({ neurons: 100 })).toThrow(/odd/)
})
