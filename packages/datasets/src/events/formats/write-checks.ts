import { SnnError } from '@snn/tensor'
import { checkEvents, toTimeUnit, type Events } from '../events.js'

export interface Limits {
  /** One more than the greatest value. */
  readonly t: number
  readonly x: number
  readonly y: number
}

/**
 * The events in us, checked to fit what a format can hold: whole times that never fall, coordinates below `limits`, p 0
 * or 1. Throws `ARGUMENT`.
 */
export function writable(operation: string, events: Events, limits: Limits): Events {
  const checked = toTimeUnit(events, 'us')
  checkEvents(operation, checked)
  const { t, x, y, p } = checked
  let last = 0
  for (let i = 0; i < t.length; i++) {
    const time = t[i]!
    if (
      time >= last &&
      time < limits.t &&
      Math.floor(time) === time &&
      x[i]! < limits.x &&
      y[i]! < limits.y &&
      p[i]! < 2
    ) {
      last = time
      continue
    }
    const [why, fix] = expected(time, last, limits)
    throw new SnnError(
      'ARGUMENT',
      `[${operation}] event ${i} (t ${time} us, x ${x[i]}, y ${y[i]}, p ${p[i]}), expected ${why}. ${fix} or write .npz.`,
      { name: 'events', value: i },
    )
  }
  return checked
}

/** What was expected of an event that a format cannot hold, and what to do. */
function expected(time: number, last: number, limits: Limits): readonly [why: string, fix: string] {
  if (time < 0) return ['times from 0 on, not negative', 'Take off the first time (timeAlignment)']
  if (time < last) return [`times that never fall (before it is ${last})`, 'Sort them']
  if (time >= limits.t) return [`times below ${limits.t} us, not so large`, 'Take off the first time (timeAlignment)']
  if (Math.floor(time) !== time) return ['whole us', 'Round the times']
  return [`x below ${limits.x}, y below ${limits.y} and p 0 or 1`, 'Leave it out']
}
