import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEvents, sensorOf, type Events, type TimeUnit } from '../events.js'
import { sliceEvents } from '../select.js'
import { toFrames } from './frames.js'
import { sliceBounds, type SliceSpec } from './slices.js'
import { toSparseFrames } from './sparse.js'
import { streamFrames, type StreamSliceSpec } from './stream-frames.js'

const sensor = sensorOf(3, 2)
const recording = (t: readonly number[], timeUnit: TimeUnit): Events =>
  createEvents(
    { t, x: t.map((_, i) => i % 3), y: t.map((_, i) => i % 2), p: t.map((_, i) => (i >> 1) % 2) },
    { sensor, timeUnit },
  )
const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0)

/**
 * Recordings of no event, of one, of many at one time, and with events where windows of `step` meet, in whole us and in
 * seconds.
 */
const cases = fc
  .record({
    ticks: fc.array(fc.constantFrom(0, 0, 0, 1, 1, 2, 5, 10, 30), { maxLength: 60 }),
    step: fc.integer({ min: 1, max: 12 }),
    n: fc.integer({ min: 1, max: 9 }),
    first: fc.constantFrom(0, 7, 1_605_537_493),
    unit: fc.constantFrom<readonly [TimeUnit, number]>(['us', 1], ['us', 1000], ['s', 0.1], ['s', 1e-6], ['ms', 0.7]),
    piece: fc.integer({ min: 1, max: 20 }),
  })
  .map(({ ticks, step, n, first, unit: [timeUnit, tick], piece }) => {
    let at = 0
    const t = ticks.map((pause) => first + (at += pause) * tick)
    return { events: recording(t, timeUnit), length: step * tick, n, piece }
  })

/** Every way to cut that says that no event is left out. */
const specs = (length: number, n: number): SliceSpec[] => [
  { by: 'number', n },
  { by: 'time', n },
  { by: 'duration', duration: length },
  { by: 'timeWindow', window: length, includeIncomplete: true },
  { by: 'timeBins', n },
  { by: 'eventCount', count: n, includeIncomplete: true },
  { by: 'eventBins', n },
]

describe('laws of cutting', () => {
  it('without overlap every event is in exactly one part, and frames hold all of them', () => {
    fc.assert(
      fc.property(cases, ({ events, length, n }) => {
        for (const spec of specs(length, n)) {
          const bounds = sliceBounds(events, spec)
          let reached = 0
          for (const [from, to] of bounds) {
            expect(from, JSON.stringify(spec)).toBe(reached)
            expect(to).toBeGreaterThanOrEqual(from)
            reached = to
          }
          expect(reached, JSON.stringify(spec)).toBe(events.t.length)
          expect(sum(toFrames(spec)(events).data)).toBe(events.t.length)
          expect(sum(toSparseFrames(spec)(events).values.data)).toBe(events.t.length)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('with overlap no event is lost', () => {
    fc.assert(
      fc.property(cases, fc.constantFrom(0.25, 0.5), ({ events, length, n }, overlap) => {
        const overlapping: SliceSpec[] = [
          { by: 'timeWindow', window: length, overlap: length * overlap, includeIncomplete: true },
          { by: 'eventCount', count: 2 * n, overlap: n, includeIncomplete: true },
          { by: 'timeBins', n, overlap },
        ]
        for (const spec of overlapping) {
          let reached = 0
          for (const [from, to] of sliceBounds(events, spec)) {
            expect(from, JSON.stringify(spec)).toBeLessThanOrEqual(reached)
            reached = Math.max(reached, to)
          }
          expect(reached, JSON.stringify(spec)).toBe(events.t.length)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('whole windows leave out only what is shorter than one', () => {
    fc.assert(
      fc.property(cases, ({ events, length, n }) => {
        const { t } = events
        const byTime = sliceBounds(events, { by: 'timeWindow', window: length })
        expect(byTime[0]![0]).toBe(0)
        byTime.slice(1).forEach(([from], i) => expect(from).toBe(byTime[i]![1]))
        const rest = t.subarray(byTime.at(-1)![1])
        if (rest.length > 0) expect(rest.at(-1)! - (t[0]! + byTime.length * length)).toBeLessThan(length)
        const byCount = sliceBounds(events, { by: 'eventCount', count: n })
        expect(t.length - (byCount.at(-1)?.[1] ?? 0)).toBeLessThan(n)
      }),
      { numRuns: 300 },
    )
  })

  it('frames of a stream are those of the whole', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ events, length, n, piece }) => {
        const pieces = Array.from({ length: Math.ceil(events.t.length / piece) }, (_, i) =>
          sliceEvents(events, i * piece, Math.min((i + 1) * piece, events.t.length)),
        )
        const streamed: StreamSliceSpec[] = [
          { by: 'duration', duration: length },
          { by: 'eventCount', count: n, includeIncomplete: true },
        ]
        for (const spec of streamed) {
          const frames: number[] = []
          for await (const { data } of streamFrames(pieces, spec)) frames.push(...data)
          expect(frames).toEqual([...toFrames(spec)(events).data])
        }
      }),
      { numRuns: 300 },
    )
  })

  it('the last event of three windows of 0.1 s is in the third', () => {
    expect(sliceBounds(recording([0, 0.1, 0.2, 0.3], 's'), { by: 'timeWindow', window: 0.1 })).toEqual([
      [0, 1],
      [1, 2],
      [2, 4],
    ])
    // 0.7000000000000001 - 0.2 is 0.5, whose sum with 0.2 is 0.7
    expect(sliceBounds(recording([0.2, 0.4, 0.7000000000000001], 's'), { by: 'duration', duration: 0.1 })).toHaveLength(
      6,
    )
    expect(sliceBounds(recording([5, 5, 5], 'us'), { by: 'duration', duration: 10 })).toEqual([[0, 3]])
    expect(sliceBounds(recording([0, 33, 66, 99, 100], 'us'), { by: 'timeBins', n: 3 })).toEqual([
      [0, 1],
      [1, 2],
      [2, 5],
    ])
  })
})
