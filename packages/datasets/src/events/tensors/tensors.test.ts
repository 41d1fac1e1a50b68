import { isSnnError, type TensorLike } from '@snn/tensor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import golden from '../../../test/golden/slices.json' with { type: 'json' }
import { randomEvents } from '../../../test/random-events.js'
import { createEvents, sensorOf, type Events } from '../events.js'
import { pipeline } from '../pipeline.js'
import { toAveragedTimeSurfaces } from './averaged-time-surface.js'
import { toBinaRep } from './bina-rep.js'
import { toFrames, toImage } from './frames.js'
import { sliceBounds, splitEvents, type SliceSpec } from './slices.js'
import { toSparseFrames } from './sparse.js'
import { toTimeSurfaces } from './time-surface.js'
import { toVoxelGrid } from './voxel-grid.js'

const { spikingjelly, tonic } = golden
const events = createEvents(spikingjelly.events, { sensor: sensorOf(4, 3) })
const counts = (spec: SliceSpec, of = events) => sliceBounds(of, spec).map(([from, to]) => to - from)
const times = (t: number[], timeUnit: Events['timeUnit'] = 'us') =>
  createEvents({ t, x: t.map(() => 0), y: t.map(() => 0), p: t.map(() => 0) }, { sensor: sensorOf(4, 3), timeUnit })
const sum = (data: ArrayLike<number>) => Array.from(data).reduce((a, b) => a + b, 0)

function nested({ data, shape }: TensorLike): unknown {
  const build = (axis: number, at: number): unknown => {
    if (axis === shape.length) return data[at]
    const size = shape.slice(axis + 1).reduce((a, b) => a * b, 1)
    return Array.from({ length: shape[axis]! }, (_, i) => build(axis + 1, at + i * size))
  }
  return build(0, 0)
}
const close = (tensor: TensorLike, expected: readonly unknown[]) => {
  const flat = Float32Array.from(expected.flat(9) as number[])
  expect(flat.length).toBe(tensor.data.length)
  tensor.data.forEach((value, i) => expect(value).toBeCloseTo(flat[i]!, 6))
}

describe('parts as SpikingJelly cuts them', () => {
  it.each([3, 4] as const)('number and time, %i parts', (n) => {
    for (const by of ['number', 'time'] as const) {
      const bounds = sliceBounds(events, { by, n })
      expect({ left: bounds.map(([from]) => from), right: bounds.map(([, to]) => to) }).toEqual(
        spikingjelly[`${by} frames=${n}`],
      )
    }
  })

  it.each([30, 50, 33] as const)('duration %i', (duration) => {
    const parts = counts({ by: 'duration', duration })
    expect([parts.length, parts]).toEqual(spikingjelly[`duration=${duration}: n_frames, counts`])
  })

  it('an interval without events is an empty part', () => {
    expect(counts({ by: 'time', n: 4 }, times([0, 1, 2, 100]))).toEqual([3, 0, 0, 1])
    expect(counts({ by: 'duration', duration: 10 }, times([0, 1, 95]))).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 0, 1])
  })

  it('the cases of its own tests', () => {
    const four = times([0, 1, 2, 3])
    expect(counts({ by: 'number', n: 3 }, four)).toEqual([1, 1, 2])
    expect(sliceBounds(four, { by: 'time', n: 2 })).toEqual([
      [0, 1],
      [1, 4],
    ])
    expect(counts({ by: 'duration', duration: 2 }, times([10, 11, 12, 13]))).toEqual([2, 2])
    expect(counts({ by: 'duration', duration: 2 }, times([7, 7, 7]))).toEqual([3]) // none in SpikingJelly, which loses them
  })

  it('fewer events than parts, one, and none', () => {
    expect(counts({ by: 'number', n: 3 }, times([1, 2]))).toEqual([0, 0, 2])
    for (const by of ['number', 'time'] as const) expect(counts({ by, n: 2 }, times([]))).toEqual([0, 0])
    expect(counts({ by: 'time', n: 2 }, times([5]))).toEqual([0, 1])
    expect(toFrames({ by: 'number', n: 2 })(times([]))).toMatchObject({ shape: [2, 2, 3, 4] })
  })

  it('seconds are not cut to whole ones', () => {
    expect(counts({ by: 'time', n: 2 }, times([0, 0.1, 0.6, 0.9], 's'))).toEqual([2, 2])
  })

  it('counts more events at a pixel than 16 bits hold, and few events on a large sensor', () => {
    const one = times(Array.from({ length: 140_003 }, (_, i) => i))
    expect([...toImage()(one).data].filter((count) => count !== 0)).toEqual([140_003])
    expect([...toFrames({ by: 'number', n: 2 })(one).data].filter((count) => count !== 0)).toEqual([70_001, 70_002])
    const few = createEvents(
      { t: [0, 1, 2], x: [1279, 5, 5], y: [719, 0, 0], p: [1, 0, 0] },
      { sensor: sensorOf(1280, 720) },
    )
    const { data } = toImage()(few)
    expect([data.at(-1), data[5], sum(data)]).toEqual([1, 2, 3])
  })

  it('frames hold every event once', () => {
    const frames = toFrames({ by: 'number', n: 3 })(events)
    expect((nested(frames) as unknown[])[0]).toEqual(spikingjelly['frames number=3 H=3 W=4 frame0[p][y][x]'])
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 9 }), fc.nat(), (length, n, seed) => {
        const recording = randomEvents(length, seed)
        for (const spec of [
          { by: 'number', n },
          { by: 'time', n },
          { by: 'duration', duration: 1000 * n },
        ] as const) {
          expect(sum(toFrames(spec)(recording).data)).toBe(length)
        }
      }),
      { numRuns: 100 },
    )
  })
})

describe('parts as Tonic cuts them', () => {
  it.each<[keyof typeof tonic, SliceSpec]>([
    ['slice time 30', { by: 'timeWindow', window: 30 }],
    ['slice time 30 incl incomplete', { by: 'timeWindow', window: 30, includeIncomplete: true }],
    ['time_bins 4 overlap .25', { by: 'timeBins', n: 4, overlap: 0.25 }],
    ['count 4', { by: 'eventCount', count: 4 }],
    ['count 4 incl', { by: 'eventCount', count: 4, includeIncomplete: true }],
  ])('%s', (name, spec) => expect(counts(spec)).toEqual(tonic[name]))

  // Tonic loses the events at the very end: it cuts at searchsorted(t, end), and drops the remainder of N / n.
  it.each<[keyof typeof tonic, SliceSpec]>([
    ['time 40 overlap 20', { by: 'timeWindow', window: 40, overlap: 20 }],
    ['time_bins 3', { by: 'timeBins', n: 3 }],
    ['event_bins 3', { by: 'eventBins', n: 3 }],
  ])('%s, with the event at the end in the last part', (name, spec) => {
    const lost = tonic[name] as number[]
    expect(counts(spec)).toEqual(lost.map((count, i) => (i === lost.length - 1 ? count + 1 : count)))
  })

  it('the cases of its own tests', () => {
    expect(counts({ by: 'eventCount', count: 50, overlap: 25 }, randomEvents(100, 1)).length).toBe(3)
    expect(counts({ by: 'timeWindow', window: 5 }, times(Array.from({ length: 101 }, (_, i) => i))).length).toBe(20)
    expect(counts({ by: 'indices', starts: [0, 5], ends: [3, 10] })).toEqual([3, 5])
    expect(counts({ by: 'timePoints', starts: [0, 20, 500], ends: [20, 60, 600] })).toEqual([2, 4, 0])
    expect(splitEvents(events, { by: 'eventCount', count: 4 }).map(({ t }) => [...t])).toEqual([
      [0, 10, 20, 25],
      [40, 55, 60, 80],
    ])
  })

  it('frames', () => {
    const frames = toFrames({ by: 'timeBins', n: 3 })(events)
    expect(frames.shape).toEqual(tonic.shape)
    const [first, second, third] = tonic['frames n_time_bins=3 sums']
    expect([0, 1, 2].map((i) => sum(frames.data.subarray(24 * i, 24 * (i + 1))))).toEqual([first, second, third! + 1])
    expect(toFrames({ by: 'timeWindow', window: 10 })(times([]))).toMatchObject({ shape: [1, 2, 3, 4] })
    const audio = createEvents({ t: [0, 1], x: [5, 699] }, { sensor: sensorOf(700, 1), timeUnit: 's' })
    expect(toFrames({ by: 'time', n: 2 })(audio).shape).toEqual([2, 700])
    expect(toImage()(events)).toMatchObject({ shape: [2, 3, 4] })
  })

  it('refuses wrong numbers and falling times', () => {
    for (const spec of [
      { by: 'number', n: 0 },
      { by: 'duration', duration: 0 },
      { by: 'timeWindow', window: 5, overlap: 5 },
      { by: 'eventCount', count: 2, overlap: 2 },
      { by: 'timeBins', n: 2, overlap: 1 },
      { by: 'indices', starts: [0], ends: [] },
      { by: 'duration', duration: 1e-12 },
    ] as const) {
      expect(() => sliceBounds(events, spec), JSON.stringify(spec)).toThrow(
        expect.objectContaining({ code: 'ARGUMENT' }),
      )
    }
    expect(() => sliceBounds(times([3, 2]), { by: 'time', n: 2 })).toThrow(/sortEvents/)
    expect(sliceBounds(times([3, 2]), { by: 'number', n: 2 })).toEqual([
      [0, 1],
      [1, 2],
    ])
    expect(() => toFrames({ by: 'number', n: 1e6 })(randomEvents(10, 1, { sensor: sensorOf(1280, 720) }))).toThrow(
      /at most 536870912 numbers/,
    )
  })
})

describe('representations', () => {
  it('voxel grid', () => {
    const grid = toVoxelGrid({ n: 4 })(events)
    expect(grid.shape).toEqual([4, 1, 3, 4])
    close(grid, tonic['voxel grid 4 bins'])
  })

  it('time surfaces', () => close(toTimeSurfaces({ dt: 50, tau: 50 })(events), tonic['timesurface dt=50 tau=50']))

  it('bina-rep', () => close(toBinaRep({ n: 1, bits: 2 })(events), tonic['bina_rep 2 bits']))

  it('averaged time surfaces by their definition', () => {
    expect(toAveragedTimeSurfaces({ cellSize: 2, surfaceSize: 1, timeWindow: 100, tau: 50 })(events).shape).toEqual(
      tonic['avg timesurface cell=2 surf=1? shape'],
    )
    const recording = randomEvents(120, 4, { sensor: sensorOf(8, 6) })
    const { t, x, y, p } = recording
    for (const decay of ['lin', 'exp'] as const) {
      const options = { cellSize: 4, surfaceSize: 3, timeWindow: 5000, tau: 2000, decay }
      const got = toAveragedTimeSurfaces(options)(recording)
      expect(got.shape).toEqual([4, 2, 3, 3])
      const expected = new Float64Array(4 * 2 * 9)
      const n = new Float64Array(8)
      const group = (i: number) => (Math.floor(y[i]! / 4) * 2 + Math.floor(x[i]! / 4)) * 2 + p[i]!
      for (let i = 0; i < t.length; i++) {
        n[group(i)]!++
        for (let j = 0; j < i; j++) {
          const d = t[i]! - t[j]!
          const [dx, dy] = [x[j]! - x[i]!, y[j]! - y[i]!]
          if (group(i) !== group(j) || d === 0 || d > 5000 || Math.abs(dx) > 1 || Math.abs(dy) > 1) continue
          expected[group(i) * 9 + (dy + 1) * 3 + dx + 1]! +=
            decay === 'exp' ? Math.exp(-d / 2000) : Math.max(0, 1 - d / 6000)
        }
      }
      expected.forEach((value, i) => expect(got.data[i]).toBeCloseTo(value / (n[Math.floor(i / 9)]! || 1), 5))
    }
  })

  it('sparse frames are the frames', () => {
    const recording = randomEvents(500, 8, { sensor: sensorOf(6, 5) })
    for (const spec of [
      { by: 'number', n: 7 },
      { by: 'timeWindow', window: 9000, overlap: 3000 },
    ] as const) {
      const dense = toFrames(spec)(recording)
      const { indices, values, shape } = toSparseFrames(spec)(recording)
      expect(shape).toEqual(dense.shape)
      const back = new Float32Array(dense.data.length)
      for (let k = 0; k < values.data.length; k++) {
        const at = shape.reduce((sum, n, axis) => sum * n + indices.data[k * 4 + axis]!, 0)
        expect(back[at]).toBe(0)
        back[at] = values.data[k]!
      }
      expect(back).toEqual(dense.data)
    }
  })

  it('leave the events as they were', () => {
    const before = structuredClone(events)
    for (const f of [
      toVoxelGrid({ n: 3 }),
      toTimeSurfaces({ dt: 9, tau: 3 }),
      toBinaRep({ n: 2, bits: 3 }),
      toImage(),
      toSparseFrames({ by: 'number', n: 2 }),
    ])
      f(events)
    expect(events).toEqual(before)
  })

  it('as plain data', () => {
    const spec = JSON.parse(
      JSON.stringify({
        transforms: [
          { name: 'cropTime', min: 10 },
          { name: 'dropEvent', p: 0.5, seed: 3 },
        ],
        tensor: { name: 'toFrames', by: 'number', n: 2 },
      }),
    )
    const run = pipeline(spec)
    expect(sum(run(events, 1).data)).toBe(4)
    expect(run(events, 1)).toEqual(run(events, 1))
    expect(
      Array.from({ length: 8 }, (_, i) => run(events, i).data.join()).some((text, _, all) => text !== all[0]),
    ).toBe(true)
    try {
      pipeline({ tensor: { name: 'constructor' } } as never)
      expect.unreachable()
    } catch (error) {
      expect(isSnnError(error, 'ARGUMENT')).toBe(true)
    }
  })
})
