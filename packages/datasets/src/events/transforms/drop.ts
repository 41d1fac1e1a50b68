import { checkObject } from '@snn/tensor/library'
import type { Random } from '../../random.js'
import type { Events } from '../events.js'
import { keepEvents } from '../select.js'
import {
  checkRange,
  drawFrom,
  expectOption,
  isProbability,
  randomTransform,
  type EventTransform,
  type NumberOrRange,
  type Seeded,
} from './transform.js'

export interface DropEventOptions extends Seeded {
  /** Share of the events. */
  readonly p: number
}

/** Leaves out exactly floor(p N + 0.5) events, chosen evenly. */
export function dropEvent(options: DropEventOptions): EventTransform {
  checkObject('dropEvent', options)
  const { p, ...seeded } = options
  expectOption('dropEvent', 'p', p, isProbability(p), 'a number from 0 to 1')
  return randomTransform('dropEvent', seeded, (events, random) => withoutSome(events, p, random))
}

export interface DropRatioOptions extends Seeded {
  /** Share of the time or of each side, or a range to draw it from. */
  readonly ratio: NumberOrRange
}

/** Leaves out a window of ratio (t_last - t_0) at an even place. */
export function dropEventByTime(options: DropRatioOptions): EventTransform {
  checkObject('dropEventByTime', options)
  const { ratio, ...seeded } = options
  checkRange('dropEventByTime', 'ratio', ratio, isProbability, 'a number from 0 to 1')
  return randomTransform('dropEventByTime', seeded, (events, random) =>
    withoutTime(events, drawFrom(ratio, random), random),
  )
}

/** Leaves out a box of floor(ratio W) x floor(ratio H) pixels at an even place. */
export function dropEventByArea(options: DropRatioOptions): EventTransform {
  checkObject('dropEventByArea', options)
  const { ratio, ...seeded } = options
  checkRange('dropEventByArea', 'ratio', ratio, isProbability, 'a number from 0 to 1')
  return randomTransform('dropEventByArea', seeded, (events, random) =>
    withoutArea(events, drawFrom(ratio, random), random),
  )
}

/**
 * EventDrop (Gu et al. 2021): evenly one of nothing; `dropEventByTime` with ratio 0.1 to 0.9; `dropEventByArea` with
 * ratio 0.05 to 0.25;
 * `dropEvent` with p 0.1 to 0.9.
 */
export function eventDrop(seeded: Seeded = {}): EventTransform {
  checkObject('eventDrop', seeded)
  return randomTransform('eventDrop', seeded, (events, random) => {
    const choice = Math.floor(random() * 4)
    const upTo = (n: number): number => 1 + Math.floor(random() * n)
    if (choice === 1) return withoutTime(events, upTo(9) / 10, random)
    if (choice === 2) return withoutArea(events, upTo(5) / 20, random)
    if (choice === 3) return withoutSome(events, upTo(9) / 10, random)
    return events
  })
}

function withoutSome(events: Events, p: number, random: Random): Events {
  const length = events.t.length
  let toDrop = Math.floor(p * length + 0.5)
  const kept = new Uint8Array(length)
  // Selection sampling: each of the remaining events goes with the probability that leaves exactly the right number.
  for (let i = 0; i < length; i++) {
    if (random() * (length - i) < toDrop) toDrop--
    else kept[i] = 1
  }
  return keepEvents(events, kept)
}

function withoutTime(events: Events, ratio: number, random: Random): Events {
  const first = events.t[0] ?? 0
  const span = (events.t.at(-1) ?? 0) - first
  const start = first + random() * span * (1 - ratio)
  const end = start + span * ratio
  return keepEvents(
    events,
    Uint8Array.from(events.t, (t) => (t < start || t > end ? 1 : 0)),
  )
}

function withoutArea(events: Events, ratio: number, random: Random): Events {
  const { x, y, sensor } = events
  const [width, height] = [Math.floor(sensor.width * ratio), Math.floor(sensor.height * ratio)]
  const left = Math.floor(random() * (sensor.width - width + 1))
  const top = Math.floor(random() * (sensor.height - height + 1))
  const kept = new Uint8Array(x.length)
  for (let i = 0; i < kept.length; i++)
    kept[i] = x[i]! < left || x[i]! >= left + width || y[i]! < top || y[i]! >= top + height ? 1 : 0
  return keepEvents(events, kept)
}
