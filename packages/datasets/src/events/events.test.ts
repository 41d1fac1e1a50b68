import { isSnnError } from '@snn/tensor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomEvents } from '../../test/random-events.js'
import { checkEvents, createEvents, sensorOf, toTimeUnit } from './events.js'
import {
  concatEvents,
  indexOfTime,
  isSorted,
  keepEvents,
  selectEvents,
  sliceEvents,
  sliceTime,
  sortEvents,
} from './select.js'

const sensor = sensorOf(4, 3)
const one = { t: [0], x: [0], y: [0], p: [0] }

describe('createEvents', () => {
  it.each([
    ['x', { ...one, x: [4] }],
    ['y', { ...one, y: [3] }],
    ['p', { ...one, p: [2] }],
    ['x', { ...one, x: [0.5] }],
    ['y', { ...one, y: [-1] }],
    ['t', { ...one, t: [NaN] }],
    ['t', { ...one, t: [Infinity] }],
  ])('refuses %s in %j', (name, arrays) => {
    try {
      createEvents(arrays, { sensor })
      expect.unreachable()
    } catch (error) {
      expect(isSnnError(error, 'ARGUMENT') && error.details.name).toBe(name)
    }
  })

  it('refuses unequal lengths and impossible sensors, and copies', () => {
    expect(() => createEvents({ ...one, x: [0, 1] }, { sensor })).toThrow(expect.objectContaining({ code: 'SHAPE' }))
    for (const size of [0, 1.5, 70000, NaN])
      expect(() => createEvents(one, { sensor: sensorOf(size, 3) })).toThrow(/sensor/)
    const t = Float64Array.of(5)
    const events = createEvents({ t, x: [1] }, { sensor: sensorOf(700, 1), timeUnit: 's' })
    t[0] = 9
    expect(events).toMatchObject({
      t: Float64Array.of(5),
      y: Uint16Array.of(0),
      p: Uint8Array.of(0),
      sensor: { polarities: 1 },
    })
  })

  it('times are exact where integers of 64 bits are', () => {
    const time = 1_605_537_493_718_345
    expect(createEvents({ ...one, t: [time] }, { sensor }).t[0]).toBe(time)
    expect(toTimeUnit(toTimeUnit(createEvents({ ...one, t: [time] }, { sensor }), 's'), 'us').t[0]).toBe(time)
    expect(toTimeUnit(createEvents({ ...one, t: [3] }, { sensor, timeUnit: 'ms' }), 'ns').t[0]).toBe(3e6)
  })

  it('finds the one event of many that is outside', () => {
    const events = randomEvents(10_000, 1)
    for (const name of ['x', 'y', 'p'] as const) {
      const wrong = { ...events, [name]: events[name].slice() }
      wrong[name][8765] = 200
      expect(() => checkEvents('test', wrong)).toThrow(new RegExp(`${name} 200 of event 8765`))
    }
  })
})

describe('parts and orders', () => {
  it('bisection finds what a search from the start finds', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.nat(), fc.integer({ min: -5, max: 700 }), (length, seed, time) => {
        const events = randomEvents(length, seed, { pause: 12 })
        const found = events.t.findIndex((t) => t >= time)
        expect(indexOfTime(events, time)).toBe(found < 0 ? length : found)
        expect([...sliceTime(events, time, time + 20).t]).toEqual(
          [...events.t].filter((t) => t >= time && t < time + 20),
        )
      }),
    )
  })

  it('slices are views, selections copies', () => {
    const events = randomEvents(10, 1)
    expect(sliceEvents(events, 2, 5).t.buffer).toBe(events.t.buffer)
    expect([...selectEvents(events, [9, 0, 0]).x]).toEqual([events.x[9], events.x[0], events.x[0]])
    expect(
      keepEvents(
        events,
        Uint8Array.from(events.t, (_, i) => i % 2),
      ).t.length,
    ).toBe(5)
    expect(sliceTime(events, 50, 10).t.length).toBe(0)
  })

  it('sorts by time, and events of equal time stay in their order', () => {
    const events = createEvents(
      { t: [5, 1, 5, 1, 0], x: [0, 1, 2, 3, 0], y: [0, 0, 0, 0, 0], p: [0, 0, 0, 0, 0] },
      { sensor },
    )
    const sorted = sortEvents(events)
    expect([[...sorted.t], [...sorted.x]]).toEqual([
      [0, 1, 1, 5, 5],
      [0, 1, 3, 0, 2],
    ])
    expect([isSorted(events), isSorted(sorted)]).toEqual([false, true])
    expect(sortEvents(sorted)).toBe(sorted)
  })

  it('joins recordings of one sensor alone', () => {
    const events = randomEvents(10, 1)
    expect([...concatEvents([sliceEvents(events, 0, 4), sliceEvents(events, 4)]).t]).toEqual([...events.t])
    expect(() => concatEvents([events, { ...events, timeUnit: 's' }])).toThrow(/34 x 34 x 2, us and 34 x 34 x 2, s/)
    expect(() => concatEvents([])).toThrow(/at least one/)
  })
})
