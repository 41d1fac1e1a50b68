import { SnnError } from '@snn/tensor'
import { checkEvents, checkSensor, expectEvents, type Events, type Sensor } from '../events.js'
import type { FloatTensor } from './float-tensor.js'
import { checkSlices, sliceBounds, type Bounds, type SliceSpec } from './slices.js'

/** The shape of one picture of events: [P, H, W] for cameras, [W] for a line of channels (audio). */
export function frameShape(sensor: Sensor): number[] {
  checkSensor('frameShape', sensor)
  const { width, height, polarities } = sensor
  return height === 1 && polarities === 1 ? [width] : [polarities, height, width]
}

/** Most numbers of one tensor: 2 GB. */
const mostElements = 2 ** 29

/** Zeros of [n, ...frameShape], refused before memory is taken when they are too many. */
export function emptyFrames(
  operation: string,
  n: number,
  sensor: Sensor,
): { data: Float32Array; shape: number[]; size: number } {
  const size = sensor.width * sensor.height * sensor.polarities
  if (n * size > mostElements) {
    throw new SnnError(
      'ARGUMENT',
      `[${operation}] ${n} frames of ${size} numbers, expected at most ${mostElements} numbers. Cut the recording or reduce it (downsample).`,
      { name: 'n', value: n },
    )
  }
  return { data: new Float32Array(n * size), shape: [n, ...frameShape(sensor)], size }
}

/**
 * A function from events to counts, float32 [n, P, H, W] ([n, W] for audio):
 *
 *   frame[i][p][y][x] = number of the events of part i at (x, y) with polarity p
 *
 * See `SliceSpec` for the parts.
 */
export function toFrames(spec: SliceSpec): (events: Events) => FloatTensor {
  checkSlices('toFrames', spec)
  return (events) => framesOf(events, sliceBounds(events, spec))
}

/** All events in one picture of counts, float32 [P, H, W] ([W] for audio). */
export function toImage(): (events: Events) => FloatTensor {
  return (events) => {
    expectEvents('toImage', events)
    return { ...framesOf(events, [[0, events.t.length]]), shape: frameShape(events.sensor) }
  }
}

/** Counts of the events within each of `bounds`. */
export function framesOf(events: Events, bounds: readonly Bounds[]): FloatTensor {
  checkEvents('frames', events)
  const { data, shape, size } = emptyFrames('frames', bounds.length, events.sensor)
  let counts: Uint16Array | undefined
  bounds.forEach((part, frame) => {
    const into = data.subarray(frame * size, (frame + 1) * size)
    if (part[1] - part[0] < size / densePart) countInto(into, events, part)
    else countDensely(into, (counts ??= new Uint16Array(size)), events, part)
  })
  return { data, shape, dtype: 'float32' }
}

/** With fewer events than this part of the pixels, passing over all pixels takes longer than it saves. */
const densePart = 64

function countInto(frame: Float32Array, { x, y, p, sensor: { width, height } }: Events, [from, to]: Bounds): void {
  const plane = width * height
  for (let i = from; i < to; i++) {
    const at = p[i]! * plane + y[i]! * width + x[i]!
    frame[at] = frame[at]! + 1
  }
}

/**
 * The same by 16-bit counts, half as large, so that more of them stay in the cache, and the frame is written in order.
 */
function countDensely(
  frame: Float32Array,
  counts: Uint16Array,
  { x, y, p, sensor: { width, height } }: Events,
  [from, to]: Bounds,
): void {
  const plane = width * height
  const overflows: number[] = []
  counts.fill(0)
  for (let i = from; i < to; i++) {
    const at = p[i]! * plane + y[i]! * width + x[i]!
    const count = counts[at]! + 1
    counts[at] = count
    if (count === 2 ** 16) overflows.push(at)
  }
  frame.set(counts)
  for (const at of overflows) frame[at] = frame[at]! + 2 ** 16
}
