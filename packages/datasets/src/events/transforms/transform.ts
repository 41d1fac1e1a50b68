import { SnnError } from '@snn/tensor'
import { randomStream, type Random } from '../../random.js'
import type { Events } from '../events.js'

/**
 * A pure function of events. `draw` chooses among the outcomes of a random one: equal seeds and draws give equal events, so that a sample can
 * be made again. A loader gives each sample of each pass a draw of its own. Default 0.
 */
export type EventTransform = (events: Events, draw?: number) => Events

export interface Seeded {
  /** Default 0. */
  readonly seed?: number
}

/** A transform that draws random numbers, from a stream that seed and draw fix. */
export function randomTransform({ seed = 0 }: Seeded, apply: (events: Events, random: Random) => Events): EventTransform {
  return (events, draw = 0) => apply(events, randomStream(seed, draw))
}

/** One after another. Every transform draws numbers of its own, though the seeds may be equal. */
export function compose(transforms: readonly EventTransform[]): EventTransform {
  return (events, draw = 0) => transforms.reduce((result, transform, i) => transform(result, (draw * 64 + i) % 2 ** 53), events)
}

/** Throws `ARGUMENT` unless the value holds what is expected of it. */
export function expectOption(operation: string, name: string, value: unknown, holds: boolean, expected: string): void {
  if (holds) return
  throw new SnnError('ARGUMENT', `[${operation}] ${name} ${JSON.stringify(value) ?? String(value)}, expected ${expected}.`, { name, value })
}

export const isProbability = (value: number): boolean => value >= 0 && value <= 1

/** A number, or one drawn evenly from a range. */
export type NumberOrRange = number | readonly [least: number, most: number]

export function drawFrom(range: NumberOrRange, random: Random): number {
  return typeof range === 'number' ? range : range[0] + random() * (range[1] - range[0])
}
