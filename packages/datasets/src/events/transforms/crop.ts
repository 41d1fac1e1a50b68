import { checkObject, checkOptions } from '@snn/tensor/library'
import { sensorOf, type Events, type Sensor } from '../events.js'
import { keepEvents } from '../select.js'
import { expectOption, isSize, plainTransform, randomTransform, type EventTransform, type Seeded } from './transform.js'

export interface CropOptions {
  /** [width, height] of the window; at most that of the sensor. */
  readonly size: readonly [width: number, height: number]
}

/** Keeps the events of a window in the middle, whose corner becomes the origin; the sensor is then the window. */
export function centerCrop(options: CropOptions): EventTransform {
  checkOptions('centerCrop', options, ['size'])
  const { size } = options
  checkSize('centerCrop', size)
  return plainTransform('centerCrop', (events) => {
    const [width, height] = fitting('centerCrop', size, events.sensor)
    return crop(
      events,
      Math.floor((events.sensor.width - width) / 2),
      Math.floor((events.sensor.height - height) / 2),
      width,
      height,
    )
  })
}

/** As `centerCrop`, at floor(U (W - w)), floor(U (H - h)). */
export function randomCrop(options: CropOptions & Seeded): EventTransform {
  checkObject('randomCrop', options)
  const { size, ...seeded } = options
  checkSize('randomCrop', size)
  return randomTransform('randomCrop', seeded, (events, random) => {
    const [width, height] = fitting('randomCrop', size, events.sensor)
    return crop(
      events,
      Math.floor(random() * (events.sensor.width - width)),
      Math.floor(random() * (events.sensor.height - height)),
      width,
      height,
    )
  })
}

export interface CropTimeOptions {
  /** Default: from the start. */
  readonly min?: number
  /** Default: to the end. */
  readonly max?: number
}

/** Keeps min <= t <= max. */
export function cropTime(options: CropTimeOptions): EventTransform {
  checkOptions('cropTime', options, ['min', 'max'])
  const { min = -Infinity, max = Infinity } = options
  for (const [name, value] of Object.entries({ min, max }))
    expectOption('cropTime', name, value, typeof value === 'number' && !Number.isNaN(value), 'a time')
  return plainTransform('cropTime', (events) =>
    keepEvents(
      events,
      Uint8Array.from(events.t, (t) => (t >= min && t <= max ? 1 : 0)),
    ),
  )
}

function checkSize(operation: string, size: readonly [number, number]): void {
  expectOption(operation, 'size', size, isSize(size), '[width, height] in pixels')
}

function fitting(operation: string, size: readonly [number, number], sensor: Sensor): readonly [number, number] {
  expectOption(
    operation,
    'size',
    size,
    size[0] <= sensor.width && size[1] <= sensor.height,
    `[width, height] of at most ${sensor.width} x ${sensor.height}`,
  )
  return size
}

function crop(events: Events, left: number, top: number, width: number, height: number): Events {
  const { x, y, sensor } = events
  const kept = new Uint8Array(x.length)
  for (let i = 0; i < kept.length; i++)
    kept[i] = x[i]! >= left && x[i]! < left + width && y[i]! >= top && y[i]! < top + height ? 1 : 0
  const inside = keepEvents(events, kept)
  return {
    ...inside,
    x: inside.x.map((value) => value - left),
    y: inside.y.map((value) => value - top),
    sensor: sensorOf(width, height, sensor.polarities),
  }
}
