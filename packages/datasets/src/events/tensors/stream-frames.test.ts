import type { TensorLike } from '@snn/tensor'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { randomEvents } from '../../../test/random-events.js'
import { createEvents, sensorOf, type Events } from '../events.js'
import { sliceEvents } from '../select.js'
import { toFrames } from './frames.js'
import { streamFrames, type StreamSliceSpec } from './stream-frames.js'

async function collect(batches: Events[], spec: StreamSliceSpec): Promise<TensorLike[]> {
  const frames: TensorLike[] = []
  for await (const frame of streamFrames(batches, spec)) frames.push(frame)
  return frames
}
const pieces = (events: Events, size: number) =>
  Array.from({ length: Math.ceil(events.t.length / size) }, (_, i) =>
    sliceEvents(events, i * size, Math.min((i + 1) * size, events.t.length)),
  )

it('gives the frames of toFrames, however the recording comes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 200 }),
      fc.nat(1000),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 40 }),
      async (length, seed, size, duration) => {
        const events = randomEvents(length, seed, { sensor: sensorOf(5, 4), pause: 8, first: 1000 })
        for (const spec of [
          { by: 'duration', duration },
          { by: 'eventCount', count: duration },
          { by: 'eventCount', count: duration, includeIncomplete: true },
        ] as const) {
          const whole = toFrames(spec)(events)
          const frames = await collect(pieces(events, size), spec)
          expect([frames.length, ...frames.flatMap(({ data }) => [...data])]).toEqual([whole.shape[0], ...whole.data])
        }
      },
    ),
    { numRuns: 300 },
  )
})

it('uses the memory of frames again when told to', async () => {
  const events = randomEvents(500, 1, { sensor: sensorOf(5, 4), pause: 8 })
  for (const spec of [
    { by: 'duration', duration: 20 },
    { by: 'eventCount', count: 20 },
  ] as const) {
    const copies: number[][] = []
    const memory = new Set<unknown>()
    for await (const { data } of streamFrames(pieces(events, 50), spec, { reuse: true })) {
      copies.push([...data])
      memory.add(data.buffer)
    }
    const frames = await collect(pieces(events, 50), spec)
    expect(copies).toEqual(frames.map(({ data }) => [...data]))
    expect(frames.length).toBeGreaterThan(20)
    expect(memory.size).toBeLessThanOrEqual(3)
  }
})

it('refuses falling times, endless pauses and wrong sizes', async () => {
  const at = (t: number[]) =>
    createEvents({ t, x: t.map(() => 0), y: t.map(() => 0), p: t.map(() => 0) }, { sensor: sensorOf(2, 2) })
  await expect(collect([at([5, 4])], { by: 'duration', duration: 10 })).rejects.toThrow(/in order/)
  await expect(collect([at([0, 1e12])], { by: 'duration', duration: 1 })).rejects.toThrow(/pause/)
  await expect(collect([], { by: 'eventCount', count: 0.5 })).rejects.toMatchObject({ code: 'ARGUMENT' })
})
