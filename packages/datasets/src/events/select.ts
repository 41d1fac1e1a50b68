import { SnnError } from '@snn/tensor'
import { checkArray, checkArrayLike, checkMembers } from '@snn/tensor/library'
import { expectEvents, type Events } from './events.js'
import { mergeNotes } from './notes.js'

/** Events from index `from` up to but not including `to`, as views of the same arrays. */
export function sliceEvents(events: Events, from: number, to?: number): Events {
  expectEvents('sliceEvents', events)
  const { t, x, y, p } = events
  return {
    ...events,
    t: t.subarray(from, to),
    x: x.subarray(from, to),
    y: y.subarray(from, to),
    p: p.subarray(from, to),
  }
}

/** The index of the first event with a time of at least `time`, by bisection; times must not fall. */
export function indexOfTime(events: Pick<Events, 't'>, time: number): number {
  checkMembers('indexOfTime', events, 'events', ['t'], 'events')
  const { t } = events
  let low = 0
  let high = t.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (t[middle]! < time) low = middle + 1
    else high = middle
  }
  return low
}

/** Events with from <= t < to, as views; times must not fall. */
export function sliceTime(events: Events, from: number, to: number): Events {
  expectEvents('sliceTime', events)
  return sliceEvents(events, indexOfTime(events, from), Math.max(indexOfTime(events, from), indexOfTime(events, to)))
}

/** The events at `indices`, in that order, copied. */
export function selectEvents(events: Events, indices: ArrayLike<number>): Events {
  expectEvents('selectEvents', events)
  checkArrayLike('selectEvents', indices, 'indices')
  const length = indices.length
  const t = new Float64Array(length)
  const x = new Uint16Array(length)
  const y = new Uint16Array(length)
  const p = new Uint8Array(length)
  for (let i = 0; i < length; i++) {
    const from = indices[i]!
    t[i] = events.t[from]!
    x[i] = events.x[from]!
    y[i] = events.y[from]!
    p[i] = events.p[from]!
  }
  return { ...events, t, x, y, p }
}

/** The events whose byte in `kept` is not 0, copied. */
export function keepEvents(events: Events, kept: Uint8Array): Events {
  expectEvents('keepEvents', events)
  checkArrayLike('keepEvents', kept, 'kept', 'a Uint8Array with a byte for each event')
  let count = 0
  for (let i = 0; i < kept.length; i++) if (kept[i] !== 0) count++
  if (count === events.t.length) return events
  const indices = new Uint32Array(count)
  for (let i = 0, to = 0; i < kept.length; i++) if (kept[i] !== 0) indices[to++] = i
  return selectEvents(events, indices)
}

/** Recordings of one sensor after one another. Throws `ARGUMENT` when sensors or time units differ. */
export function concatEvents(parts: readonly Events[]): Events {
  checkArray('concatEvents', parts, 'parts', 'an array of recordings')
  for (const part of parts) expectEvents('concatEvents', part, 'one of the recordings')
  const first = parts[0]
  if (!first)
    throw new SnnError('ARGUMENT', '[concatEvents] no recordings, expected at least one.', {
      name: 'parts',
      value: parts,
    })
  const key = ({ sensor, timeUnit }: Events): string =>
    `${sensor.width} x ${sensor.height} x ${sensor.polarities}, ${timeUnit}`
  const other = parts.find((part) => key(part) !== key(first))
  if (other)
    throw new SnnError(
      'ARGUMENT',
      `[concatEvents] recordings of ${key(first)} and ${key(other)}, expected equal sensors and time units.`,
      { name: 'parts', value: key(other) },
    )
  const length = parts.reduce((sum, part) => sum + part.t.length, 0)
  const notes = mergeNotes(parts)
  const out = {
    ...first,
    t: new Float64Array(length),
    x: new Uint16Array(length),
    y: new Uint16Array(length),
    p: new Uint8Array(length),
    ...(notes.length > 0 && { notes }),
  }
  let at = 0
  for (const { t, x, y, p } of parts) {
    out.t.set(t, at)
    out.x.set(x, at)
    out.y.set(y, at)
    out.p.set(p, at)
    at += t.length
  }
  return out
}

/** Whether times never fall. */
export function isSorted(events: Pick<Events, 't'>): boolean {
  checkMembers('isSorted', events, 'events', ['t'], 'events')
  const { t } = events
  for (let i = 1; i < t.length; i++) if (t[i]! < t[i - 1]!) return false
  return true
}

/** Events by time; those of equal time keep their order. Events that are sorted are returned as they are. */
export function sortEvents(events: Events): Events {
  expectEvents('sortEvents', events)
  if (isSorted(events)) return events
  const { t } = events
  return selectEvents(
    events,
    Uint32Array.from(t, (_, i) => i).sort((a, b) => t[a]! - t[b]! || a - b),
  )
}
