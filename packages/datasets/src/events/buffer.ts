import { sliceEvents } from './select.js'
import type { Events, Sensor, TimeUnit } from './events.js'
import { addNote, type ReadNote } from './notes.js'

/**
 * Where decoders put events. A decoder calls `reserve`, takes the arrays, writes from `length` on and moves `length`:
 *
 *   out.reserve(count)
 *   const { t, x, y, p } = out
 */
export class EventBuffer {
  t = new Float64Array(0)
  x = new Uint16Array(0)
  y = new Uint16Array(0)
  p = new Uint8Array(0)
  length = 0
  /**
   * The union of the bits of (largest - coordinate) over all events, where the decoder found it on its way: negative
   * when an event may lie outside of the sensor. undefined where whoever takes the events has to look.
   */
  room: number | undefined
  /** What whoever takes the events is told. */
  notes: ReadNote[] = []
  /** Events that were not put here since their coordinates are no places at all, and the first of them in words. */
  outside = 0
  firstOutside: string | undefined

  note(note: ReadNote): void {
    addNote(this.notes, note)
  }

  /** Makes room for `count` more events; the arrays are others afterwards. */
  reserve(count: number): void {
    const needed = this.length + count
    if (needed <= this.t.length) return
    const capacity = this.t.length === 0 ? needed : Math.max(needed, Math.ceil(this.t.length * 1.5))
    this.t = grown(this.t, new Float64Array(capacity), this.length)
    this.x = grown(this.x, new Uint16Array(capacity), this.length)
    this.y = grown(this.y, new Uint16Array(capacity), this.length)
    this.p = grown(this.p, new Uint8Array(capacity), this.length)
  }

  /** The events so far, without copying where they fill the arrays; the buffer is empty afterwards. */
  take(sensor: Sensor, timeUnit: TimeUnit): Events {
    const { t, x, y, p, length, notes } = this
    this.t = new Float64Array(0)
    this.x = new Uint16Array(0)
    this.y = new Uint16Array(0)
    this.p = new Uint8Array(0)
    this.length = 0
    this.room = undefined
    this.notes = []
    this.outside = 0
    this.firstOutside = undefined
    const all = { t, x, y, p, sensor, timeUnit, ...(notes.length > 0 && { notes }) }
    if (length === t.length) return all
    const view = sliceEvents(all, 0, length)
    // Views keep the whole memory: copy where most of it is unused.
    return length * 2 >= t.length
      ? view
      : { ...view, t: view.t.slice(), x: view.x.slice(), y: view.y.slice(), p: view.p.slice() }
  }
}

function grown<A extends Float64Array | Uint16Array | Uint8Array>(from: A, to: A, length: number): A {
  if (length > 0) to.set(from.subarray(0, length))
  return to
}
