import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomEvents } from '../../test/random-events.js'
import { sensorOf, toTimeUnit, type Events } from './events.js'
import { continueTimes, timeFalls } from './restarts.js'
import { concatEvents } from './select.js'
import { toFrames } from './tensors/frames.js'

const sensor = sensorOf(8, 6)
const withTimes = (times: readonly number[]): Events => ({
  t: Float64Array.from(times),
  x: new Uint16Array(times.length),
  y: new Uint16Array(times.length),
  p: new Uint8Array(times.length),
  sensor,
  timeUnit: 'us',
})

describe('continueTimes', () => {
  it('law: recordings after one another, each from its own 0, become one in order, with their pauses', () => {
    const parts = fc.array(fc.tuple(fc.integer({ min: 2, max: 60 }), fc.nat()), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(parts, fc.constantFrom<'us' | 'ms' | 's'>('us', 'ms', 's'), (sizes, unit) => {
        // each lasts longer than the 0.1 s by which cameras never fall
        const recordings = sizes.map(([length, seed]) => {
          const events = randomEvents(length, seed, { sensor, pause: 9000, first: 0 })
          return { ...events, t: events.t.map((t, i) => t - events.t[0]! + (i === length - 1 ? 200_000 : 0)) }
        })
        const whole = toTimeUnit(concatEvents(recordings), unit)
        const { t, notes } = continueTimes(whole)
        const pauses = (times: ArrayLike<number>): number[] =>
          Array.from(times)
            .slice(1)
            .map((time, i) => time - times[i]!)
        const expected = pauses(whole.t).map((pause) => Math.max(0, pause))
        for (const [i, pause] of pauses(t).entries()) expect(pause).toBeCloseTo(expected[i]!, 6)
        expect(notes?.[0]?.count ?? 0).toBe(sizes.length - 1)
        expect(timeFalls(whole)?.restarts ?? 0).toBe(sizes.length - 1)
      }),
      { numRuns: 100 },
    )
  })

  it('leaves what falls by less, and gives events in order back as they are', () => {
    const disordered = withTimes([0, 50_000, 20_000, 90_000])
    expect(continueTimes(disordered)).toBe(disordered)
    expect(timeFalls(disordered)).toEqual({ count: 1, index: 2, by: 30_000, restarts: 0 })
    expect(continueTimes(disordered, { over: 10_000 }).t).toEqual(Float64Array.of(0, 50_000, 50_000, 120_000))
    expect(timeFalls(withTimes([1, 1, 2]))).toBeUndefined()
    expect(() => continueTimes(disordered, { over: -1 })).toThrow(/over -1/)
  })

  it('events out of order are no restarts', () => {
    const shuffled = withTimes(Array.from({ length: 200 }, (_, i) => ((i * 77) % 200) * 10_000))
    expect(timeFalls(shuffled)).toMatchObject({ restarts: 0 })
    expect(() => continueTimes(shuffled)).toThrow(/times that fall \d+ times among 200 events.*sortEvents/)
    expect(continueTimes(shuffled, { over: 100_000 }).notes).toHaveLength(1)
  })

  it('makes a recording of which frames by time can be cut', () => {
    const restarted = withTimes([0, 900_000, 5, 800_000])
    expect(() => toFrames({ by: 'time', n: 2 })(restarted)).toThrow(/sortEvents.*continueTimes/)
    expect(toFrames({ by: 'time', n: 2 })(continueTimes(restarted)).data.filter((n) => n > 0)).toEqual(
      Float32Array.of(1, 3),
    )
  })
})
