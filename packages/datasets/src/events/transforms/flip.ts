import { checkObject } from '@snn/tensor/library'
import type { Events } from '../events.js'
import {
  expectOption,
  isProbability,
  plainTransform,
  randomTransform,
  type EventTransform,
  type Seeded,
} from './transform.js'

export interface ProbabilityOptions extends Seeded {
  /** Default 0.5. */
  readonly p?: number
}

function sometimes(
  operation: string,
  { p = 0.5, ...seeded }: ProbabilityOptions,
  apply: (events: Events) => Events,
): EventTransform {
  expectOption(operation, 'p', p, isProbability(p), 'a number from 0 to 1')
  return randomTransform(operation, seeded, (events, random) => (random() < p ? apply(events) : events))
}

/** x -> W - 1 - x, with probability p. */
export function randomFlipLR(options: ProbabilityOptions = {}): EventTransform {
  checkObject('randomFlipLR', options)
  return sometimes('randomFlipLR', options, (events) => ({
    ...events,
    x: events.x.map((x) => events.sensor.width - 1 - x),
  }))
}

/** y -> H - 1 - y, with probability p. */
export function randomFlipUD(options: ProbabilityOptions = {}): EventTransform {
  checkObject('randomFlipUD', options)
  return sometimes('randomFlipUD', options, (events) => ({
    ...events,
    y: events.y.map((y) => events.sensor.height - 1 - y),
  }))
}

/** p -> 1 - p for all events, with probability p. */
export function randomFlipPolarity(options: ProbabilityOptions = {}): EventTransform {
  checkObject('randomFlipPolarity', options)
  return sometimes('randomFlipPolarity', options, (events) => ({ ...events, p: inverted(events) }))
}

/** All polarities become 0. */
export function mergePolarities(): EventTransform {
  return plainTransform('mergePolarities', (events) => ({
    ...events,
    p: new Uint8Array(events.p.length),
    sensor: { ...events.sensor, polarities: 1 },
  }))
}

export interface TimeReversalOptions extends ProbabilityOptions {
  /** What grew brighter grows darker when time runs back. Default true. */
  readonly flipPolarities?: boolean
}

/** t -> t_last - t in reverse order, with probability p. */
export function randomTimeReversal(settings: TimeReversalOptions = {}): EventTransform {
  checkObject('randomTimeReversal', settings)
  const { flipPolarities = true, ...options } = settings
  return sometimes('randomTimeReversal', options, (events) => {
    const last = events.t.at(-1) ?? 0
    const p = flipPolarities ? inverted(events) : events.p.slice()
    return {
      ...events,
      t: events.t.map((t) => last - t).reverse(),
      x: events.x.slice().reverse(),
      y: events.y.slice().reverse(),
      p: p.reverse(),
    }
  })
}

function inverted({ p, sensor }: Events): Uint8Array {
  return p.map((value) => Math.max(sensor.polarities, 2) - 1 - value)
}
