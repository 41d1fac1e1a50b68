import { SnnError } from '@snn/tensor'
import { checkObject } from '@snn/tensor/library'
import { checkEvents, unitsPerSecond, type Events } from './events.js'
import { addNote } from './notes.js'

/** Seconds by which no camera's events are out of order. */
const restart = 0.1

/** No clock starts again at every tenth event: those are out of order. */
const isDisorder = (restarts: number, events: number): boolean => restarts > Math.max(5, events / 10)

export interface ContinueOptions {
  /**
   * By how much a time is before the latest for the clock to have started again, in the recording's unit of time.
   * Default 0.1 s.
   */
  readonly over?: number
}

/** Where times fall: how often, and the event of the farthest fall below the latest time before it. */
export interface TimeFalls {
  readonly count: number
  readonly index: number
  readonly by: number
  /**
   * Of the falls, how many are by more than 0.1 s: the clock has started again. 0 where so many are that events are out
   * of order.
   */
  readonly restarts: number
}

/** The places where times fall, or undefined where events are in order. */
export function timeFalls(events: Events): TimeFalls | undefined {
  checkEvents('timeFalls', events)
  const { t } = events
  const over = restart * unitsPerSecond[events.timeUnit]
  let found: TimeFalls | undefined
  let latest = -Infinity
  for (let i = 0; i < t.length; i++) {
    const by = latest - t[i]!
    if (i > 0 && t[i]! < t[i - 1]!) {
      const { count = 0, index = i, by: most = 0, restarts = 0 } = found ?? {}
      found = {
        count: count + 1,
        ...(by > most ? { index: i, by } : { index, by: most }),
        restarts: restarts + Number(by > over),
      }
    }
    latest = by > over ? t[i]! : Math.max(latest, t[i]!)
  }
  return found && isDisorder(found.restarts, t.length) ? { ...found, restarts: 0 } : found
}

/**
 * Events of a recording in which the clock starts again (a camera that was reset, recordings after one another): with
 * d_k, by which times of part k are later,
 *
 *   t'[i] = t[i] + d_k,   d_0 = 0,   d_k = max of t' before - first t of part k
 *
 * A part begins where a time is more than `over` before the latest of the part before. What falls by less stays as it
 * is; `sortEvents` orders it. Events whose clock does not start again are returned as they are; others have a note.
 * Throws `ARGUMENT`, without `over` also for events that are not in order at all.
 */
export function continueTimes(events: Events, options: ContinueOptions = {}): Events {
  checkEvents('continueTimes', events)
  checkObject('continueTimes', options)
  const { over = restart * (unitsPerSecond[events.timeUnit] ?? NaN) } = options
  if (!(over >= 0))
    throw new SnnError(
      'ARGUMENT',
      `[continueTimes] over ${over}, expected a time of at least 0 in the recording's unit.`,
      { name: 'over', value: over },
    )
  const { t, notes = [] } = events
  const out = new Float64Array(t.length)
  let [latest, later, restarts] = [-Infinity, 0, 0]
  for (let i = 0; i < t.length; i++) {
    const time = t[i]!
    if (latest - time > over) {
      later += latest - time
      latest = time
      restarts++
    } else if (time > latest) latest = time
    out[i] = time + later
  }
  if (restarts === 0) return events
  if (options.over === undefined && isDisorder(restarts, t.length)) {
    throw new SnnError(
      'ARGUMENT',
      `[continueTimes] times that fall ${restarts} times among ${t.length} events, expected a clock that starts again now and then. Use sortEvents, or say by how much a time falls there with over.`,
      { name: 'events', value: restarts },
    )
  }
  const all = [...notes]
  addNote(all, { about: 'time', count: restarts, text: 'restarts of the clock, from which times go on' })
  return { ...events, t: out, notes: all }
}
