import { checkObject, checkOptions } from '@snn/tensor/library'
import { EventBuffer } from '../buffer.js'
import { sensorOf } from '../events.js'
import { splitEvents } from '../tensors/slices.js'
import { expectOption, isSize, plainTransform, type EventTransform } from './transform.js'

export interface DownsampleOptions {
  /** t -> timeFactor t. Default 1. */
  readonly timeFactor?: number
  /** (x, y) -> floor(spatialFactor (x, y)), at most 1. Default 1. */
  readonly spatialFactor?: number
  /** [width, height] to reach, instead of `spatialFactor`. */
  readonly target?: readonly [width: number, height: number]
}

/** Scales times and coordinates; all events stay. */
export function downsample(options: DownsampleOptions): EventTransform {
  checkOptions('downsample', options, ['timeFactor', 'spatialFactor', 'target'])
  const { timeFactor = 1, spatialFactor = 1, target } = options
  expectOption('downsample', 'timeFactor', timeFactor, timeFactor > 0, 'a number above 0')
  expectOption(
    'downsample',
    'spatialFactor',
    spatialFactor,
    spatialFactor > 0 && spatialFactor <= 1,
    'a number above 0 and at most 1',
  )
  expectOption('downsample', 'target', target, target === undefined || isSize(target), '[width, height] in pixels')
  return plainTransform('downsample', (events) => {
    const { width, height, polarities } = events.sensor
    const [w, h] = target ?? [
      Math.max(1, Math.floor(width * spatialFactor)),
      Math.max(1, Math.floor(height * spatialFactor)),
    ]
    expectOption(
      'downsample',
      'target',
      target,
      w >= 1 && h >= 1 && w <= width && h <= height,
      `[width, height] of at most ${width} x ${height}`,
    )
    const [fx, fy] = target ? [w / width, h / height] : [spatialFactor, spatialFactor]
    return {
      ...events,
      t: timeFactor === 1 ? events.t : events.t.map((t) => t * timeFactor),
      x: events.x.map((x) => Math.min(w - 1, Math.floor(x * fx))),
      y: events.y.map((y) => Math.min(h - 1, Math.floor(y * fy))),
      sensor: sensorOf(w, h, polarities),
    }
  })
}

/** Options of `eventDownsampling`. */
export interface EventDownsamplingOptions {
  readonly method: 'integrator' | 'differentiator'
  /** [width, height] of the result. */
  readonly target: readonly [width: number, height: number]
  /** Length of a window, in the recording's unit of time. */
  readonly dt: number
  /** An event is made when the size of the sum reaches it. Default 1. */
  readonly noiseThreshold?: number
}

/**
 * Fewer events on a smaller sensor (Ghosh et al. 2023). Window by window, each pixel of the target has a sum of +1 and
 * -1 (`integrator`), or of the pixels that have become active since the window before (`differentiator`). Where its
 * size reaches the threshold, one event is made at the window's start with the sign of the sum, which is 0 again.
 */
export function eventDownsampling(options: EventDownsamplingOptions): EventTransform {
  checkObject('eventDownsampling', options)
  expectOption('eventDownsampling', 'target', options.target, isSize(options.target), '[width, height] in pixels')
  const {
    method,
    target: [width, height],
    dt,
    noiseThreshold = 1,
  } = options
  expectOption(
    'eventDownsampling',
    'method',
    method,
    method === 'integrator' || method === 'differentiator',
    "'integrator' or 'differentiator'",
  )
  expectOption('eventDownsampling', 'dt', dt, dt > 0, 'a number above 0')
  expectOption('eventDownsampling', 'noiseThreshold', noiseThreshold, noiseThreshold > 0, 'a number above 0')
  return plainTransform('eventDownsampling', (events) => {
    const { sensor } = events
    expectOption(
      'eventDownsampling',
      'target',
      [width, height],
      width <= sensor.width && height <= sensor.height,
      `[width, height] of at most ${sensor.width} x ${sensor.height}`,
    )
    const size = width * height
    const sums = new Float64Array(size)
    const out = new EventBuffer()
    let before = new Uint8Array(2 * size)
    const first = events.t[0] ?? 0
    splitEvents(events, { by: 'timeWindow', window: dt, includeIncomplete: true }).forEach((part, index) => {
      const active = new Uint8Array(2 * size)
      for (let i = 0; i < part.t.length; i++) {
        const pixel =
          Math.floor((part.y[i]! * height) / sensor.height) * width + Math.floor((part.x[i]! * width) / sensor.width)
        if (method === 'integrator') sums[pixel] = sums[pixel]! + (part.p[i] === 0 ? -1 : 1)
        else active[(part.p[i] === 0 ? 0 : size) + pixel] = 1
      }
      if (method === 'differentiator') {
        for (let i = 0; i < size; i++)
          sums[i] = sums[i]! + Math.max(0, active[size + i]! - before[size + i]!) - Math.max(0, active[i]! - before[i]!)
        before = active
      }
      emit(sums, noiseThreshold, width, first + index * dt, out)
    })
    return out.take(sensorOf(width, height, 2), events.timeUnit)
  })
}

function emit(sums: Float64Array, threshold: number, width: number, time: number, out: EventBuffer): void {
  for (let i = 0; i < sums.length; i++) {
    if (Math.abs(sums[i]!) < threshold) continue
    out.reserve(1)
    const n = out.length++
    out.t[n] = time
    out.x[n] = i % width
    out.y[n] = Math.floor(i / width)
    out.p[n] = sums[i]! > 0 ? 1 : 0
    sums[i] = 0
  }
}
