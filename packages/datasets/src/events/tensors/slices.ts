import { SnnError } from '@snn/tensor'
import { checkArray, checkObject } from '@snn/tensor/library'
import { expectEvents, unitsPerSecond, type Events } from '../events.js'
import { indexOfTime, isSorted, sliceEvents } from '../select.js'

/**
 * How a recording is cut into parts, as plain data. N events from t_0 to t_last; all parts are left-closed. Times are
 * in the recording's unit.
 *
 * Without overlap no event is in two parts, and every event is in one, but for the rest that `timeWindow` and
 * `eventCount` leave out.
 *
 * As SpikingJelly cuts:
 *   number    n parts of floor(N / n) events; the last takes the rest
 *   time      n parts of dt = floor((t_last - t_0) / n) (not floored for times in s and ms); the last runs to the end
 *   duration  ceil((t_last - t_0) / duration) parts, at least one where there are events; events at the very end belong
 *             to the last
 * As Tonic cuts, with overlap, but for events at the very end, which Tonic loses and the last part has here:
 *   timeWindow   floor((t_last - t_0 - window) / (window - overlap)) + 1 parts, at least one; with `includeIncomplete`
 *                as many as reach the end, else events after the last whole window are left out
 *   timeBins     window = floor((t_last - t_0) / n) (1 + overlap), stride window (1 - overlap); the last runs to the
 *                end
 *   eventCount   floor((N - count) / (count - overlap)) + 1 parts; with `includeIncomplete` as many as reach the end
 *   eventBins    count = floor(floor(N / n) (1 + overlap)), stride floor(count (1 - overlap)); the last takes the rest
 *   indices, timePoints   from each of `starts` to its `ends`
 */
export type SliceSpec =
  | { readonly by: 'number' | 'time'; readonly n: number }
  | { readonly by: 'duration'; readonly duration: number }
  | {
      readonly by: 'timeWindow'
      readonly window: number
      readonly overlap?: number
      readonly includeIncomplete?: boolean
      readonly start?: number
      readonly end?: number
    }
  | {
      readonly by: 'eventCount'
      readonly count: number
      readonly overlap?: number
      readonly includeIncomplete?: boolean
    }
  | { readonly by: 'timeBins' | 'eventBins'; readonly n: number; readonly overlap?: number }
  | { readonly by: 'indices' | 'timePoints'; readonly starts: readonly number[]; readonly ends: readonly number[] }

/** A part: events `from` up to but not including `to`. */
export type Bounds = readonly [from: number, to: number]

/** Most parts of one recording, so that a time far off cannot fill the memory with empty ones. */
const mostParts = 2 ** 24

const ways: readonly SliceSpec['by'][] = [
  'number',
  'time',
  'duration',
  'timeWindow',
  'eventCount',
  'timeBins',
  'eventBins',
  'indices',
  'timePoints',
]
const nothing: Events = {
  t: new Float64Array(),
  x: new Uint16Array(),
  y: new Uint16Array(),
  p: new Uint8Array(),
  sensor: { width: 1, height: 1, polarities: 1 },
  timeUnit: 'us',
}

/** Throws `ARGUMENT` for a spec by which no recording can be cut, before there is one. */
export function checkSlices(operation: string, spec: SliceSpec): void {
  checkObject(operation, spec, 'spec', "slices such as { by: 'number', n: 10 }")
  if (!ways.includes(spec.by))
    throw new SnnError(
      'ARGUMENT',
      `[${operation}] by ${JSON.stringify(spec.by)}, expected one of ${ways.join(', ')}.`,
      { name: 'by', value: spec.by },
    )
  if (spec.by !== 'indices' && spec.by !== 'timePoints') return void sliceBounds(nothing, spec)
  checkArray(operation, spec.starts, 'starts')
  checkArray(operation, spec.ends, 'ends')
}

/**
 * Where the parts are. An interval without events gives an empty part. Throws `ARGUMENT` for wrong numbers and for
 * times that fall.
 */
export function sliceBounds(events: Events, spec: SliceSpec): Bounds[] {
  expectEvents('sliceBounds', events)
  if (events !== nothing) checkSlices('sliceBounds', spec)
  const { t } = events
  const length = t.length
  const whole = (name: string, value: number, least = 1): number =>
    check(spec, name, value, Number.isInteger(value) && value >= least, `a whole number of at least ${least}`)
  const positive = (name: string, value: number): number =>
    check(spec, name, value, value > 0 && Number.isFinite(value), 'a number above 0')
  const fraction = (name: string, value: number): number =>
    check(spec, name, value, value >= 0 && value < 1, 'a number from 0 up to but not including 1')
  if (
    spec.by !== 'number' &&
    spec.by !== 'eventCount' &&
    spec.by !== 'eventBins' &&
    spec.by !== 'indices' &&
    !isSorted(events)
  ) {
    throw new SnnError(
      'ARGUMENT',
      `[slices] times that fall, expected events in order for parts by ${spec.by}. Use sortEvents, or continueTimes where the clock has started again.`,
      { name: 'events', value: spec.by },
    )
  }
  const first = t[0] ?? 0
  const span = (t.at(-1) ?? 0) - first
  const at = (time: number): number => indexOfTime(events, time)
  // Without overlap a part ends where the next starts, to the last bit.
  const edge = (start: number, stride: number, window: number, i: number): number =>
    window === stride ? start + (i + 1) * stride : start + i * stride + window
  switch (spec.by) {
    case 'number': {
      const n = whole('n', spec.n)
      const each = Math.floor(length / n)
      return parts(n, (i) => [i * each, i === n - 1 ? length : (i + 1) * each])
    }
    case 'time': {
      const n = whole('n', spec.n)
      const step = unitsPerSecond[events.timeUnit] >= 1e6 ? Math.floor(span / n) : span / n
      return parts(n, (i) => [at(first + i * step), i === n - 1 ? length : at(first + (i + 1) * step)])
    }
    case 'duration': {
      const duration = positive('duration', spec.duration)
      const n = length === 0 ? 0 : durationCount(first, t.at(-1)!, duration)
      return parts(n, (i) => [at(first + i * duration), i === n - 1 ? length : at(first + (i + 1) * duration)])
    }
    case 'timeWindow': {
      const window = positive('window', spec.window)
      const overlap = spec.overlap ?? 0
      check(
        spec,
        'overlap',
        overlap,
        overlap >= 0 && overlap < window,
        'a number from 0 up to but not including window',
      )
      const start = spec.start ?? first
      const end = spec.end ?? first + span
      const stride = window - overlap
      const strides = (end - start - window) / stride
      const slack = (8 * Number.EPSILON * Math.max(Math.abs(start), Math.abs(end), window)) / stride // rounding: 0.3 s are three windows of 0.1 s
      const count = Math.max((spec.includeIncomplete ? Math.ceil(strides - slack) : Math.floor(strides + slack)) + 1, 1)
      // A last window that ends where the recording does has the events there.
      const closed = spec.end === undefined && strides - slack <= count - 1
      return parts(count, (i) => [
        at(start + i * stride),
        closed && i === count - 1 ? length : at(edge(start, stride, window, i)),
      ])
    }
    case 'timeBins': {
      const n = whole('n', spec.n)
      const overlap = fraction('overlap', spec.overlap ?? 0)
      const bin = unitsPerSecond[events.timeUnit] >= 1e6 ? Math.floor(span / n) : span / n
      const window = bin * (1 + overlap)
      const stride = window * (1 - overlap)
      return parts(n, (i) => [at(first + i * stride), i === n - 1 ? length : at(edge(first, stride, window, i))])
    }
    case 'eventCount': {
      const count = whole('count', spec.count)
      const overlap = whole('overlap', spec.overlap ?? 0, 0)
      check(spec, 'overlap', overlap, overlap < count, 'fewer than count')
      const round = spec.includeIncomplete ? Math.ceil : Math.floor
      const stride = count - overlap
      return parts(
        Math.max(round((length - count) / stride) + 1, spec.includeIncomplete && length > 0 ? 1 : 0),
        (i) => [i * stride, Math.min(i * stride + count, length)],
      )
    }
    case 'eventBins': {
      const n = whole('n', spec.n)
      const overlap = fraction('overlap', spec.overlap ?? 0)
      const count = Math.floor(Math.floor(length / n) * (1 + overlap))
      const stride = Math.floor(count * (1 - overlap))
      return parts(n, (i) => [
        Math.min(i * stride, length),
        i === n - 1 ? length : Math.min(i * stride + count, length),
      ])
    }
    case 'indices':
    case 'timePoints': {
      const { starts, ends } = spec
      check(spec, 'ends', ends.length, ends.length === starts.length, `as many as starts, ${starts.length}`)
      const bound =
        spec.by === 'timePoints'
          ? at
          : (index: number): number =>
              check(
                spec,
                'starts and ends',
                index,
                Number.isInteger(index) && index >= 0 && index <= length,
                `whole numbers from 0 to ${length}`,
              )
      return parts(starts.length, (i) => {
        const from = bound(starts[i]!)
        return [from, Math.max(from, bound(ends[i]!))]
      })
    }
  }
}

/** The parts as recordings of their own, views of the same arrays. */
export function splitEvents(events: Events, spec: SliceSpec): Events[] {
  return sliceBounds(events, spec).map(([from, to]) => sliceEvents(events, from, to))
}

/** The least number of parts, at least one, whose last edge is not before the last time. */
function durationCount(first: number, last: number, duration: number): number {
  let n = Math.max(1, Math.ceil((last - first) / duration))
  if (n > mostParts) return n
  while (n > 1 && first + (n - 1) * duration >= last) n--
  while (first + n * duration < last) n++
  return n
}

function parts(count: number, bound: (index: number) => Bounds): Bounds[] {
  if (count > mostParts)
    throw new SnnError(
      'ARGUMENT',
      `[slices] ${count} parts, expected at most ${mostParts}. Make them longer; are the times in the unit you think?`,
      { name: 'slices', value: count },
    )
  return Array.from({ length: Math.max(count, 0) }, (_, i) => bound(i))
}

function check(spec: SliceSpec, name: string, value: number, holds: boolean, expected: string): number {
  if (holds) return value
  throw new SnnError('ARGUMENT', `[slices] ${name} ${value} for parts by ${spec.by}, expected ${expected}.`, {
    name,
    value,
  })
}
