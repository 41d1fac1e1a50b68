import { SnnError } from '@snn/tensor'
import { checkObject, wrongArgument } from '@snn/tensor/library'
import { expectEvents, type Events } from '../events.js'
import type { FloatTensor } from './float-tensor.js'
import { emptyFrames, frameShape } from './frames.js'
import type { SliceSpec } from './slices.js'

/** Parts that can be made without knowing the end of a recording; see `SliceSpec`. */
export type StreamSliceSpec =
  | { readonly by: 'duration'; readonly duration: number }
  | { readonly by: 'eventCount'; readonly count: number; readonly includeIncomplete?: boolean }

export interface StreamFramesOptions {
  /**
   * Use the memory of a frame for a later one as soon as the loop goes on: take or copy what is needed of it before.
   * Default false.
   */
  readonly reuse?: boolean
}

/** Most empty frames of one pause. */
const longestPause = 2 ** 20

/**
 * The frames of `toFrames(spec)` one by one, float32 [P, H, W], from a recording that is read piece by piece: memory
 * does not depend on its length. Throws `ARGUMENT` for times that fall and for a pause of a million frames.
 *
 *   for await (const frame of streamFrames(source.batches(), { by: 'duration', duration: 10_000 })) ...
 */
export async function* streamFrames(
  batches: AsyncIterable<Events> | Iterable<Events>,
  spec: StreamSliceSpec,
  options: StreamFramesOptions = {},
): AsyncGenerator<FloatTensor, void, undefined> {
  checkObject('streamFrames', spec, 'spec', "slices such as { by: 'duration', duration: 10_000 }")
  checkObject('streamFrames', options)
  if (spec.by !== 'duration' && spec.by !== 'eventCount')
    throw new SnnError(
      'ARGUMENT',
      `[streamFrames] by ${JSON.stringify((spec as SliceSpec).by)}, expected 'duration' or 'eventCount': other parts need the end of the recording.`,
      { name: 'by', value: (spec as SliceSpec).by },
    )
  const isIterable =
    typeof batches === 'object' && batches !== null && (Symbol.asyncIterator in batches || Symbol.iterator in batches)
  if (!isIterable)
    throw wrongArgument(
      'streamFrames',
      'batches',
      batches,
      'events piece by piece, as of (await openEvents(..)).batches()',
    )
  const { reuse = false } = options
  const [name, size] =
    spec.by === 'duration' ? (['duration', spec.duration] as const) : (['count', spec.count] as const)
  if (!(size > 0) || (spec.by === 'eventCount' && !Number.isInteger(size)))
    throw new SnnError('ARGUMENT', `[streamFrames] ${name} ${size}, expected a number above 0, whole for events.`, {
      name,
      value: size,
    })
  const free: FloatTensor[] = []
  const newFrame: NewFrame = ({ sensor }) => {
    const used = free.pop()
    if (!used) return { data: emptyFrames('streamFrames', 1, sensor).data, shape: frameShape(sensor), dtype: 'float32' }
    used.data.fill(0)
    return used
  }
  const make =
    spec.by === 'duration'
      ? byDuration(spec.duration, newFrame)
      : byCount(spec.count, spec.includeIncomplete ?? false, newFrame)
  for await (const events of batches) {
    expectEvents('streamFrames', events)
    for (const frame of make.add(events)) {
      yield frame
      if (reuse) free.push(frame)
    }
  }
  yield* make.end()
}

type NewFrame = (events: Events) => FloatTensor

interface Maker {
  add(events: Events): Generator<FloatTensor, void, undefined>
  end(): Generator<FloatTensor, void, undefined>
}

function count({ data }: FloatTensor, { x, y, p, sensor }: Events, from: number, to: number): void {
  const plane = sensor.width * sensor.height
  for (let i = from; i < to; i++) {
    const at = p[i]! * plane + y[i]! * sensor.width + x[i]!
    data[at] = data[at]! + 1
  }
}

function byCount(size: number, includeIncomplete: boolean, newFrame: NewFrame): Maker {
  let frame: FloatTensor | undefined
  let held = 0
  return {
    *add(events) {
      for (let from = 0; from < events.t.length;) {
        frame ??= newFrame(events)
        const to = Math.min(events.t.length, from + size - held)
        count(frame, events, from, to)
        held += to - from
        from = to
        if (held < size) continue
        yield frame
        frame = undefined
        held = 0
      }
    },
    *end() {
      if (frame && includeIncomplete) yield frame
    },
  }
}

function byDuration(duration: number, newFrame: NewFrame): Maker {
  let first: number | undefined
  let last = -Infinity
  let index = 0
  let frame: FloatTensor | undefined
  // An event at the very end belongs to the frame before: that frame waits until a later event is there.
  let waiting: FloatTensor | undefined
  let onlyAtStart = true
  return {
    *add(events) {
      const { t } = events
      for (let from = 0; from < t.length;) {
        first ??= t[from]!
        if (t[from]! < last) throw fallen(t[from]!, last)
        const next = indexOf(t[from]!, first, duration)
        if (next - index > longestPause)
          throw new SnnError(
            'ARGUMENT',
            `[streamFrames] a pause of ${next - index} frames before an event at ${t[from]}, expected at most ${longestPause}. Are the times in the unit you think?`,
            { name: 'duration', value: duration },
          )
        while (index < next) {
          if (waiting) yield waiting
          waiting = frame ?? newFrame(events)
          frame = undefined
          onlyAtStart = true
          index++
        }
        frame ??= newFrame(events)
        const start = first + index * duration
        const end = first + (index + 1) * duration
        let to = from
        for (; to < t.length && t[to]! < end; to++) {
          if (t[to]! < last) throw fallen(t[to]!, last)
          last = t[to]!
          if (last > start) onlyAtStart = false
        }
        if (to === from) to++ // a duration below the resolution of times
        count(frame, events, from, to)
        from = to
      }
    },
    *end() {
      if (waiting && frame && onlyAtStart) {
        const { data } = waiting
        frame.data.forEach((value, i) => (data[i] = data[i]! + value))
        yield waiting
        return
      }
      if (waiting) yield waiting
      if (frame) yield frame
    },
  }
}

/** Which part a time lies in, by the edges that `sliceBounds` has: a quotient alone is a bit off now and then. */
function indexOf(time: number, first: number, duration: number): number {
  const index = Math.floor((time - first) / duration)
  if (time < first + index * duration) return index - 1
  return time < first + (index + 1) * duration ? index : index + 1
}

const fallen = (time: number, last: number): SnnError<'ARGUMENT'> =>
  new SnnError('ARGUMENT', `[streamFrames] time ${time} after ${last}, expected events in order.`, {
    name: 'events',
    value: time,
  })
