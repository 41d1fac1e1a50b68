import { SnnError } from '@snn/tensor'
import { checkObject, checkOptions } from '@snn/tensor/library'
import { unitsPerSecond, type Events } from '../events.js'
import { keepEvents } from '../select.js'
import {
  expectOption,
  isProbability,
  plainTransform,
  randomTransform,
  type EventTransform,
  type Seeded,
} from './transform.js'

/** Keeps the events that a test of (index, pixel) takes; pixel = y W + x. */
function filtered(events: Events, keep: (i: number, pixel: number) => boolean): Events {
  const { x, y, sensor } = events
  const kept = new Uint8Array(x.length)
  for (let i = 0; i < kept.length; i++) kept[i] = keep(i, y[i]! * sensor.width + x[i]!) ? 1 : 0
  return keepEvents(events, kept)
}

export interface DenoiseOptions {
  /** How long an event supports its neighbours, in the recording's unit of time. */
  readonly filterTime: number
}

/**
 * Keeps an event when one of its four neighbours had one less than filterTime ago; all before t = filterTime are kept.
 */
export function denoise(options: DenoiseOptions): EventTransform {
  checkOptions('denoise', options, ['filterTime'])
  const { filterTime } = options
  expectOption('denoise', 'filterTime', filterTime, filterTime > 0, 'a number above 0')
  return plainTransform('denoise', (events) => {
    const { t, x, y, sensor } = events
    const { width, height } = sensor
    const memory = new Float64Array(width * height).fill(filterTime)
    return filtered(events, (i, pixel) => {
      const time = t[i]!
      memory[pixel] = time + filterTime
      return (
        (x[i]! > 0 && memory[pixel - 1]! > time) ||
        (x[i]! < width - 1 && memory[pixel + 1]! > time) ||
        (y[i]! > 0 && memory[pixel - width]! > time) ||
        (y[i]! < height - 1 && memory[pixel + width]! > time)
      )
    })
  })
}

export interface RefractoryOptions {
  /** In the recording's unit of time. */
  readonly delta: number
}

/**
 * Keeps an event when t - last > delta, where last is that of the pixel's event before it, kept or not (-delta for the
 * first).
 */
export function refractoryPeriod(options: RefractoryOptions): EventTransform {
  checkOptions('refractoryPeriod', options, ['delta'])
  const { delta } = options
  expectOption('refractoryPeriod', 'delta', delta, delta >= 0, 'a number of at least 0')
  return plainTransform('refractoryPeriod', (events) => {
    const last = new Float64Array(events.sensor.width * events.sensor.height).fill(-delta)
    return filtered(events, (i, pixel) => {
      const pause = events.t[i]! - last[pixel]!
      last[pixel] = events.t[i]!
      return pause > delta
    })
  })
}

/** Options of `decimation`: of every `n` events of a pixel one is kept. */
export interface DecimationOptions {
  readonly n: number
}

/** Keeps every n-th event of each pixel. */
export function decimation(options: DecimationOptions): EventTransform {
  checkOptions('decimation', options, ['n'])
  const { n } = options
  expectOption('decimation', 'n', n, Number.isInteger(n) && n >= 1, 'a whole number of at least 1')
  return plainTransform('decimation', (events) => {
    const counts = new Uint32Array(events.sensor.width * events.sensor.height)
    return filtered(events, (_, pixel) => {
      counts[pixel] = counts[pixel]! + 1
      if (counts[pixel] !== n) return false
      counts[pixel] = 0
      return true
    })
  })
}

export interface DropPixelOptions {
  /** Pixels [x, y] to leave out. */
  readonly coordinates?: readonly (readonly [x: number, y: number])[]
  /** Leave out pixels with more events a second than this. */
  readonly hotPixelFrequency?: number
}

/** Leaves out pixels: those given, or those that are hot. */
export function dropPixel(options: DropPixelOptions): EventTransform {
  checkOptions('dropPixel', options, ['coordinates', 'hotPixelFrequency'])
  const { coordinates, hotPixelFrequency } = options
  if ((coordinates === undefined) === (hotPixelFrequency === undefined)) {
    throw new SnnError('ARGUMENT', '[dropPixel] expected one of coordinates and hotPixelFrequency.', {
      name: 'coordinates',
      value: coordinates,
    })
  }
  const arePixels =
    coordinates === undefined ||
    (Array.isArray(coordinates) &&
      coordinates.every(
        (pixel) => Array.isArray(pixel) && pixel.length === 2 && pixel.every((n) => Number.isInteger(n) && n >= 0),
      ))
  expectOption('dropPixel', 'coordinates', coordinates, arePixels, 'pixels [[x, y], ..]')
  expectOption(
    'dropPixel',
    'hotPixelFrequency',
    hotPixelFrequency,
    hotPixelFrequency === undefined || hotPixelFrequency >= 0,
    'events a second, at least 0',
  )
  return plainTransform('dropPixel', (events) => {
    const { x, y, t, sensor } = events
    const out = new Uint8Array(sensor.width * sensor.height)
    for (const [column, row] of coordinates ?? [])
      if (column < sensor.width && row < sensor.height) out[row * sensor.width + column] = 1
    if (hotPixelFrequency !== undefined) {
      const most = (hotPixelFrequency * ((t.at(-1) ?? 0) - (t[0] ?? 0))) / unitsPerSecond[events.timeUnit]
      const counts = new Uint32Array(out.length)
      for (let i = 0; i < t.length; i++) {
        const pixel = y[i]! * sensor.width + x[i]!
        counts[pixel] = counts[pixel]! + 1
      }
      for (let i = 0; i < out.length; i++) out[i] = counts[i]! > most ? 1 : 0
    }
    return filtered(events, (_, pixel) => out[pixel] === 0)
  })
}

export interface RandomDropPixelOptions extends Seeded {
  /** Share of the pixels to leave out. */
  readonly p: number
}

/** Leaves out each pixel with probability p. */
export function randomDropPixel(options: RandomDropPixelOptions): EventTransform {
  checkObject('randomDropPixel', options)
  const { p, ...seeded } = options
  expectOption('randomDropPixel', 'p', p, isProbability(p), 'a number from 0 to 1')
  return randomTransform('randomDropPixel', seeded, (events, random) => {
    const out = Uint8Array.from({ length: events.sensor.width * events.sensor.height }, () => (random() < p ? 1 : 0))
    return filtered(events, (_, pixel) => out[pixel] === 0)
  })
}
