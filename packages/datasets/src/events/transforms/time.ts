import { checkObject } from '@snn/tensor/library'
import { normalFrom } from '../../random.js'
import { keepEvents, sortEvents } from '../select.js'
import {
  checkRange,
  drawFrom,
  expectOption,
  plainTransform,
  randomTransform,
  type EventTransform,
  type NumberOrRange,
  type Seeded,
} from './transform.js'

/** t -> t - t_0. */
export function timeAlignment(): EventTransform {
  return plainTransform('timeAlignment', (events) => {
    const first = events.t[0] ?? 0
    return { ...events, t: events.t.map((t) => t - first) }
  })
}

export interface TimeJitterOptions extends Seeded {
  /** Standard deviation, in the recording's unit of time. */
  readonly std: number
  /** Leave out events whose time becomes negative. Default false. */
  readonly clipNegative?: boolean
  /** Put the events in order again. Default true. */
  readonly sort?: boolean
}

/** t -> t + std N(0, 1) for each event. */
export function timeJitter(options: TimeJitterOptions): EventTransform {
  checkObject('timeJitter', options)
  const { std, clipNegative = false, sort = true, ...seeded } = options
  expectOption('timeJitter', 'std', std, std >= 0, 'a number of at least 0')
  return randomTransform('timeJitter', seeded, (events, random) => {
    const normal = normalFrom(random)
    const jittered = { ...events, t: events.t.map((t) => t + std * normal()) }
    const kept = clipNegative
      ? keepEvents(
          jittered,
          Uint8Array.from(jittered.t, (t) => (t >= 0 ? 1 : 0)),
        )
      : jittered
    return sort ? sortEvents(kept) : kept
  })
}

/** Options of `timeSkew`: t <- coefficient t + offset, the offset in the unit of the recording. */
export interface TimeSkewOptions extends Seeded {
  readonly coefficient: NumberOrRange
  /** Default 0. */
  readonly offset?: NumberOrRange
}

/** t -> coefficient t + offset, each a number or drawn from a range once for all events. */
export function timeSkew(options: TimeSkewOptions): EventTransform {
  checkObject('timeSkew', options)
  const { coefficient, offset = 0, ...seeded } = options
  checkRange('timeSkew', 'coefficient', coefficient, (value) => value > 0 && Number.isFinite(value), 'a number above 0')
  checkRange('timeSkew', 'offset', offset, Number.isFinite, 'a time')
  return randomTransform('timeSkew', seeded, (events, random) => {
    const c = drawFrom(coefficient, random)
    const o = drawFrom(offset, random)
    return { ...events, t: events.t.map((t) => t * c + o) }
  })
}
