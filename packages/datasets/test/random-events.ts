import { createEvents, type Events, type Sensor, type TimeUnit } from '../src/events/events.js'
import { uniform } from '../src/random.js'

export interface RandomEventsOptions {
  readonly sensor?: Sensor
  readonly timeUnit?: TimeUnit
  /** Longest pause between two events. Default 300. */
  readonly pause?: number
  readonly first?: number
}

/** A recording with times that never fall and events all over the sensor. */
export function randomEvents(
  length: number,
  seed: number,
  {
    sensor = { width: 34, height: 34, polarities: 2 },
    timeUnit = 'us',
    pause = 300,
    first = 0,
  }: RandomEventsOptions = {},
): Events {
  const next = uniform(seed)
  const below = (n: number): number => Math.floor(next() * n)
  let time = first
  const t = Float64Array.from({ length }, () => (time += next() < 0.3 ? 0 : below(pause)))
  const column = (n: number): number[] => Array.from({ length }, () => below(n))
  return createEvents(
    { t, x: column(sensor.width), y: column(sensor.height), p: column(sensor.polarities) },
    { sensor, timeUnit },
  )
}
