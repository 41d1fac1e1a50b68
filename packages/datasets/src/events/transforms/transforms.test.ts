import { describe, expect, it } from 'vitest'
import golden from '../../../test/golden/slices.json' with { type: 'json' }
import { randomEvents } from '../../../test/random-events.js'
import { checkEvents, createEvents, sensorOf, type Events } from '../events.js'
import { isSorted } from '../select.js'
import { centerCrop, cropTime, randomCrop } from './crop.js'
import { downsample, eventDownsampling } from './downsample.js'
import { dropEvent, dropEventByArea, dropEventByTime, eventDrop } from './drop.js'
import { decimation, denoise, dropPixel, randomDropPixel, refractoryPeriod } from './filter.js'
import { mergePolarities, randomFlipLR, randomFlipPolarity, randomFlipUD, randomTimeReversal } from './flip.js'
import { spatialJitter, uniformNoise } from './jitter.js'
import { randomTemporalDelete } from './temporal-delete.js'
import { timeAlignment, timeJitter, timeSkew } from './time.js'
import { compose, type EventTransform } from './transform.js'

const { tonic } = golden
const events = createEvents(golden.spikingjelly.events, { sensor: sensorOf(4, 3) })
const recording = randomEvents(2000, 5, { sensor: sensorOf(40, 30) })
const keptTimes = (transform: EventTransform) => [...transform(events).t]
const rows = ({ t, x, y, p }: Events) => Array.from(t, (time, i) => [time, x[i], y[i], p[i]].join())

describe('golden vectors of Tonic', () => {
  it('denoise', () => {
    expect(keptTimes(denoise({ filterTime: 12 }))).toEqual(tonic['denoise 12 kept t'])
    expect(keptTimes(denoise({ filterTime: 21 }))).toEqual(tonic['denoise 21 kept t'])
    expect(denoise({ filterTime: 10000 })(events).t.length).toBe(tonic['denoise 10000'])
  })

  it('refractory period and decimation', () => {
    expect(keptTimes(refractoryPeriod({ delta: 50 }))).toEqual(tonic['refractory 50 kept t'])
    expect(keptTimes(refractoryPeriod({ delta: 20 }))).toEqual(tonic['refractory 20 kept t'])
    expect(keptTimes(decimation({ n: 2 }))).toEqual(tonic['decimate 2 kept t'])
  })
})

const all: Readonly<Record<string, EventTransform>> = {
  centerCrop: centerCrop({ size: [10, 8] }),
  randomCrop: randomCrop({ size: [10, 8] }),
  cropTime: cropTime({ min: 1000, max: 90000 }),
  denoise: denoise({ filterTime: 500 }),
  refractoryPeriod: refractoryPeriod({ delta: 3000 }),
  decimation: decimation({ n: 2 }),
  dropPixel: dropPixel({
    coordinates: [
      [1, 2],
      [3, 4],
    ],
  }),
  hotPixels: dropPixel({ hotPixelFrequency: 10 }),
  randomDropPixel: randomDropPixel({ p: 0.3 }),
  dropEvent: dropEvent({ p: 0.25 }),
  dropEventByTime: dropEventByTime({ ratio: [0.1, 0.4] }),
  dropEventByArea: dropEventByArea({ ratio: 0.5 }),
  eventDrop: eventDrop(),
  downsample: downsample({ spatialFactor: 0.5, timeFactor: 0.001 }),
  integrator: eventDownsampling({ method: 'integrator', target: [20, 10], dt: 5000 }),
  differentiator: eventDownsampling({ method: 'differentiator', target: [20, 10], dt: 5000, noiseThreshold: 2 }),
  mergePolarities: mergePolarities(),
  randomFlipLR: randomFlipLR(),
  randomFlipUD: randomFlipUD(),
  randomFlipPolarity: randomFlipPolarity(),
  randomTimeReversal: randomTimeReversal(),
  spatialJitter: spatialJitter({ varX: 3, varY: 2, sigmaXY: 1 }),
  clamped: spatialJitter({ varX: 300, varY: 200, outside: 'clamp' }),
  uniformNoise: uniformNoise({ n: 77 }),
  timeAlignment: timeAlignment(),
  timeJitter: timeJitter({ std: 100 }),
  timeSkew: timeSkew({ coefficient: [0.5, 2], offset: 3 }),
}

describe.each(Object.entries(all))('%s', (_, transform) => {
  it('is pure, gives events of its sensor in order, equal for equal draws, and takes an empty recording', () => {
    const before = structuredClone(recording)
    for (const draw of [0, 1, 2 ** 40]) {
      const result = transform(recording, draw)
      checkEvents('test', result)
      expect(isSorted(result)).toBe(true)
      expect(transform(recording, draw)).toEqual(result)
    }
    expect(recording).toEqual(before)
    const empty = createEvents({ t: [], x: [], y: [], p: [] }, { sensor: recording.sensor })
    expect(() => checkEvents('test', transform(empty))).not.toThrow()
  })
})

describe('what each does', () => {
  it('crops', () => {
    const cropped = centerCrop({ size: [10, 8] })(recording)
    expect(cropped.sensor).toEqual({ width: 10, height: 8, polarities: 2 })
    const inside = rows(recording).filter(
      (_, i) => recording.x[i]! >= 15 && recording.x[i]! < 25 && recording.y[i]! >= 11 && recording.y[i]! < 19,
    )
    expect(rows({ ...cropped, x: cropped.x.map((v) => v + 15), y: cropped.y.map((v) => v + 11) })).toEqual(inside)
    expect(keptTimes(cropTime({ min: 10, max: 40 }))).toEqual([10, 20, 25, 40])
    expect(() => centerCrop({ size: [41, 8] })(recording)).toThrow(/at most 40 x 30/)
  })

  it('flips, twice to where it was', () => {
    for (const flip of [randomFlipLR({ p: 1 }), randomFlipUD({ p: 1 }), randomFlipPolarity({ p: 1 })]) {
      expect(rows(flip(recording))).not.toEqual(rows(recording))
      expect(rows(flip(flip(recording)))).toEqual(rows(recording))
    }
    expect([...randomFlipLR({ p: 1 })(events).x]).toEqual([...events.x].map((x) => 3 - x))
    const reversed = randomTimeReversal({ p: 1 })(events)
    expect([...reversed.t]).toEqual([...events.t].map((t) => 100 - t).reverse())
    expect([...reversed.p]).toEqual([...events.p].map((p) => 1 - p).reverse())
    let flipped = 0
    for (let draw = 0; draw < 1000; draw++) if (randomFlipLR({ p: 0.3 })(events, draw).x[0] === 3) flipped++
    expect(flipped).toBeGreaterThan(240)
    expect(flipped).toBeLessThan(360)
  })

  it('drops as many as it says', () => {
    for (const p of [0, 0.25, 0.2502, 1])
      expect(dropEvent({ p })(recording).t.length).toBe(2000 - Math.floor(2000 * p + 0.5))
    const span = recording.t.at(-1)! - recording.t[0]!
    const withoutWindow = dropEventByTime({ ratio: 0.4 })(recording)
    const pause = Math.max(...Array.from(withoutWindow.t.subarray(1), (t, i) => t - withoutWindow.t[i]!))
    expect(pause).toBeGreaterThan(0.39 * span)
    expect(withoutWindow.t.length).toBeLessThan(1400)
    const dropped = new Set(rows(recording))
    for (const row of rows(dropEventByArea({ ratio: 0.5 })(recording))) dropped.delete(row)
    const [xs, ys] = [1, 2].map((column) => [...dropped].map((row) => Number(row.split(',')[column])))
    expect(Math.max(...xs!) - Math.min(...xs!)).toBe(19)
    expect(Math.max(...ys!) - Math.min(...ys!)).toBe(14)
    expect(
      new Set(Array.from({ length: 40 }, (_, draw) => eventDrop()(recording, draw).t.length)).size,
    ).toBeGreaterThan(4)
  })

  it('pixels: given ones and hot ones', () => {
    const kept = dropPixel({ coordinates: [[0, 0]] })(events)
    expect([...kept.t]).toEqual([10, 20, 25, 40, 55, 60, 80, 95, 100])
    const hot = createEvents(
      { t: [0, 1e5, 2e5, 3e5, 1e6], x: [1, 1, 1, 2, 2], y: [0, 0, 0, 0, 0], p: [0, 0, 0, 0, 0] },
      { sensor: sensorOf(3, 1, 2) },
    )
    expect([...dropPixel({ hotPixelFrequency: 2.5 })(hot).x]).toEqual([2, 2])
  })

  it('time', () => {
    expect([...timeAlignment()(randomEvents(5, 1, { first: 1000 })).t][0]).toBe(0)
    expect([...timeSkew({ coefficient: 2, offset: 3 })(events).t]).toEqual([...events.t].map((t) => 2 * t + 3))
    const jittered = timeJitter({ std: 50, sort: false })(recording)
    const shifts = jittered.t.map((t, i) => t - recording.t[i]!)
    const mean = shifts.reduce((a, b) => a + b) / shifts.length
    expect(Math.abs(mean)).toBeLessThan(5)
    expect(Math.sqrt(shifts.reduce((a, b) => a + b * b, 0) / shifts.length)).toBeCloseTo(50, -1)
    expect(timeJitter({ std: 1000, clipNegative: true })(events).t.every((t) => t >= 0)).toBe(true)
  })

  it('space: jitter and sizes', () => {
    const wide = createEvents(
      { t: Array(4000).fill(0), x: Array(4000).fill(500), y: Array(4000).fill(500), p: Array(4000).fill(0) },
      { sensor: sensorOf(1000, 1000) },
    )
    const { x, y } = spatialJitter({ varX: 400, varY: 900, sigmaXY: 300 })(wide)
    const [dx, dy] = [Array.from(x, (v) => v + 0.5 - 500), Array.from(y, (v) => v + 0.5 - 500)]
    const moment = (a: number[], b: number[]) => a.reduce((total, v, i) => total + v * b[i]!, 0) / a.length
    expect(Math.abs(moment(dx, dx) - 400)).toBeLessThan(40)
    expect(Math.abs(moment(dy, dy) - 900)).toBeLessThan(80)
    expect(Math.abs(moment(dx, dy) - 300)).toBeLessThan(50)
    const half = downsample({ spatialFactor: 0.5 })(recording)
    expect(half.sensor).toEqual({ width: 20, height: 15, polarities: 2 })
    expect([...half.x]).toEqual([...recording.x].map((v) => Math.floor(v / 2)))
    expect(downsample({ target: [7, 3] })(recording).sensor).toEqual({ width: 7, height: 3, polarities: 2 })
    const noisy = uniformNoise({ n: 77 })(recording)
    expect(noisy.t.length).toBe(2077)
    const missing = new Set(rows(noisy))
    expect(rows(recording).every((row) => missing.has(row))).toBe(true)
  })

  it('event downsampling sums polarities and starts again at 0', () => {
    const four = createEvents(
      { t: [0, 1, 12, 13], x: [0, 1, 0, 1], y: [0, 0, 1, 1], p: [1, 1, 0, 1] },
      { sensor: sensorOf(2, 2) },
    )
    const down = eventDownsampling({ method: 'integrator', target: [1, 1], dt: 10, noiseThreshold: 2 })(four)
    expect(rows(down)).toEqual(['0,0,0,1'])
    expect(down.sensor).toEqual({ width: 1, height: 1, polarities: 2 })
  })

  it('random temporal delete keeps steps in order and none twice', () => {
    const frames = {
      data: Float32Array.from({ length: 20 }, (_, i) => Math.floor(i / 2)),
      shape: [10, 2],
      dtype: 'float32' as const,
    }
    const remove = randomTemporalDelete({ keep: 4 })
    const kept = remove(frames, 5)
    expect(kept.shape).toEqual([4, 2])
    const steps = [...kept.data].filter((_, i) => i % 2 === 0)
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b))
    expect(remove(frames, 5)).toEqual(kept)
    expect(() => randomTemporalDelete({ keep: 11 })(frames)).toThrow(/at most the 10 steps/)
  })

  it('composes, each with numbers of its own', () => {
    const twice = compose([uniformNoise({ n: 3 }), uniformNoise({ n: 3 })])(events)
    expect(twice.t.length).toBe(16)
    expect(new Set(rows(twice)).size).toBe(16)
  })
})
