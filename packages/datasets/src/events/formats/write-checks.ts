import { SnnError } from '@snn/tensor'
import { checkEvents, toTimeUnit, type Events } from '../events.js'

export interface Limits {
  /** One more than the greatest value. */
  readonly t: number
  readonly x: number
  readonly y: number
}

/** The events in us, checked to fit what a format can hold: whole times that never fall, coordinates below `limits`, p 0 or 1. Throws `ARGUMENT`. */
export function writable(operation: string, events: Events, limits: Limits): Events {
  const checked = toTimeUnit(events, 'us')
  checkEvents(operation, checked)
  const { t, x, y, p } = checked
  let last = 0
  for (let i = 0; i < t.length; i++) {
    const time = t[i]!
    if (time >= last && time < limits.t && Math.floor(time) === time && x[i]! < limits.x && y[i]! < limits.y && p[i]! < 2) {
      last = time
      continue
    }
    const why = time < last ? `times that never fall from 0 on (before it is ${last})` : `whole us below ${limits.t}, x below ${limits.x}, y below ${limits.y} and p 0 or 1`
    throw new SnnError('ARGUMENT', `[${operation}] event ${i} (t ${time} us, x ${x[i]}, y ${y[i]}, p ${p[i]}), expected ${why}. Sort them or write .npz.`, { name: 'events', value: i })
  }
  return checked
}
