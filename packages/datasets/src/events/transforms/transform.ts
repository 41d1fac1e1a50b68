import { SnnError } from '@snn/tensor'
import { checkArray, checkFunction } from '@snn/tensor/library'
import { randomStream, type Random } from '../../random.js'
import { expectEvents, type Events } from '../events.js'

/**
 * A pure function of events. `draw` chooses among the outcomes of a random one: equal seeds and draws give equal
 * events, so that a sample can be made again. A loader gives each sample of each pass a draw of its own. Default 0.
 */
export type EventTransform = (events: Events, draw?: number) => Events

export interface Seeded {
  /** Default 0. */
  readonly seed?: number
}

/** A transform that draws no numbers. */
export function plainTransform(operation: string, apply: (events: Events) => Events): EventTransform {
  return (events) => {
    expectEvents(operation, events)
    return apply(events)
  }
}

/**
 * A transform that draws random numbers, from a stream that seed and draw fix. Throws `ARGUMENT` for another option
 * than the seed.
 */
export function randomTransform(
  operation: string,
  options: Seeded,
  apply: (events: Events, random: Random) => Events,
): EventTransform {
  const { seed = 0, ...unknown } = options
  const [name] = Object.keys(unknown)
  if (name !== undefined)
    throw new SnnError('ARGUMENT', `[${operation}] unknown option '${name}'. Correct the name.`, {
      name,
      value: (unknown as Readonly<Record<string, unknown>>)[name],
    })
  expectOption(operation, 'seed', seed, Number.isSafeInteger(seed), 'a whole number')
  return (events, draw = 0) => {
    expectEvents(operation, events)
    return apply(events, randomStream(seed, draw))
  }
}

/** One after another. Every transform draws numbers of its own, though the seeds may be equal. */
export function compose(transforms: readonly EventTransform[]): EventTransform {
  checkArray('compose', transforms, 'transforms', 'an array of transforms')
  for (const transform of transforms)
    checkFunction('compose', transform, 'one of the transforms', 'a transform of events, such as decimation({ n: 2 })')
  return (events, draw = 0) =>
    transforms.reduce((result, transform, i) => transform(result, (draw * 64 + i) % 2 ** 53), events)
}

/** Throws `ARGUMENT` unless the value holds what is expected of it. */
export function expectOption(operation: string, name: string, value: unknown, holds: boolean, expected: string): void {
  if (holds) return
  throw new SnnError(
    'ARGUMENT',
    `[${operation}] ${name} ${JSON.stringify(value) ?? String(value)}, expected ${expected}.`,
    { name, value },
  )
}

/** Whether a value is [width, height] of at least a pixel. */
export const isSize = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && value.every((n) => Number.isInteger(n) && n >= 1)

export const isProbability = (value: number): boolean => value >= 0 && value <= 1

/** A number, or one drawn evenly from a range. */
export type NumberOrRange = number | readonly [least: number, most: number]

/**
 * The range of an option. Throws `ARGUMENT` unless it is a number, or two of which the first is not above the second,
 * that hold what is expected.
 */
export function checkRange(
  operation: string,
  name: string,
  range: NumberOrRange,
  holds: (value: number) => boolean,
  expected: string,
): void {
  const isRange = Array.isArray(range) && range.length === 2 && range[0] <= range[1]
  expectOption(
    operation,
    name,
    range,
    (isRange ? (range as readonly number[]) : [range]).every((value) => typeof value === 'number' && holds(value)),
    `${expected} or a range of them`,
  )
}

export function drawFrom(range: NumberOrRange, random: Random): number {
  return typeof range === 'number' ? range : range[0] + random() * (range[1] - range[0])
}
